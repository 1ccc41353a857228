/*
 * What Linux tells of a control client and of the machine, beyond Swift's Glibc module.
 */
#pragma once

#include <sys/types.h>

/* What SO_PEERGROUPS tells: the groups of who is at the other end. The rest is zero. */
struct jedi_peer_groups {
    gid_t groups[256];
};
enum { JEDI_SO_PEERGROUPS = 59 };

/* 1 if a time service keeps the clock right, 0 if none does, negative where that cannot be told. */
int jedi_clock_is_kept_right(void);
