/*
 * Linux calls that Swift's Glibc module does not show. Errors are negative errno values.
 */
#pragma once

#include "linux_spawn.h"

#include <stdint.h>
#include <sys/types.h>

/* Renames within the file system and fails with EEXIST rather than replace a file. */
int jedi_rename_without_replacing(const char *from, const char *to);

/* The magic number of the file system that holds the path. */
int jedi_file_system_magic(const char *path, uint64_t *magic);

/*
 * When the file of that name in the open folder was made, in nanoseconds since 1970; the folder itself where the
 * name is empty. 0 where its file system does not say. Never follows a link.
 */
int64_t jedi_birth_time(int folder, const char *name);

/* What SO_PEERCRED tells: who is at the other end of a connected Unix socket. As struct ucred. */
struct jedi_peer {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

/* A process that was started, and this end of its pipes. */
struct jedi_child {
    pid_t pid;
    int input;
    int output;
    int errors;
};

/*
 * Starts a program in a process group of its own, with pipes as its standard streams, no other descriptor of this
 * process, no signal blocked and none ignored.
 */
int jedi_start(const char *path, char *const argv[], char *const envp[], struct jedi_child *child);
