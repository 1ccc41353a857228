#define _GNU_SOURCE
#include "linux_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

int jedi_pipe(int ends[2]) {
    if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0) return 0;
    int number = errno;
    close(ends[0]);
    close(ends[1]);
    return -number;
}

static int set_up(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int output) {
    sigset_t signals;
    int number = 0;
    if (!number) number = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (!number) number = posix_spawn_file_actions_adddup2(actions, output, 1);
    if (!number) number = posix_spawn_file_actions_adddup2(actions, output, 2);
    if (!number) number = posix_spawn_file_actions_addclosefrom_np(actions, 3);
    if (!number) number = posix_spawn_file_actions_addchdir_np(actions, "/");
    sigemptyset(&signals);
    if (!number) number = posix_spawnattr_setsigmask(attributes, &signals);
    sigfillset(&signals);
    if (!number) number = posix_spawnattr_setsigdefault(attributes, &signals);
    if (!number)
        number = posix_spawnattr_setflags(
            attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return number;
}

int jedi_spawn_session(char *const arguments[], char *const environment[], int output, pid_t *process) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int number = posix_spawn_file_actions_init(&actions);
    if (number) return -number;
    number = posix_spawnattr_init(&attributes);
    if (!number) {
        number = set_up(&actions, &attributes, output);
        if (!number)
            number = posix_spawnp(process, arguments[0], &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return -number;
}
