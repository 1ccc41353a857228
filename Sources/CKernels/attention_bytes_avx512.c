// Attention whose factors are bytes: AVX-512 VNNI, which adds up four products at a time, and VBMI, which reads tables.
//
// A query has a scale, and so have each key, each channel of a block's values, and the probabilities of a query and a block: these
// are relative to the largest among them, not to the largest of all that the query sees, so that many small ones beside one large
// one in another block keep what they are worth; in the same block, what is less than a 512th of the largest is lost. Between
// blocks it is the online softmax in float32.
//
// Four channels of a query or key, and four tokens of values, share a 32-bit lane. The first factor of a product has no sign: what
// 128 more in each of a query's numbers add is taken off from the start.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni,avx2,fma"))), apply_to = function)
#include "attention_lanes.h"
#include "convolution.h"
#include "quantise.h"

#define DOT4(sum, a, b) (i32x16) _mm512_dpbusd_epi32((__m512i)(sum), (__m512i)(a), (__m512i)(b))

/// Steps of a table from a number to its half.
enum { STEPS = 28 };

/// round(255 * 2^(-i / STEPS))
static const uint8_t falling_powers[256] __attribute__((aligned(64))) = {
    255, 249, 243, 237, 231, 225, 220, 214, 209, 204, 199, 194, 189, 185, 180, 176, 172, 167, 163, 159, 155, 152, 148, 144,
    141, 137, 134, 131, 128, 124, 121, 118, 115, 113, 110, 107, 105, 102, 100, 97, 95, 92, 90, 88, 86, 84, 82, 80,
    78, 76, 74, 72, 70, 69, 67, 65, 64, 62, 61, 59, 58, 56, 55, 54, 52, 51, 50, 49, 47, 46, 45, 44,
    43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 33, 32, 31, 30, 30, 29, 28, 27, 27, 26, 26, 25, 24,
    24, 23, 23, 22, 21, 21, 20, 20, 19, 19, 18, 18, 18, 17, 17, 16, 16, 16, 15, 15, 14, 14, 14, 13,
    13, 13, 12, 12, 12, 12, 11, 11, 11, 10, 10, 10, 10, 9, 9, 9, 9, 9, 8, 8, 8, 8, 8, 7,
    7, 7, 7, 7, 7, 6, 6, 6, 6, 6, 6, 5, 5, 5, 5, 5, 5, 5, 5, 5, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0,
};

// Packing ---------------------------------------------------------------------------------------------

/// A packed block, in this order.
typedef struct {
    float *header;        // [BLOCK_HEADER], of which the first is 0, or not a number if a key is not finite
    uint32_t *keys;       // [quads of channels, BLOCK]
    float *scales;        // [BLOCK]
    int32_t *start;       // [BLOCK]: where sums of products start
    uint32_t *values;     // [BLOCK / 4, padded]
    float *value_scales;  // [padded]
    uint32_t *present;    // [BLOCK / 4]: ones where there is a token
} bytes_block;

INLINE bytes_block parts_of(float *packed, size_t depth, size_t padded) {
    bytes_block b = {.header = packed};
    b.keys = (uint32_t *)(packed + BLOCK_HEADER);
    b.scales = (float *)(b.keys + (depth + 3) / 4 * BLOCK);
    b.start = (int32_t *)(b.scales + BLOCK);
    b.values = (uint32_t *)(b.start + BLOCK);
    b.value_scales = (float *)(b.values + BLOCK / 4 * padded);
    b.present = (uint32_t *)(b.value_scales + padded);
    return b;
}

/// What `load_within` gives, in one instruction.
INLINE f32x16 load_there(const float *x, size_t at, size_t count) {
    size_t there = count - at < 16 ? count - at : 16;
    return (f32x16)_mm512_maskz_loadu_ps((__mmask16)((1u << there) - 1), x + at);
}

/// What a byte's last digit is worth for these numbers; not a number if any is not finite.
INLINE float scale_of(const float *x, size_t count) {
    f32x16 largest = {0}, strange = {0};
    for (size_t i = 0; i < count; i += 16) {
        f32x16 some = load_there(x, i, count);
        largest = (f32x16)_mm512_max_ps(_mm512_abs_ps((__m512)some), (__m512)largest);
        strange += some - some;
    }
    return (_mm512_reduce_max_ps((__m512)largest) + _mm512_reduce_add_ps((__m512)strange)) / INT8_MAX;
}

