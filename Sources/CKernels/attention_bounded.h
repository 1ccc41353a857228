// Attention in bfloat16 without a search for the largest score: |q k| <= |q| |k|, and a block's header knows its largest |k|. Where
// that bounds a query's scores well enough, their powers are within the range of float32, and of bfloat16, whose exponents are the
// same, as they are. Else the bound is taken off, but for what is in range, and should all that is left be too small to be told
// from nothing, attention_bfloat16.h does it over again with the largest score.
//
// So nothing is rescaled, scores never leave the registers, and a power takes no products: bfloat16 has 7 bits behind the point, so
// a score is rounded to as many, and what they make of 2^x stands in a table of 128 bytes.

#include "attention_lanes.h"

/// The largest magnitude of scores, which are exponents of two, that are taken as they are: 2^48 is left for the sum over tokens of
/// values, and products with values down to 2^-46 do not vanish.
static const float score_limit = 80;

/// Of smaller totals too much may have vanished: powers do so below 2^-126, and their products with values too.
static const float least_total = 0x1p-90f;

/// So large that the last bit of a sum with it is 2^-7; the sum's low word then is 128 x, with the bias of an exponent.
static const float power_base = 0x1.8p16f + 127;

typedef enum {
    STRANGE,  // some are not numbers
    NEAR,     // all are within the limit
    FAR,      // some may be beyond it
} scores_range;

/// bases [MOST_QUERIES] = what is added to the scores of each of the task's queries: the base of powers, less what brings them
/// within the limit.
INLINE scores_range bases_of(const attention_task *t, float *bases) {
    const attention_work *w = t->work;
    float keys = 0, strange = 0;
    scores_range range = NEAR;
    for (size_t j = w->first[t->image]; j < w->first[t->image + 1]; j++) {
        size_t member = w->members[j], blocks = w->blocks_at[member + 1] - w->blocks_at[member];
        const float *packed = w->packed + w->packed_at[member] + t->head * blocks * w->block_size;
        for (size_t b = 0; b < blocks; b++) {
            float square = packed[b * w->block_size];
            keys = fmaxf(keys, square);
            strange += square - square;
        }
    }
    // Rounding a query makes its square larger by less than a hundredth; keys' squares are of what they are rounded to.
    float exponents = 1.44269504088896f * 1.44269504088896f / (float)w->depth * 1.02f;
    for (size_t r = 0; r < round_up(t->count, LANES); r++) {
        const float *q = query_at(t, r);
        f32x16 squares = splat(0);
        for (size_t i = 0; i < w->depth; i += 16) {
            f32x16 some = load_within(q, i, w->depth);
            squares += some * some;
        }
        float square = _mm512_reduce_add_ps((__m512)squares) * keys * exponents;
        strange += square - square;
        bases[r] = power_base;
        if (square > score_limit * score_limit) {
            bases[r] -= sqrtf(square) - score_limit;
            range = FAR;
        }
    }
    return strange == 0 ? range : STRANGE;
}

/// round(128 (2^(i / 128) - 1)): a bfloat16's 7 bits behind the point.
static const uint8_t fractions_of_powers[128] __attribute__((aligned(64))) = {
    0, 1, 1, 2, 3, 4, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11, 12, 12, 13, 14, 15, 15, 16, 17,
    18, 19, 19, 20, 21, 22, 23, 23, 24, 25, 26, 27, 28, 28, 29, 30, 31, 32, 33, 34, 34, 35, 36, 37,
    38, 39, 40, 41, 42, 43, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60,
    61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 72, 73, 74, 75, 76, 77, 78, 79, 80, 82, 83, 84, 85, 86,
    87, 88, 90, 91, 92, 93, 94, 96, 97, 98, 99, 100, 102, 103, 104, 105, 107, 108, 109, 111, 112, 113, 115, 116,
    117, 118, 120, 121, 123, 124, 125, 127,
};

/// 2^x as bfloat16, with an error of at most 2^-8 beside that of rounding, of two vectors of sums with `power_base`, side by side.
INLINE u32x16 powers(f32x16 first, f32x16 second) {
    const i32x16 low_words = {0x00200000, 0x00220002, 0x00240004, 0x00260006, 0x00280008, 0x002a000a, 0x002c000c, 0x002e000e,
                              0x00300010, 0x00320012, 0x00340014, 0x00360016, 0x00380018, 0x003a001a, 0x003c001c, 0x003e001e};
    __m512i x = _mm512_permutex2var_epi16((__m512i)first, (__m512i)low_words, (__m512i)second);
    __m512i fraction = _mm512_permutex2var_epi8(
        _mm512_load_si512(fractions_of_powers), x, _mm512_load_si512(fractions_of_powers + 64));
    // 7 bits of each word are the fraction's, the others x's.
    enum { SECOND_WHERE_THIRD_ELSE_FIRST = 0xd8 };
    return (u32x16)_mm512_ternarylogic_epi32(x, fraction, (__m512i)splat_word(0x007f007f), SECOND_WHERE_THIRD_ELSE_FIRST);
}

