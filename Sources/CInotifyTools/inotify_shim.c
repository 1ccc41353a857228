#define _GNU_SOURCE
#include "inotify_shim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inotifytools/inotifytools.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/select.h>
#include <unistd.h>

const uint32_t JEDI_INOTIFY_FOLDER_MASK = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE
    | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK;
const uint32_t JEDI_INOTIFY_CLOSED = IN_CLOSE_WRITE;
const uint32_t JEDI_INOTIFY_MOVED_IN = IN_MOVED_TO;
const uint32_t JEDI_INOTIFY_MOVED_OUT = IN_MOVED_FROM;
const uint32_t JEDI_INOTIFY_CREATED = IN_CREATE;
const uint32_t JEDI_INOTIFY_DELETED = IN_DELETE;
const uint32_t JEDI_INOTIFY_SELF_GONE = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT;
const uint32_t JEDI_INOTIFY_SELF_MOVED = IN_MOVE_SELF;
const uint32_t JEDI_INOTIFY_IGNORED = IN_IGNORED;
const uint32_t JEDI_INOTIFY_OVERFLOW = IN_Q_OVERFLOW;
const uint32_t JEDI_INOTIFY_IS_FOLDER = IN_ISDIR;

/* The library keeps its descriptor to itself: it is the newest inotify descriptor of this process. */
static int newest_inotify_descriptor(void)
{
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL)
        return -errno;
    int found = -ENOENT;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char target[64];
        ssize_t length = readlinkat(dirfd(folder), entry->d_name, target, sizeof target - 1);
        if (length <= 0)
            continue;
        target[length] = '\0';
        int descriptor = atoi(entry->d_name);
        if (strcmp(target, "anon_inode:inotify") == 0 && descriptor > found
            && (fcntl(descriptor, F_GETFD) & FD_CLOEXEC) == 0)
            found = descriptor;
    }
    closedir(folder);
    return found;
}

int jedi_inotify_open(void)
{
    if (!inotifytools_initialize()) {
        int error = inotifytools_error();
        return error > 0 ? -error : -EMFILE;
    }
    int descriptor = newest_inotify_descriptor();
    if (descriptor < 0)
        return descriptor;
    /* The library waits with select(), whose set ends at FD_SETSIZE: a higher number would overrun it. */
    if (descriptor >= FD_SETSIZE) {
        inotifytools_cleanup();
        return -EMFILE;
    }
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    return descriptor;
}

/*
 * The library finds a watch's number by the path it was given, and keeps the path of a dead watch for ever:
 * asked again, it would answer with the dead number. So every watch gets a spelling of its own: the leading
 * slash is drawn out by the bits of a counter, "./" for one and "/" for nought, which the kernel reads as "/".
 */
static int spell(char *spelled, size_t capacity, const char *folder)
{
    static uint32_t counter = 0;
    size_t length = 0;
    counter += 1;
    spelled[length++] = '/';
    for (uint32_t bits = counter; bits != 0; bits >>= 1) {
        if (bits & 1)
            spelled[length++] = '.';
        spelled[length++] = '/';
    }
    size_t rest = strlen(folder + 1);
    if (length + rest + 2 > capacity)
        return -ENAMETOOLONG;
    memcpy(spelled + length, folder + 1, rest + 1);
    return (int)(length + rest);
}

int jedi_inotify_watch(const char *folder)
{
    char spelled[PATH_MAX];
    if (folder[0] != '/')
        return -EINVAL;
    int length = spell(spelled, sizeof spelled, folder);
    if (length < 0)
        return length;
    if (!inotifytools_watch_file(spelled, (int)JEDI_INOTIFY_FOLDER_MASK)) {
        int error = inotifytools_error();
        return error > 0 ? -error : -EIO;
    }
    /* The library files a folder under its path with a slash, and under the bare path if it vanished meanwhile. */
    if (spelled[length - 1] != '/') {
        spelled[length] = '/';
        spelled[length + 1] = '\0';
    }
    int wd = inotifytools_wd_from_filename(spelled);
    if (wd <= 0) {
        spelled[length] = '\0';
        wd = inotifytools_wd_from_filename(spelled);
    }
    return wd > 0 ? wd : -EIO;
}

int jedi_inotify_unwatch(int wd)
{
    if (inotifytools_remove_watch_by_wd(wd))
        return 0;
    return -EINVAL;
}

int jedi_inotify_next(struct jedi_inotify_event *event)
{
    /* With (0, 1) the library asks select() with no time to wait; other arguments block or spin. */
    struct inotify_event *next = inotifytools_next_events(0, 1);
    if (next == NULL) {
        int error = inotifytools_error();
        return error == 0 || error == EINTR || error == EAGAIN ? 0 : -error;
    }
    event->wd = next->wd;
    event->mask = next->mask;
    event->cookie = next->cookie;
    size_t length = next->len == 0 ? 0 : strnlen(next->name, next->len);
    if (length >= sizeof event->name)
        length = sizeof event->name - 1;
    memcpy(event->name, next->name, length);
    event->name[length] = '\0';
    return 1;
}

int jedi_wakeup_open(void)
{
    int wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return wakeup < 0 ? -errno : wakeup;
}

void jedi_wakeup_raise(int wakeup)
{
    uint64_t one = 1;
    ssize_t written = write(wakeup, &one, sizeof one);
    (void)written; /* EAGAIN: it is raised already */
}

void jedi_wakeup_clear(int wakeup)
{
    uint64_t count;
    ssize_t taken = read(wakeup, &count, sizeof count);
    (void)taken;
}
