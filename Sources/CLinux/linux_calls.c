#define _GNU_SOURCE
#include "linux_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
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