/// p [count / 2, LANES] = the powers of the scores of queries q [pairs, LANES] and of `count` keys [pairs, BLOCK]; what is beyond the
/// last of an odd number is 0. Gives their sums.
INLINE f32x16 powers_of_block(
    uint32_t *p, const uint32_t *q, f32x16 base, const uint32_t *keys, size_t pairs, size_t count, scores_range range) {
    f32x16 total = splat(0);
    for (size_t begin = 0; begin < count; begin += KEYS) {
        f32x16 scores[KEYS] = {0};
        for (size_t i = 0; i < pairs; i++) {
            u32x16 x = load_words(q + i * LANES);
            _Pragma("clang loop unroll(full)") for (int k = 0; k < KEYS; k++)
                scores[k] = DOT2(scores[k], x, splat_word(keys[i * BLOCK + begin + (size_t)k]));
        }
        _Pragma("clang loop unroll(full)") for (int k = 0; k < KEYS; k++) {
            scores[k] += base;
            // No power is less than 2^-126.
            if (range == FAR) scores[k] = MAX16(scores[k], splat(power_base - 126));
        }
        _Pragma("clang loop unroll(full)") for (int k = 0; k < KEYS; k += 2) {
            u32x16 both = powers(scores[k], scores[k + 1]);
            size_t at = begin + (size_t)k;
            if (count - begin < KEYS) both &= splat_word(at >= count ? 0 : at + 1 == count ? UINT16_MAX : UINT32_MAX);
            memcpy(p + at / 2 * LANES, &both, sizeof both);
            total = DOT2(total, both, splat_word(BFLOAT16_ONES));
        }
    }
    return total;
}

/// sums [some, LANES] += values [pairs, padded] p [pairs, LANES].
INLINE void weigh_some(float *sums, const uint32_t *p, const uint32_t *values, size_t pairs, size_t padded, int some) {
    f32x16 sum[MOST_CHANNELS];
    _Pragma("clang loop unroll(full)") for (int c = 0; c < some; c++) sum[c] = load16(sums + c * LANES);
    for (size_t i = 0; i < pairs; i++) {
        u32x16 x = load_words(p + i * LANES);
        _Pragma("clang loop unroll(full)") for (int c = 0; c < some; c++)
            sum[c] = DOT2(sum[c], x, splat_word(values[i * padded + (size_t)c]));
    }
    _Pragma("clang loop unroll(full)") for (int c = 0; c < some; c++) store16(sums + c * LANES, sum[c]);
}

/// What a group of queries q [pairs, LANES] gets of a block of keys and values.
INLINE void attend_group(
    float *sums, f32x16 *total, const uint32_t *q, f32x16 base, const uint32_t *keys, const uint32_t *values, size_t count,
    const attention_work *w, scores_range range) {
    uint32_t p[BLOCK / 2 * LANES] __attribute__((aligned(64)));
    size_t pairs = (count + 1) / 2, padded = w->padded;
    *total += powers_of_block(p, q, base, keys, (w->depth + 1) / 2, count, range);
    for (size_t c = 0; c < w->depth;) {
        int some = channels_at_a_time(w->depth - c);
        if (some == MOST_CHANNELS)
            weigh_some(sums + c * LANES, p, values + c, pairs, padded, MOST_CHANNELS);
        else if (some == SOME_CHANNELS)
            weigh_some(sums + c * LANES, p, values + c, pairs, padded, SOME_CHANNELS);
        else
            weigh_some(sums + c * LANES, p, values + c, pairs, padded, LEAST_CHANNELS);
        c += (size_t)some;
    }
}

/// q [pairs, LANES] = queries from the task's `first` on, scaled.
INLINE void load_queries(const attention_task *t, uint32_t *q, size_t first) {
    size_t depth = t->work->depth;
    f32x16 scale = splat(1.44269504088896f / sqrtf((float)depth));
    for (size_t r = 0; r < LANES; r++) {
        const float *from = query_at(t, first + r);
        for (size_t c = 0; c < depth; c += 32) {
            uint32_t some[16];
            round_pairs_bfloat16_avx512(some, from + c, depth - c, 16, scale);
            for (size_t i = 0; i < 16 && c + 2 * i < depth; i++) q[(c / 2 + i) * LANES + r] = some[i];
        }
    }
}

/// False if it cannot be done so: then nothing has been.
INLINE bool attend_bounded(const attention_task *t) {
    const attention_work *w = t->work;
    size_t groups = (t->count + LANES - 1) / LANES, padded = w->padded, words_a_group = (w->depth + 1) / 2 * LANES;
    float *sums = scratch_of(w), bases[MOST_QUERIES];
    uint32_t *q = (uint32_t *)(sums + MOST_QUERIES * padded);
    f32x16 totals[GROUPS];
    scores_range range = bases_of(t, bases);
    if (range == STRANGE) return false;
    memset(sums, 0, groups * LANES * padded * sizeof(float));
    for (size_t g = 0; g < groups; g++) {
        totals[g] = splat(0);
        load_queries(t, q + g * words_a_group, g * LANES);
    }
    for (size_t j = w->first[t->image]; j < w->first[t->image + 1]; j++) {
        size_t member = w->members[j], tokens = w->segments[member].tokens;
        size_t blocks = w->blocks_at[member + 1] - w->blocks_at[member];
        const float *packed = w->packed + w->packed_at[member] + t->head * blocks * w->block_size;
        for (size_t b = 0; b < blocks; b++) {
            const uint32_t *keys = (const uint32_t *)(packed + b * w->block_size + BLOCK_HEADER);
            const uint32_t *values = keys + pairs_of_channels(w->depth) * BLOCK;
            size_t count = tokens - b * BLOCK < BLOCK ? tokens - b * BLOCK : BLOCK;
            for (size_t g = 0; g < groups; g++) {
                const uint32_t *from = q + g * words_a_group;
                float *to = sums + g * LANES * padded;
                if (range == NEAR)
                    attend_group(to, totals + g, from, load16(bases + g * LANES), keys, values, count, w, NEAR);
                else
                    attend_group(to, totals + g, from, load16(bases + g * LANES), keys, values, count, w, FAR);
            }
        }
    }
    for (size_t r = 0; range == FAR && r < t->count; r++)
        if (!(totals[r / LANES][r % LANES] >= least_total)) return false;
    for (size_t g = 0; g < groups; g++) store_group(t, g * LANES, sums + g * LANES * padded, splat(1) / totals[g]);
    return true;
}
