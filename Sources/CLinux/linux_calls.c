#define _GNU_SOURCE
#include "linux_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

int jedi_rename_without_replacing(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    /* Some network file systems lack the flag; a second name for the file refuses to replace as well. */
    if (link(from, to) != 0)
        return -errno;
    unlink(from);
    return 0;
}

int jedi_file_system_magic(const char *path, uint64_t *magic)
{
    struct statfs facts;
    if (statfs(path, &facts) != 0)
        return -errno;
    *magic = (uint64_t)facts.f_type & 0xffffffffu;
    return 0;
}

int64_t jedi_birth_time(int folder, const char *name)
{
    struct statx facts;
    if (statx(folder, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_BTIME, &facts) != 0
        || (facts.stx_mask & STATX_BTIME) == 0)
        return 0;
    return facts.stx_btime.tv_sec * 1000000000 + facts.stx_btime.tv_nsec;
}

_Static_assert(sizeof(struct jedi_peer) == sizeof(struct ucred), "SO_PEERCRED fills a struct jedi_peer");

/* Both ends are closed in every other program that this process starts. */
static int start_with_pipes(const char *path, char *const argv[], char *const envp[], int pipes[3][2], pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error;
    posix_spawnattr_t attributes;
    error = posix_spawnattr_init(&attributes);
    if (error != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return error;
    }
    /* The child reads the first pipe and writes the others. */
    for (int stream = 0; stream < 3 && error == 0; stream++)
        error = posix_spawn_file_actions_adddup2(&actions, pipes[stream][stream == 0 ? 0 : 1], stream);
    if (error == 0)
        error = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    if (error == 0)
        error = posix_spawnattr_setsigmask(&attributes, &none);
    if (error == 0)
        error = posix_spawnattr_setsigdefault(&attributes, &all);
    if (error == 0)
        error = posix_spawnattr_setpgroup(&attributes, 0);
    if (error == 0)
        error = posix_spawnattr_setflags(
            &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (error == 0)
        error = posix_spawn(pid, path, &actions, &attributes, argv, envp);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int jedi_start(const char *path, char *const argv[], char *const envp[], struct jedi_child *child)
{
    int pipes[3][2];
    int made = 0;
    int error = 0;
    for (; made < 3; made++) {
        if (pipe2(pipes[made], O_CLOEXEC) != 0) {
            error = errno;
            break;
        }
    }
    if (error == 0)
        error = start_with_pipes(path, argv, envp, pipes, &child->pid);
    for (int stream = 0; stream < made; stream++) {
        close(pipes[stream][stream == 0 ? 0 : 1]);
        if (error != 0)
            close(pipes[stream][stream == 0 ? 1 : 0]);
    }
    if (error != 0)
        return -error;
    child->input = pipes[0][1];
    child->output = pipes[1][0];
    child->errors = pipes[2][0];
    return 0;
}
