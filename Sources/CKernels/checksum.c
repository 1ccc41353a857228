#include "kernels.h"
#include <string.h>

// A task hashes a part of fixed size, so that the sum does not depend on the number of threads.
enum { PART = 1 << 20, MOST = 64 };

static const uint64_t odd = 0x9e3779b97f4a7c15;

static uint64_t mixed(uint64_t lane, uint64_t word) {
    lane = (lane ^ word) * odd;
    return lane ^ lane >> 29;
}

static uint64_t checksum_of(const unsigned char *bytes, size_t count, uint64_t seed) {
    uint64_t lanes[4] = {seed, seed + 1, seed + 2, seed + 3}, words[4];
    size_t at = 0;
    for (; at + sizeof words <= count; at += sizeof words) {
        memcpy(words, bytes + at, sizeof words);
        for (int i = 0; i < 4; i++) lanes[i] = mixed(lanes[i], words[i]);
    }
    for (; at < count; at++) lanes[0] = mixed(lanes[0], bytes[at] + 1u);
    return mixed(mixed(mixed(lanes[0], lanes[1]), lanes[2]), lanes[3]);
}

typedef struct {
    const unsigned char *bytes;
    size_t begin, count;
    uint64_t sums[MOST];
} checksum_work;

static void checksum_task(void *pointer, size_t task) {
    checksum_work *w = pointer;
    size_t at = w->begin + task * PART;
    w->sums[task] = checksum_of(w->bytes + at, w->count - at < PART ? w->count - at : PART, at);
}

uint64_t ck_checksum(const ck_context *context, const void *bytes, size_t count) {
    checksum_work w = {.bytes = bytes, .count = count};
    uint64_t sum = count;
    for (; w.begin < count; w.begin += (size_t)PART * MOST) {
        size_t parts = (count - w.begin + PART - 1) / PART, tasks = parts < MOST ? parts : MOST;
        ck_parallel(context, tasks, checksum_task, &w);
        for (size_t i = 0; i < tasks; i++) sum = mixed(sum, w.sums[i]);
    }
    return sum;
}