/// to [quads of channels, every `stride`-th] = numbers [depth] to nearest, as bytes.
INLINE void put_quads(uint32_t *to, size_t stride, const float *from, size_t depth, float inverse, int offset) {
    for (size_t c = 0; c < depth; c += 16) {
        __m512i numbers = _mm512_cvtps_epi32((__m512)(load_there(from, c, depth) * splat(inverse)));
        uint32_t quads[4];
        _mm_storeu_si128((__m128i *)quads, _mm512_cvtepi32_epi8(_mm512_add_epi32(numbers, _mm512_set1_epi32(offset))));
        for (size_t i = 0; i < 4 && c + 4 * i < depth; i++) to[(c / 4 + i) * stride] = quads[i];
    }
}

/// Tokens that are not there have the first one's key, so that no maximum is theirs.
INLINE void pack_keys(const bytes_block *b, const float *keys, size_t count, size_t channels, size_t depth) {
    b->header[0] = 0;
    for (size_t token = 0; token < BLOCK; token++) {
        const float *from = keys + (token < count ? token : 0) * channels;
        float scale = b->scales[token] = scale_of(from, depth);
        b->header[0] += scale - scale;
        put_quads(b->keys + token, BLOCK, from, depth, inverse_of(scale), 0);
    }
    for (size_t token = 0; token < BLOCK; token += 16) {
        i32x16 sum = {0};
        for (size_t i = 0; i < (depth + 3) / 4; i++)
            sum = DOT4(sum, _mm512_set1_epi8(1), _mm512_loadu_si512(b->keys + i * BLOCK + token));
        sum *= -X_OFFSET_QUADS;
        memcpy(b->start + token, &sum, sizeof sum);
    }
}

/// Tokens that are not there count nothing.
INLINE void pack_values(const bytes_block *b, const float *values, size_t count, size_t channels, size_t depth, size_t padded) {
    for (size_t c = 0; c < depth; c += 16) {
        f32x16 largest = {0}, strange = {0};
        for (size_t token = 0; token < count; token++) {
            f32x16 x = load_there(values + token * channels, c, depth);
            largest = (f32x16)_mm512_max_ps(_mm512_abs_ps((__m512)x), (__m512)largest);
            strange += x - x;
        }
        f32x16 scale = largest / splat(INT8_MAX), inverse;
        for (size_t i = 0; i < 16; i++) inverse[i] = inverse_of(scale[i]);
        store16(b->value_scales + c, scale + strange);
        for (size_t token = 0; token < BLOCK; token += 4) {
            i32x16 four = {0};
            for (size_t i = 0; i < 4 && token + i < count; i++) {
                f32x16 x = load_there(values + (token + i) * channels, c, depth) * inverse;
                four |= ((i32x16)_mm512_cvtps_epi32((__m512)x) & 0xff) << (8 * (int)i);
            }
            memcpy(b->values + token / 4 * padded + c, &four, sizeof four);
        }
    }
    for (size_t token = 0; token < BLOCK; token++) ((uint8_t *)b->present)[token] = token < count;
}

void pack_bytes_avx512(
    const float *keys, const float *values, size_t count, size_t channels, size_t depth, float *packed) {
    size_t padded = round_up(depth, 16);
    bytes_block b = parts_of(packed, depth, padded);
    pack_keys(&b, keys, count, channels, depth);
    pack_values(&b, values, count, channels, depth, padded);
}

// A group of queries and a block ----------------------------------------------------------------------

/// Sixteen queries side by side, as far as they have come.
typedef struct {
    const uint32_t *q;  // [quads, LANES]
    f32x16 scale;       // makes scores exponents of two
    f32x16 *maximum, *total;
    float *sums;        // [padded, LANES]
} group_of_queries;

