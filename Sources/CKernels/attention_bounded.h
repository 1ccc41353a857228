// Attention in bfloat16 without a search for the largest score: |q k| <= |q| |k|, and a block's header knows its largest |k|. Where
// that bounds a query's scores well enough, their powers are within the range of float32, and of bfloat16, whose exponents are the
// same, as they are. Else the bound is taken off, but for what is in range, and should all that is left be too small to be told
// from nothing, attention_bfloat16.h does it over again with the largest score.
//
// So nothing is rescaled, scores never leave the registers, and a power takes no products: bfloat16 has 7 bits behind the point, so
// a score is rounded to as many, and what they make of 2^x stands in a table of 128 bytes.

enum { ROWS = 6, SPAN = 32, WIDE_SPAN = 64 };  // a tile of scores: of so many queries and keys

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
    for (size_t r = 0; r < round_up(t->count, ROWS); r++) {
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

/// What the queries of a group are: rows of so many pairs, and what is added to their scores.
typedef struct {
    const uint32_t *q;
    size_t stride;
    const float *bases;
} queries_of_group;

/// round(128 (2^(i / 128) - 1)): a bfloat16's 7 bits behind the point.
static const uint8_t fractions_of_powers[128] __attribute__((aligned(64))) = {
    0, 1, 1, 2, 3, 4, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11, 12, 12, 13, 14, 15, 15, 16, 17,
    18, 19, 19, 20, 21, 22, 23, 23, 24, 25, 26, 27, 28, 28, 29, 30, 31, 32, 33, 34, 34, 35, 36, 37,
    38, 39, 40, 41, 42, 43, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60,
    61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 72, 73, 74, 75, 76, 77, 78, 79, 80, 82, 83, 84, 85, 86,
    87, 88, 90, 91, 92, 93, 94, 96, 97, 98, 99, 100, 102, 103, 104, 105, 107, 108, 109, 111, 112, 113, 115, 116,
    117, 118, 120, 121, 123, 124, 125, 127,
};

/// 2^x as bfloat16, with an error of at most 2^-8 beside that of rounding, of two vectors of sums with `power_base`.
INLINE u32x16 powers(f32x16 first, f32x16 second) {
    const i32x16 low_words = {0x00020000, 0x00060004, 0x000a0008, 0x000e000c, 0x00120010, 0x00160014, 0x001a0018, 0x001e001c,
                              0x00220020, 0x00260024, 0x002a0028, 0x002e002c, 0x00320030, 0x00360034, 0x003a0038, 0x003e003c};
    __m512i x = _mm512_permutex2var_epi16((__m512i)first, (__m512i)low_words, (__m512i)second);
    __m512i fraction = _mm512_permutex2var_epi8(
        _mm512_load_si512(fractions_of_powers), x, _mm512_load_si512(fractions_of_powers + 64));
    // 7 bits of each word are the fraction's, the others x's.
    enum { SECOND_WHERE_THIRD_ELSE_FIRST = 0xd8 };
    return (u32x16)_mm512_ternarylogic_epi32(x, fraction, (__m512i)splat_word(0x007f007f), SECOND_WHERE_THIRD_ELSE_FIRST);
}

/// p [ROWS, vectors * 8] = the powers of the scores of a group of queries and so many vectors of keys [pairs, BLOCK], of which
/// `count` are there; their sums are added to totals [ROWS, 16].
INLINE void powers_of_keys(
    uint32_t *p, float *totals, const queries_of_group *group, const uint32_t *keys, size_t pairs, size_t count, int vectors,
    scores_range range) {
    f32x16 scores[ROWS][WIDE_SPAN / 16] = {0};
    for (size_t i = 0; i < pairs; i++) {
        u32x16 b[WIDE_SPAN / 16];
        _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++) b[v] = load_words(keys + i * BLOCK + 16 * v);
        _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {
            u32x16 a = splat_word(group->q[(size_t)r * group->stride + i]);
            _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++) scores[r][v] = DOT2(scores[r][v], a, b[v]);
        }
    }
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {
        f32x16 *x = scores[r], total = load16(totals + r * 16);
        _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++) {
            x[v] += splat(group->bases[r]);
            // No power is less than 2^-126.
            if (range == FAR) x[v] = MAX16(x[v], splat(power_base - 126));
        }
        _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v += 2) {
            u32x16 both = powers(x[v], x[v + 1]);
            if (count < SPAN) both = (u32x16)_mm512_maskz_mov_epi16((1u << count) - 1, (__m512i)both);
            memcpy(p + r * (BLOCK / 2) + v * 8, &both, sizeof both);
            total = DOT2(total, both, splat_word(BFLOAT16_ONES));
        }
        store16(totals + r * 16, total);
    }
}

/// The same of the first `count` keys of a block; p [ROWS, BLOCK / 2] of those beyond is zero up to a multiple of SPAN.
INLINE void powers_of_block(
    uint32_t *p, float *totals, const queries_of_group *group, const uint32_t *keys, size_t pairs, size_t count,
    scores_range range) {
    size_t begin = 0;
    for (; begin + WIDE_SPAN <= count; begin += WIDE_SPAN)
        powers_of_keys(p + begin / 2, totals, group, keys + begin, pairs, WIDE_SPAN, WIDE_SPAN / 16, range);
    for (; begin < count; begin += SPAN)
        powers_of_keys(p + begin / 2, totals, group, keys + begin, pairs, count - begin, SPAN / 16, range);
}

