// What the versions of attention share: the work, its tasks, and how large their memory is.
#pragma once
#include "simd.h"

enum {
    BLOCK = 128,
    QUERIES = 48,       // of a task
    MOST_QUERIES = 96,  // where products take so little time that keys, which all tasks read, would be waited for
};

struct attention_task;

typedef struct {
    const ck_context *context;
    void *out;
    bool narrow;  // the result is rounded to bfloat16 too
    const float *queries;
    size_t tokens, channels, heads, depth, padded;
    size_t queries_a_task, query_blocks;
    const ck_segment *segments;
    const size_t *first, *members;
    size_t *packed_at;  // where each segment's packed form starts, in floats; one past the last: the total
    size_t *blocks_at;  // number of blocks before each segment
    size_t segment_count;
    size_t block_size;  // floats of one packed block
    float *packed;
    float *scratch;       // for each thread so many floats:
    size_t scratch_size;  // attention_scratch, and behind it a block of keys and values that were bfloat16
    bool causal;
    float *logsumexp;  // may be null
    void (*run)(const struct attention_task *);
    /// Packs `count` tokens of one head: rows of `channels` floats.
    void (*pack)(const float *keys, const float *values, size_t count, size_t channels, size_t depth, float *packed);
} attention_work;

/// One head's queries of one task.
typedef struct attention_task {
    const attention_work *work;
    size_t image, head, begin, count;
} attention_task;

/// Pairs of bfloat16 channels, whole vectors.
INLINE size_t pairs_of_channels(size_t depth) { return round_up(depth, 32) / 2; }

/// Floats that a task works in: its queries, their sums, a vector for each.
INLINE size_t attention_scratch(size_t depth, size_t padded) {
    size_t pairs = pairs_of_channels(depth);
    return MOST_QUERIES * ((depth > pairs ? depth : pairs) + padded + 16);
}

INLINE float *scratch_of(const attention_work *w) {
    return w->scratch + (size_t)ck_thread_index() * w->scratch_size;
}

/// The r-th of the task's queries, or the first where there are not so many.
INLINE const float *query_at(const attention_task *t, size_t r) {
    const attention_work *w = t->work;
    return w->queries + (t->image * w->tokens + t->begin + (r < t->count ? r : 0)) * w->channels + t->head * w->depth;
}

enum { BLOCK_HEADER = 16, BFLOAT16_ONES = 0x3f803f80 };  // floats, and two ones side by side

// Factors rounded to bfloat16, sums and statistics in float32: attention_bfloat16.h, compiled for each processor.

/// Floats of a packed block: a header, of which the first is the largest square of a key's norm, keys, and values.
INLINE size_t attention_bfloat16_block(size_t depth, size_t padded) {
    return BLOCK_HEADER + BLOCK * pairs_of_channels(depth) + BLOCK / 2 * padded;
}

void attend_bfloat16_portable(const attention_task *t);
void pack_bfloat16_portable(
    const float *keys, const float *values, size_t count, size_t channels, size_t depth, float *packed);
#if defined(__x86_64__)
void attend_bfloat16_avx2(const attention_task *t);
void pack_bfloat16_avx2(
    const float *keys, const float *values, size_t count, size_t channels, size_t depth, float *packed);
void attend_bfloat16_avx512(const attention_task *t);
void attend_bfloat16_amx(const attention_task *t);
void pack_bfloat16_avx512(
    const float *keys, const float *values, size_t count, size_t channels, size_t depth, float *packed);
#endif

// Factors of bytes: attention_bytes_avx512.c.

/// Floats of a packed block.
INLINE size_t attention_bytes_block(size_t depth, size_t padded) {
    return BLOCK_HEADER + ((depth + 3) / 4 + 2) * BLOCK + BLOCK / 4 * padded + padded + BLOCK / 4;
}

#if defined(__x86_64__)
void attend_bytes_avx512(const attention_task *t);
void pack_bytes_avx512(
    const float *keys, const float *values, size_t count, size_t channels, size_t depth, float *packed);
#endif
