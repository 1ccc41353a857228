/*
 * The one door to libinotifytools.
 *
 * The library is a single process-wide instance with static buffers and no locks, so every function here
 * must be called from one and the same thread. Errors are negative errno values.
 *
 * libinotifytools is licensed under GPL-2: a binary that links this target falls under it.
 */
#pragma once

#include <stdint.h>

enum {
    JEDI_INOTIFY_NAME_BYTES = 256,
};

/* What libinotifytools returned, copied out of its static buffer. */
struct jedi_inotify_event {
    int wd; /* -1 with JEDI_INOTIFY_OVERFLOW */
    uint32_t mask;
    uint32_t cookie;
    char name[JEDI_INOTIFY_NAME_BYTES]; /* the file's name within the folder; empty for the folder itself */
};

/* The events a folder is watched for, and the bits that the kernel adds of itself. */
extern const uint32_t JEDI_INOTIFY_FOLDER_MASK;
extern const uint32_t JEDI_INOTIFY_CLOSED;   /* a file opened for writing was closed */
extern const uint32_t JEDI_INOTIFY_MOVED_IN; /* a file was renamed into the folder */
extern const uint32_t JEDI_INOTIFY_MOVED_OUT;
extern const uint32_t JEDI_INOTIFY_CREATED;
extern const uint32_t JEDI_INOTIFY_DELETED;
extern const uint32_t JEDI_INOTIFY_SELF_GONE; /* the folder itself was deleted, renamed or unmounted */
extern const uint32_t JEDI_INOTIFY_SELF_MOVED; /* of these, renamed: the watch lives on under a wrong name */
extern const uint32_t JEDI_INOTIFY_IGNORED;   /* the kernel dropped the watch */
extern const uint32_t JEDI_INOTIFY_OVERFLOW;  /* events were lost */
extern const uint32_t JEDI_INOTIFY_IS_FOLDER;

/* Starts the library. Returns its descriptor (for poll only), close-on-exec and non-blocking. */
int jedi_inotify_open(void);

/* Watches a folder given by its absolute path; never follows a link. Returns the watch's number. */
int jedi_inotify_watch(const char *folder);

/* Ends a live watch. Must not be called for one that the kernel has dropped already. */
int jedi_inotify_unwatch(int wd);

/* Takes the next event without waiting: 1 with an event, 0 with none. */
int jedi_inotify_next(struct jedi_inotify_event *event);

/* The descriptor of a new eventfd, close-on-exec and non-blocking, that wakes the watching thread. */
int jedi_wakeup_open(void);
/* Makes the descriptor readable. */
void jedi_wakeup_raise(int wakeup);
/* Makes it unreadable again. */
void jedi_wakeup_clear(int wakeup);
