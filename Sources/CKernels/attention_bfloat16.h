// Softmax attention with queries, keys, values and probabilities rounded to bfloat16; scores, maxima and sums stay
// float32. Whoever includes this defines
//   DOT2(sum, a, b)  sum + the products of the two bfloat16 in each lane of a and b
//   MAX16(a, b)      the larger; b where either is not a number
//   ROUNDED(a, b)    32 bfloat16: those of a, then those of b
// and NAME(x), the names of what it makes.
//
// Two neighbours share a 32-bit lane: channels 2i and 2i + 1 of a query or key, tokens 2i and 2i + 1 of a value. Pairs of
// channels are filled up with zeros to whole vectors. A packed block holds a header, keys [pairs, BLOCK], then values
// [BLOCK / 2, padded]. Queries are scaled before they are rounded, so that scores are exponents of two.
#include "attention.h"

/// 2^x for x <= 0 with a relative error below 8e-5, a fiftieth of bfloat16's; 2^-126 below. What is not a number stays so.
INLINE f32x16 NAME(power)(f32x16 x) {
    x = MAX16(splat(-126.0f), x);
    // Adding 1.5 * 2^23 rounds to an integer, which then also stands in the lowest bits.
    const f32x16 round = splat(12582912.0f);
    f32x16 rounded = x + round;
    f32x16 r = x - (rounded - round);
    f32x16 p = splat(0.05517159f);
    p = p * r + splat(0.24261115f);
    p = p * r + splat(0.693261f);
    p = p * r + splat(0.99992807f);
    u32x16 exponent = ((u32x16)rounded + 127) << 23;
    return p * (f32x16)exponent;
}

/// out [pairs] = neighbours of x [depth], times a factor; what is beyond the last is zero.
INLINE void NAME(round_pairs)(uint32_t *out, const float *x, size_t depth, size_t pairs, f32x16 factor) {
    for (size_t i = 0; i < 2 * pairs; i += 32) {
        u32x16 both = ROUNDED(load_within(x, i, depth) * factor, load_within(x, i + 16, depth) * factor);
        memcpy(out + i / 2, &both, sizeof both);
    }
}

void NAME(pack)(
    const float *keys, const float *values, size_t count, size_t channels, size_t depth, float *packed) {
    enum { TOKENS = 16 };
    size_t pairs = pairs_of_channels(depth), padded = round_up(depth, 16);
    uint32_t *k = (uint32_t *)(packed + BLOCK_HEADER), *v = k + pairs * BLOCK;
    f32x16 largest = splat(0), strange = splat(0);
    uint32_t rows[TOKENS][16];
    for (size_t token = 0; token < BLOCK; token += TOKENS) {
        f32x16 square = splat(0);
        for (size_t first = 0; first < pairs; first += 16) {
            for (size_t r = 0; r < TOKENS; r++) {
                bool there = token + r < count && 2 * first < depth;
                NAME(round_pairs)(
                    rows[r], keys + (token + r) * channels + 2 * first, there ? depth - 2 * first : 0, 16, splat(1));
            }
            for (size_t i = 0; i < 16; i++) {
                u32x16 both;
                for (size_t r = 0; r < TOKENS; r++) both[r] = rows[r][i];
                f32x16 even = (f32x16)(both << 16), odd = (f32x16)(both & 0xffff0000);
                square += even * even + odd * odd;
                memcpy(k + (first + i) * BLOCK + token, &both, sizeof both);
            }
        }
        largest = max16(largest, square);
        strange += square - square;
    }
    packed[0] = max_of(largest) + sum_of(strange);
    for (size_t token = 0; token < BLOCK; token += 2) {
        const float *even = values + token * channels;
        for (size_t i = 0; i < padded; i += 16) {
            f32x16 a = load_within(even, i, token < count ? depth : 0);
            u32x16 both = pairs_of(a, load_within(even + channels, i, token + 1 < count ? depth : 0));
            memcpy(v + token / 2 * padded + i, &both, sizeof both);
        }
    }
}