/// The same as `weighted` for 40 channels, of which the last eight fill half a vector.
INLINE void weighted_40(float *out, const uint32_t *p, const uint32_t *values, size_t pairs, size_t padded) {
    f32x16 sum[ROWS][2];
    f32x8 half[ROWS];
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {
        _Pragma("clang loop unroll(full)") for (int v = 0; v < 2; v++) sum[r][v] = load16(out + (size_t)r * padded + 16 * v);
        half[r] = load8(out + (size_t)r * padded + 32);
    }
    for (size_t i = 0; i < pairs; i++) {
        u32x16 x[2] = {load_words(values + i * padded), load_words(values + i * padded + 16)};
        u32x8 y;
        memcpy(&y, values + i * padded + 32, sizeof y);
        _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {
            __m512i a = (__m512i)splat_word(p[r * (BLOCK / 2) + i]);
            _Pragma("clang loop unroll(full)") for (int v = 0; v < 2; v++) sum[r][v] = DOT2(sum[r][v], a, x[v]);
            half[r] = (f32x8)_mm256_dpbf16_ps((__m256)half[r], (__m256bh)_mm512_castsi512_si256(a), (__m256bh)y);
        }
    }
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {
        _Pragma("clang loop unroll(full)") for (int v = 0; v < 2; v++) store16(out + (size_t)r * padded + 16 * v, sum[r][v]);
        store8(out + (size_t)r * padded + 32, half[r]);
    }
}

/// out [ROWS, depth] += p [ROWS, pairs] values [pairs, padded], in parts of which none is a single vector if it can be helped.
INLINE void weigh(float *out, const uint32_t *p, const uint32_t *values, size_t pairs, size_t depth, size_t padded) {
    for (size_t i = 0; i < depth;) {
        size_t left = depth - i;
        if (left > 96 || left > 48 && left <= 64) {
            weighted_6_4_bfloat16_avx512(out + i, p, values + i, pairs, padded);
            i += 64;
        } else if (left > 40) {
            weighted_6_3_bfloat16_avx512(out + i, p, values + i, pairs, padded);
            i += 48;
        } else if (left > 32) {
            weighted_40(out + i, p, values + i, pairs, padded);
            i += 40;
        } else if (left > 16) {
            weighted_6_2_bfloat16_avx512(out + i, p, values + i, pairs, padded);
            i += 32;
        } else {
            weighted_6_1_bfloat16_avx512(out + i, p, values + i, pairs, padded);
            i += 16;
        }
    }
}

/// What a group of queries gets of a block of keys and values.
INLINE void attend_group(
    float *sums, float *totals, const queries_of_group *group, const uint32_t *keys, const uint32_t *values, size_t count,
    const attention_work *w, scores_range range) {
    uint32_t p[ROWS * BLOCK / 2] __attribute__((aligned(64)));
    powers_of_block(p, totals, group, keys, (w->depth + 1) / 2, count, range);
    weigh(sums, p, values, round_up(count, SPAN) / 2, w->depth, w->padded);
}

/// False if it cannot be done so: then nothing has been.
INLINE bool attend_bounded(const attention_task *t) {
    const attention_work *w = t->work;
    size_t rows = round_up(t->count, ROWS), pairs = pairs_of_channels(w->depth);
    float *sums = scratch_of(w), *totals = sums + MOST_QUERIES * w->padded, bases[MOST_QUERIES];
    uint32_t *q = (uint32_t *)(totals + MOST_QUERIES * 16);
    scores_range range = bases_of(t, bases);
    if (range == STRANGE) return false;
    memset(sums, 0, rows * w->padded * sizeof(float));
    memset(totals, 0, rows * 16 * sizeof(float));
    load_queries_bfloat16_avx512(t, q, rows, pairs);
    for (size_t j = w->first[t->image]; j < w->first[t->image + 1]; j++) {
        size_t member = w->members[j], tokens = w->segments[member].tokens;
        size_t blocks = w->blocks_at[member + 1] - w->blocks_at[member];
        const float *packed = w->packed + w->packed_at[member] + t->head * blocks * w->block_size;
        for (size_t b = 0; b < blocks; b++) {
            const uint32_t *keys = (const uint32_t *)(packed + b * w->block_size + BLOCK_HEADER), *values = keys + pairs * BLOCK;
            size_t count = tokens - b * BLOCK < BLOCK ? tokens - b * BLOCK : BLOCK;
            for (size_t row = 0; row < rows; row += ROWS) {
                queries_of_group group = {.q = q + row * pairs, .stride = pairs, .bases = bases + row};
                if (range == NEAR)
                    attend_group(sums + row * w->padded, totals + row * 16, &group, keys, values, count, w, NEAR);
                else
                    attend_group(sums + row * w->padded, totals + row * 16, &group, keys, values, count, w, FAR);
            }
        }
    }
    for (size_t r = 0; range == FAR && r < t->count; r++)
        if (!(_mm512_reduce_add_ps((__m512)load16(totals + r * 16)) >= least_total)) return false;
    store_results_bfloat16_avx512(t, sums, totals);
    return true;
}
