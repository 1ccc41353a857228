#define _GNU_SOURCE
#include "linux_facts.h"

#include <sys/socket.h>
#include <sys/timex.h>

#ifdef SO_PEERGROUPS
_Static_assert(JEDI_SO_PEERGROUPS == SO_PEERGROUPS, "the number of SO_PEERGROUPS");
#endif

int jedi_clock_is_kept_right(void)
{
    struct timex clock = { .modes = 0 };
    if (adjtimex(&clock) < 0)
        return -1;
    return (clock.status & STA_UNSYNC) == 0;
}