/// scores [count, LANES] = products of keys and queries, times the keys' scales; gives the largest of them. `count` is a multiple of
/// KEYS.
INLINE f32x16 score_block(float *scores, const uint32_t *q, const bytes_block *b, size_t quads, size_t count) {
    f32x16 top = splat(-INFINITY);
    for (size_t begin = 0; begin < count; begin += KEYS) {
        i32x16 sum[KEYS];
        _Pragma("clang loop unroll(full)") for (int k = 0; k < KEYS; k++)
            sum[k] = (i32x16)_mm512_set1_epi32(b->start[begin + k]);
        for (size_t i = 0; i < quads; i++) {
            __m512i x = _mm512_load_si512(q + i * LANES);
            const uint32_t *keys = b->keys + i * BLOCK + begin;
            _Pragma("clang loop unroll(full)") for (int k = 0; k < KEYS; k++)
                sum[k] = DOT4(sum[k], x, _mm512_set1_epi32((int)keys[k]));
        }
        _Pragma("clang loop unroll(full)") for (int k = 0; k < KEYS; k++) {
            f32x16 score = __builtin_convertvector(sum[k], f32x16) * splat(b->scales[begin + k]);
            top = (f32x16)_mm512_max_ps((__m512)score, (__m512)top);
            store16(scores + (begin + k) * LANES, score);
        }
    }
    return top;
}

/// Of two vectors of 16 numbers the lowest bytes side by side, and of two such vectors these pairs.
static const uint8_t low_bytes[64] __attribute__((aligned(64))) = {
    0, 64, 4, 68, 8, 72, 12, 76, 16, 80, 20, 84, 24, 88, 28, 92,
    32, 96, 36, 100, 40, 104, 44, 108, 48, 112, 52, 116, 56, 120, 60, 124,
};
static const uint16_t paired_words[32] __attribute__((aligned(64))) = {
    0, 32, 1, 33, 2, 34, 3, 35, 4, 36, 5, 37, 6, 38, 7, 39, 8, 40, 9, 41, 10, 42, 11, 43, 12, 44, 13, 45, 14, 46, 15, 47,
};

/// 64 numbers of the table.
INLINE __m512i falling_powers_of(__m512i steps) {
    const __m512i *table = (const __m512i *)falling_powers;
    __m512i low = _mm512_permutex2var_epi8(table[0], steps, table[1]);
    __m512i high = _mm512_permutex2var_epi8(table[2], steps, table[3]);
    return _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(steps), high);
}

/// p [count / 4, LANES] = 255 2^((score - top) scale); gives their sums.
INLINE f32x16 soften(
    uint32_t *p, const float *scores, f32x16 top, f32x16 scale, const bytes_block *b, size_t count) {
    // Adding 1.5 * 2^23 rounds to an integer, whose lowest byte then is the lowest.
    const float round = 12582912;
    f32x16 step = scale * splat(STEPS);
    __m512i sum = _mm512_setzero_si512();
    for (size_t i = 0; i < count; i += 4) {
        __m512i below[4];
        _Pragma("clang loop unroll(full)") for (int k = 0; k < 4; k++) {
            f32x16 steps = (top - load16(scores + (i + k) * LANES)) * step + splat(round);
            below[k] = (__m512i)_mm512_min_ps((__m512)steps, (__m512)splat(round + 255));
        }
        __m512i first = _mm512_permutex2var_epi8(below[0], _mm512_load_si512(low_bytes), below[1]);
        __m512i second = _mm512_permutex2var_epi8(below[2], _mm512_load_si512(low_bytes), below[3]);
        __m512i powers = falling_powers_of(_mm512_permutex2var_epi16(first, _mm512_load_si512(paired_words), second));
        _mm512_store_si512(p + i / 4 * LANES, powers);
        sum = (__m512i)DOT4(sum, powers, _mm512_set1_epi32((int)b->present[i / 4]));
    }
    return __builtin_convertvector((i32x16)sum, f32x16);
}

/// sums [some, LANES] = sums * shrink + values p * scales * factor.
INLINE void weigh_some(
    float *sums, const uint32_t *p, const uint32_t *values, const float *scales, f32x16 shrink, f32x16 factor, size_t quads,
    size_t padded, int some) {
    i32x16 sum[MOST_CHANNELS] = {0};
    for (size_t i = 0; i < quads; i++) {
        __m512i x = _mm512_load_si512(p + i * LANES);
        _Pragma("clang loop unroll(full)") for (int c = 0; c < some; c++)
            sum[c] = DOT4(sum[c], x, _mm512_set1_epi32((int)values[i * padded + (size_t)c]));
    }
    _Pragma("clang loop unroll(full)") for (int c = 0; c < some; c++) {
        float *at = sums + c * LANES;
        store16(at, load16(at) * shrink + __builtin_convertvector(sum[c], f32x16) * (factor * splat(scales[c])));
    }
}