/// scores [ROWS, VECTORS * 16] = the first `some` of q [ROWS, pairs] times those of keys [pairs, BLOCK].
#define SCORES(ROWS, VECTORS)                                                                      \
    INLINE void NAME(scores_##ROWS##_##VECTORS)(                                                   \
        float *scores, const uint32_t *q, const uint32_t *keys, size_t pairs, size_t some) {       \
        f32x16 sum[ROWS][VECTORS];                                                                 \
        _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)                          \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++) sum[r][v] = splat(0); \
        for (size_t i = 0; i < some; i++) {                                                        \
            u32x16 k[VECTORS];                                                                     \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)                   \
                k[v] = load_words(keys + i * BLOCK + 16 * v);                                      \
            _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {                    \
                u32x16 a = splat_word(q[(size_t)r * pairs + i]);                                   \
                _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)               \
                    sum[r][v] = DOT2(sum[r][v], a, k[v]);                                          \
            }                                                                                      \
        }                                                                                          \
        _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)                          \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)                   \
                store16(scores + r * BLOCK + 16 * v, sum[r][v]);                                   \
    }

/// out [ROWS, VECTORS * 16] += p [ROWS, pairs] values [pairs, padded], pairs of tokens.
#define WEIGHTED(ROWS, VECTORS)                                                                    \
    INLINE void NAME(weighted_##ROWS##_##VECTORS)(                                                 \
        float *out, const uint32_t *p, const uint32_t *values, size_t pairs, size_t padded) {      \
        f32x16 sum[ROWS][VECTORS];                                                                 \
        _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)                          \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)                   \
                sum[r][v] = load16(out + (size_t)r * padded + 16 * v);                             \
        for (size_t i = 0; i < pairs; i++) {                                                       \
            u32x16 x[VECTORS];                                                                     \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)                   \
                x[v] = load_words(values + i * padded + 16 * v);                                   \
            _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {                    \
                u32x16 a = splat_word(p[r * (BLOCK / 2) + i]);                                     \
                _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)               \
                    sum[r][v] = DOT2(sum[r][v], a, x[v]);                                          \
            }                                                                                      \
        }                                                                                          \
        _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)                          \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)                   \
                store16(out + (size_t)r * padded + 16 * v, sum[r][v]);                             \
    }

SCORES(6, 4)
SCORES(6, 1)
WEIGHTED(6, 4)
WEIGHTED(6, 3)
WEIGHTED(6, 2)
WEIGHTED(6, 1)

/// Turns a block's scores of one query into probabilities relative to the running maximum, and rescales what was
/// summed. The total is of what they are rounded to, so that they are shares of one whole.
INLINE void NAME(soften)(
    const float *scores, uint32_t *p, float *sums, float *maximum, float *total, size_t vectors, size_t padded) {
    f32x16 top = load16(scores);
    for (size_t v = 1; v < vectors; v++) top = MAX16(top, load16(scores + 16 * v));
    float m = max_of(top);
    f32x16 sum = load16(total);
    if (m > *maximum) {
        f32x16 shrink = splat(*maximum == -INFINITY ? 0 : exp2f(*maximum - m));
        for (size_t i = 0; i < padded; i += 16) store16(sums + i, load16(sums + i) * shrink);
        sum = sum * shrink;
        *maximum = m;
    }
    f32x16 base = splat(*maximum);
    for (size_t v = 0; v < vectors; v += 2) {
        f32x16 a = NAME(power)(load16(scores + 16 * v) - base), b = splat(0);
        if (v + 1 < vectors) b = NAME(power)(load16(scores + 16 * v + 16) - base);
        u32x16 rounded = ROUNDED(a, b);
        memcpy(p + 8 * v, &rounded, sizeof rounded);
        sum = DOT2(sum, rounded, splat_word(BFLOAT16_ONES));
    }
    store16(total, sum);
}

/// q [count, pairs] = the task's queries, scaled; rows beyond the last repeat the first.
INLINE void NAME(load_queries)(const attention_task *t, uint32_t *q, size_t count, size_t pairs) {
    size_t depth = t->work->depth;
    f32x16 scale = splat(1.44269504088896f / sqrtf((float)depth));
    for (size_t r = 0; r < count; r++) NAME(round_pairs)(q + r * pairs, query_at(t, r), depth, pairs, scale);
}

INLINE void NAME(store_results)(const attention_task *t, const float *sums, const float *totals) {
    const attention_work *w = t->work;
    for (size_t r = 0; r < t->count; r++) {
        size_t at = (t->image * w->tokens + t->begin + r) * w->channels + t->head * w->depth, i = 0;
        f32x16 inverse = splat(1 / sum_of(load16(totals + r * 16)));
        const float *from = sums + r * w->padded;
        for (; i + 16 <= w->depth; i += 16) put16(w->out, at + i, load16(from + i) * inverse, w->narrow);
        if (i < w->depth) put_some(w->out, at + i, load16(from + i) * inverse, w->depth - i, w->narrow);
    }
}

