// What versions of attention share that have sixteen queries side by side in a vector: a key's or value's number is then read once
// for all of them, in the product's own instruction, and maxima, totals and scales of queries are vectors.
#pragma once
#include "attention.h"

enum { LANES = 16, KEYS = 16, GROUPS = MOST_QUERIES / LANES };  // queries and keys multiplied at a time, groups of a task

/// Channels of values of which sums are made at a time: as many as there are registers for, or fewer of what is left.
enum { MOST_CHANNELS = 20, SOME_CHANNELS = 8, LEAST_CHANNELS = 4 };

INLINE int channels_at_a_time(size_t left) {
    return left > MOST_CHANNELS - LEAST_CHANNELS ? MOST_CHANNELS : left > LEAST_CHANNELS ? SOME_CHANNELS : LEAST_CHANNELS;
}

/// Writes a group's queries, from the task's `first` on: sums [padded, LANES] times `inverse`.
INLINE void store_group(const attention_task *t, size_t first, const float *sums, f32x16 inverse) {
    const attention_work *w = t->work;
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i places = _mm512_mullo_epi32(lanes, _mm512_set1_epi32(LANES));
    for (size_t r = 0; r < LANES && first + r < t->count; r++) {
        size_t row = t->begin + first + r, at = (t->image * w->tokens + row) * w->channels + t->head * w->depth;
        for (size_t i = 0; i < w->depth; i += 16) {
            f32x16 result = (f32x16)_mm512_i32gather_ps(places, sums + i * LANES + r, 4) * splat(inverse[r]);
            if (i + 16 <= w->depth)
                put16(w->out, at + i, result, w->narrow);
            else
                put_some(w->out, at + i, result, w->depth - i, w->narrow);
        }
    }
}