INLINE void attend_group(const group_of_queries *group, const bytes_block *b, size_t count, size_t depth, size_t padded) {
    float scores[BLOCK * LANES] __attribute__((aligned(64)));
    uint32_t p[BLOCK / 4 * LANES] __attribute__((aligned(64)));
    size_t quads = count / 4;
    f32x16 top = score_block(scores, group->q, b, (depth + 3) / 4, count);
    f32x16 added = soften(p, scores, top, group->scale, b, count);
    f32x16 level = top * group->scale, maximum = max16(level, *group->maximum);
    f32x16 shrink = power16(*group->maximum - maximum), factor = power16(level - maximum);
    *group->maximum = maximum;
    *group->total = *group->total * shrink + added * factor;
    for (size_t c = 0; c < depth;) {
        int some = channels_at_a_time(depth - c);
        float *sums = group->sums + c * LANES, *scales = b->value_scales + c;
        const uint32_t *values = b->values + c;
        if (some == MOST_CHANNELS)
            weigh_some(sums, p, values, scales, shrink, factor, quads, padded, MOST_CHANNELS);
        else if (some == SOME_CHANNELS)
            weigh_some(sums, p, values, scales, shrink, factor, quads, padded, SOME_CHANNELS);
        else
            weigh_some(sums, p, values, scales, shrink, factor, quads, padded, LEAST_CHANNELS);
        c += (size_t)some;
    }
}

// A task ----------------------------------------------------------------------------------------------

/// q [quads, LANES] = queries from the task's `first` on as bytes with an offset; gives their scales, with which scores are exponents
/// of two, or which are not numbers where a query is not finite.
INLINE f32x16 load_queries(const attention_task *t, uint32_t *q, size_t first) {
    size_t depth = t->work->depth;
    f32x16 scales = {0};
    for (size_t r = 0; r < LANES; r++) {
        const float *from = query_at(t, first + r);
        float scale = scale_of(from, depth);
        scales[r] = scale * 1.44269504088896f / sqrtf((float)depth);
        put_quads(q + r, LANES, from, depth, inverse_of(scale), X_OFFSET_QUADS);
    }
    return scales;
}

void attend_bytes_avx512(const attention_task *t) {
    const attention_work *w = t->work;
    size_t quads = (w->depth + 3) / 4, padded = w->padded;
    size_t groups = (t->count + LANES - 1) / LANES;
    float *sums = scratch_of(w), strange = 0;
    uint32_t *q = (uint32_t *)(sums + MOST_QUERIES * padded);
    f32x16 scales[GROUPS], maxima[GROUPS], totals[GROUPS];
    memset(sums, 0, groups * LANES * padded * sizeof(float));
    for (size_t g = 0; g < groups; g++) {
        maxima[g] = splat(-INFINITY);
        totals[g] = splat(0);
        scales[g] = load_queries(t, q + g * quads * LANES, g * LANES);
    }
    for (size_t j = w->first[t->image]; j < w->first[t->image + 1]; j++) {
        size_t member = w->members[j], tokens = w->segments[member].tokens;
        size_t blocks = w->blocks_at[member + 1] - w->blocks_at[member];
        float *packed = w->packed + w->packed_at[member] + t->head * blocks * w->block_size;
        for (size_t index = 0; index < blocks; index++) {
            size_t count = tokens - index * BLOCK < BLOCK ? tokens - index * BLOCK : BLOCK;
            bytes_block b = parts_of(packed + index * w->block_size, w->depth, padded);
            strange += b.header[0];
            for (size_t g = 0; g < groups; g++) {
                group_of_queries group = {
                    q + g * quads * LANES, scales[g], maxima + g, totals + g, sums + g * LANES * padded};
                attend_group(&group, &b, round_up(count, KEYS), w->depth, padded);
            }
        }
    }
    for (size_t g = 0; g < groups; g++) {
        // What is added is 0, or not a number.
        f32x16 total = totals[g] + splat(strange) + (scales[g] - scales[g]);
        store_group(t, g * LANES, sums + g * LANES * padded, splat(1) / total);
    }
}

#pragma clang attribute pop
#else
typedef int attention_no_avx512_vnni;
#endif