/// One block of keys and values: what it adds to the sums of `rows` queries.
typedef void (*NAME(block))(
    const attention_task *t, const uint32_t *keys, size_t count, const uint32_t *q, size_t rows, float *sums,
    float *maximum, float *totals);

INLINE void NAME(walk)(const attention_task *t, size_t rows, NAME(block) block) {
    const attention_work *w = t->work;
    float maximum[MOST_QUERIES];
    float *sums = scratch_of(w), *totals = sums + MOST_QUERIES * w->padded;
    uint32_t *q = (uint32_t *)(totals + MOST_QUERIES * 16);
    memset(sums, 0, rows * w->padded * sizeof(float));
    memset(totals, 0, rows * 16 * sizeof(float));
    for (size_t r = 0; r < rows; r++) maximum[r] = -INFINITY;
    NAME(load_queries)(t, q, rows, pairs_of_channels(w->depth));
    for (size_t j = w->first[t->image]; j < w->first[t->image + 1]; j++) {
        size_t member = w->members[j], tokens = w->segments[member].tokens;
        size_t blocks = (tokens + BLOCK - 1) / BLOCK;
        const float *packed = w->packed + w->packed_at[member] + t->head * blocks * w->block_size;
        for (size_t b = 0; b < blocks; b++) {
            size_t count = tokens - b * BLOCK < BLOCK ? tokens - b * BLOCK : BLOCK;
            block(
                t, (const uint32_t *)(packed + b * w->block_size + BLOCK_HEADER), count, q, rows, sums, maximum, totals);
        }
    }
    NAME(store_results)(t, sums, totals);
}

/// `rows` queries' scores to probabilities; those of no token, up to the next multiple of 32, are 0 or as good as 0.
INLINE void NAME(soften_rows)(
    float *scores, uint32_t *p, float *sums, float *maximum, float *totals, size_t rows, size_t count, size_t padded) {
    size_t vectors = (count + 15) / 16;
    for (size_t r = 0; r < rows; r++) {
        float *s = scores + r * BLOCK;
        for (size_t i = count; i < vectors * 16; i++) s[i] = -INFINITY;
        NAME(soften)(s, p + r * (BLOCK / 2), sums + r * padded, maximum + r, totals + r * 16, vectors, padded);
    }
}

INLINE void NAME(attend_block)(
    const attention_task *t, const uint32_t *keys, size_t count, const uint32_t *q, size_t rows, float *sums,
    float *maximum, float *totals) {
    size_t pairs = pairs_of_channels(t->work->depth), some = (t->work->depth + 1) / 2, padded = t->work->padded;
    const uint32_t *values = keys + pairs * BLOCK;
    float scores[6 * BLOCK] __attribute__((aligned(64)));
    uint32_t p[6 * BLOCK / 2] __attribute__((aligned(64)));
    size_t vectors = (count + 15) / 16, token_pairs = (count + 1) / 2;
    for (size_t row = 0; row < rows; row += 6) {
        const uint32_t *from = q + row * pairs;
        size_t v = 0;
        for (; v + 4 <= vectors; v += 4) NAME(scores_6_4)(scores + 16 * v, from, keys + 16 * v, pairs, some);
        for (; v < vectors; v++) NAME(scores_6_1)(scores + 16 * v, from, keys + 16 * v, pairs, some);
        NAME(soften_rows)(scores, p, sums + row * padded, maximum + row, totals + row * 16, 6, count, padded);
        float *o = sums + row * padded;
        size_t i = 0;
        for (; i + 64 <= padded; i += 64) NAME(weighted_6_4)(o + i, p, values + i, token_pairs, padded);
        if (i + 48 <= padded) NAME(weighted_6_3)(o + i, p, values + i, token_pairs, padded), i += 48;
        if (i + 32 <= padded) NAME(weighted_6_2)(o + i, p, values + i, token_pairs, padded), i += 32;
        if (i < padded) NAME(weighted_6_1)(o + i, p, values + i, token_pairs, padded);
    }
}

/// Whatever the scores are.
static void NAME(attend_any)(const attention_task *t) { NAME(walk)(t, round_up(t->count, 6), NAME(attend_block)); }

#undef SCORES
#undef WEIGHTED
