// Softmax attention by products of 16-bit integers. A query has a scale of its own, and so have the keys and the values of a block;
// scores, and what a block adds to the output, are exact sums of 32 bits. Probabilities are relative to the largest of their query
// in the block, not of all it sees, so that what is small beside that one keeps digits: lost is what is below 2^-14 of the block's
// largest. Maxima, totals and the output are float32.
//
// Two neighbours share a 32-bit lane: channels 2i and 2i + 1 of a query or key, tokens i and i + 16 of 32 values. A packed block
// holds the two scales, keys [BLOCK / 16, pairs, 16, 2] and values [BLOCK / 2, padded, 2].

/// Packs a block: `count` tokens of one head, rows of `channels` floats.
static void NAME(pack)(
    const float *keys, const float *values, size_t count, size_t channels, size_t depth, float *packed) {
    size_t pairs = (depth + 1) / 2, padded = round_up(depth, 16);
    uint32_t *k = (uint32_t *)packed + 16, *v = k + BLOCK * pairs;
    packed[0] = largest_magnitude(keys, count, depth, channels) / (float)score_bound(depth);
    packed[1] = largest_magnitude(values, count, depth, channels) / VALUE_BOUND;
    float key_factor = inverse_of(packed[0]), value_factor = inverse_of(packed[1]);
    memset(k, 0, (BLOCK * pairs + BLOCK / 2 * padded) * sizeof *k);
    uint32_t words[pairs];
    for (size_t token = 0; token < count; token++) {
        uint32_t *to = k + token / 16 * pairs * 16 + token % 16;
        words_of(words, keys + token * channels, depth, key_factor);
        for (size_t i = 0; i < pairs; i++) to[i * 16] = words[i];
    }
    for (size_t pair = 0; pair < round_up(count, 32) / 2; pair++) {
        size_t low = pair / 16 * 32 + pair % 16, high = low + 16;
        if (low >= count) continue;
        const float *a = values + low * channels, *b = values + (high < count ? high : low) * channels;
        float b_factor = high < count ? value_factor : 0;
        uint32_t *to = v + pair * padded;
        size_t i = 0;
        for (; i + 8 <= depth; i += 8) {
            u32x8 both = both_words(load8(a + i) * value_factor, load8(b + i) * b_factor);
            memcpy(to + i, &both, sizeof both);
        }
        for (; i < depth; i++) to[i] = both_words(splat8(a[i] * value_factor), splat8(b[i] * b_factor))[0];
    }
}

// 32 numbers are computed side by side, so that each step has as many that do not wait for each other.
typedef float NAME(f32x32) __attribute__((vector_size(128)));
typedef int32_t NAME(i32x32) __attribute__((vector_size(128)));
typedef uint32_t NAME(u32x32) __attribute__((vector_size(128)));

/// 2^x for x <= 14 with a relative error below 8e-5; what is less than -20 counts as that.
INLINE NAME(f32x32) NAME(power)(NAME(f32x32) x) {
    const NAME(f32x32) zero = {0};
    x = __builtin_elementwise_max(x, zero - 20);
    const float round = 12582912;
    NAME(f32x32) rounded = x + round;
    NAME(f32x32) r = x - (rounded - round);
    NAME(f32x32) p = r * 0.05517159f + 0.24261115f;
    p = p * r + 0.693261f;
    p = p * r + 0.99992807f;
    // p is near 1: what its exponent grows by stands in the lowest bits.
    return (NAME(f32x32))((NAME(u32x32))p + ((NAME(u32x32))rounded << 23));
}

/// The largest of a query's scores [BLOCK], of which `count` are there; it makes the rest of a vector smallest.
INLINE int32_t NAME(largest)(int32_t *scores, size_t count) {
    for (size_t i = count; i < round_up(count, 16); i++) scores[i] = INT32_MIN;
    i32x16 top;
    memcpy(&top, scores, sizeof top);
    for (size_t i = 16; i < count; i += 16) {
        i32x16 s;
        memcpy(&s, scores + i, sizeof s);
        top = __builtin_elementwise_max(top, s);
    }
    return __builtin_reduce_max(top);
}

/// p [BLOCK / 2] = 2^((scores [BLOCK] - top) * factor + PROBABILITY_BITS), of which `count` are there. Gives their sum. No number is
/// larger than `top`, so that no exponent is larger than PROBABILITY_BITS, whatever is rounded.
INLINE int32_t NAME(soften)(uint32_t *p, const int32_t *scores, size_t count, float factor, float top) {
    NAME(sums) total = {0};
    const NAME(words) ones = (NAME(words)){0} + 1;
    for (size_t i = 0; i < count; i += 32) {
        NAME(i32x32) s;
        memcpy(&s, scores + i, sizeof s);
        // Adding 1.5 * 2^23 rounds to an integer, which then also stands in the lowest bits.
        NAME(f32x32) rounded = NAME(power)((__builtin_convertvector(s, NAME(f32x32)) - top) * factor + PROBABILITY_BITS) + 12582912;
        u32x16 halves[2], both;
        memcpy(halves, &rounded, sizeof halves);
        both = (halves[0] & 0xffff) | (halves[1] << 16);
        if (count - i < 32) {
            const u32x16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
            uint32_t there = (uint32_t)(count - i);
            both &= ((u32x16)(lane < there) & 0xffff) | ((u32x16)(lane + 16 < there) << 16);
        }
        memcpy(p + i / 2, &both, sizeof both);
        NAME(words) words[NAME(REGISTERS)];
        memcpy(words, &both, sizeof both);
        _Pragma("clang loop unroll(full)") for (int j = 0; j < NAME(REGISTERS); j++) total = DOT2(total, words[j], ones);
    }
    return __builtin_reduce_add(total);
}

/// scores [PRODUCT_ROWS, BLOCK], 16 keys a register group.
INLINE void NAME(score)(int32_t *scores, const int16_t *const *q, const int16_t *keys, size_t pairs, int registers) {
    NAME(sums) sum[PRODUCT_ROWS][MOST_VECTORS * NAME(REGISTERS)] = {0};
    NAME(multiply)(sum, registers, q, keys, 32, pairs * 32, pairs, CK_WORDS);
    _Pragma("clang loop unroll(full)") for (int r = 0; r < PRODUCT_ROWS; r++)
        _Pragma("clang loop unroll(full)") for (int i = 0; i < registers; i++)
            memcpy(scores + r * BLOCK + i * LANES, &sum[r][i], sizeof sum[r][i]);
}

/// out [PRODUCT_ROWS, registers * LANES] += p values * factors, rows of `padded`.
INLINE void NAME(weigh)(
    float *out, const int16_t *const *p, const int16_t *values, size_t pairs, size_t padded, const float *factors,
    int registers) {
    NAME(sums) sum[PRODUCT_ROWS][MOST_VECTORS * NAME(REGISTERS)] = {0};
    NAME(multiply)(sum, registers, p, values, 2 * padded, 32, pairs, CK_WORDS);
    _Pragma("clang loop unroll(full)") for (int r = 0; r < PRODUCT_ROWS; r++)
        _Pragma("clang loop unroll(full)") for (int i = 0; i < registers; i++) {
            float *at = out + r * padded + i * LANES;
            NAME(floats) known;
            memcpy(&known, at, sizeof known);
            known += __builtin_convertvector(sum[r][i], NAME(floats)) * factors[r];
            memcpy(at, &known, sizeof known);
        }
}

/// What a task's queries have come to.
typedef struct {
    uint32_t *q;  // [QUERIES, pairs]
    float factors[QUERIES + 8], maxima[QUERIES + 8], totals[QUERIES + 8];  // eight are read at a time
    float *sums;  // [QUERIES, padded]
} NAME(state);

INLINE void NAME(attend_block)(const attention_work *w, NAME(state) *state, const float *block, size_t count, size_t rows) {
    size_t pairs = (w->depth + 1) / 2, padded = w->padded, width = round_up(w->depth, LANES);
    const int16_t *keys = (const int16_t *)(block + 16), *values = keys + BLOCK * pairs * 2;
    enum { R = NAME(REGISTERS) };
    int32_t scores[PRODUCT_ROWS * BLOCK] __attribute__((aligned(64)));
    uint32_t p[PRODUCT_ROWS * BLOCK / 2] __attribute__((aligned(64)));
    for (size_t row = 0; row < rows; row += PRODUCT_ROWS) {
        const int16_t *from[PRODUCT_ROWS], *weights[PRODUCT_ROWS];
        for (size_t r = 0; r < PRODUCT_ROWS; r++) {
            from[r] = (const int16_t *)(state->q + (row + r) * pairs);
            weights[r] = (const int16_t *)(p + r * (BLOCK / 2));
        }
        size_t key = 0;
#if LANES == 16
        for (; key + 16 < count; key += 32) NAME(score)(scores + key, from, keys + key * pairs * 2, pairs, 2);
#endif
        for (; key < count; key += 16) NAME(score)(scores + key, from, keys + key * pairs * 2, pairs, R);
        float tops[8] = {0}, factors[8], shrinks[8], sums[8] = {0};
        _Pragma("clang loop unroll(full)") for (int r = 0; r < PRODUCT_ROWS; r++)
            tops[r] = (float)NAME(largest)(scores + r * BLOCK, count);
        f32x8 score = load8(state->factors + row) * block[0], level = load8(tops) * score, before = load8(state->maxima + row);
        f32x8 maximum = max8(level, before), shrink = power8(before - maximum);
        f32x8 factor = power8(level - maximum);
        store8(factors, score);
        store8(shrinks, shrink);
        for (size_t r = 0; r < PRODUCT_ROWS; r++) {
            sums[r] = (float)NAME(soften)(p + r * (BLOCK / 2), scores + r * BLOCK, count, factors[r], tops[r]);
            float *to = state->sums + (row + r) * padded;
            if (shrinks[r] < 1)
                for (size_t i = 0; i < padded; i += 16) store16(to + i, load16(to + i) * splat(shrinks[r]));
        }
        f32x8 total = load8(state->totals + row) * shrink + load8(sums) * factor;
        memcpy(state->maxima + row, &maximum, PRODUCT_ROWS * sizeof(float));
        memcpy(state->totals + row, &total, PRODUCT_ROWS * sizeof(float));
        store8(factors, factor * block[1]);
        float *out = state->sums + row * padded;
        size_t i = 0, token_pairs = round_up(count, 32) / 2;
#if LANES == 16
        for (; i + 32 <= width; i += 32) NAME(weigh)(out + i, weights, values + 2 * i, token_pairs, padded, factors, 2);
#endif
        for (; i + 16 <= width; i += 16) NAME(weigh)(out + i, weights, values + 2 * i, token_pairs, padded, factors, R);
        for (; i < width; i += LANES) NAME(weigh)(out + i, weights, values + 2 * i, token_pairs, padded, factors, 1);
    }
}

static void NAME(attend)(const attention_task *t) {
    const attention_work *w = t->work;
    size_t depth = w->depth, pairs = (depth + 1) / 2, padded = w->padded, rows = round_up(t->count, PRODUCT_ROWS);
    NAME(state) state = {.q = (uint32_t *)scratch_of(w)};
    state.sums = (float *)state.q + QUERIES * pairs_of_channels(depth);
    memset(state.sums, 0, QUERIES * padded * sizeof(float));
    for (size_t r = 0; r < rows; r++) {
        // Rows beyond the last repeat the first.
        const float *from = query_at(t, r);
        float scale = largest_magnitude(from, 1, depth, 0) / (float)score_bound(depth), factor = inverse_of(scale);
        words_of(state.q + r * pairs, from, depth, factor);
        state.factors[r] = scale * 1.44269504f / sqrtf((float)depth);
        state.maxima[r] = -INFINITY;
    }
    for (size_t j = w->first[t->image]; j < w->first[t->image + 1]; j++) {
        size_t member = w->members[j], tokens = w->segments[member].tokens, blocks = (tokens + BLOCK - 1) / BLOCK;
        const float *packed = w->packed + w->packed_at[member] + t->head * blocks * w->block_size;
        for (size_t b = 0; b < blocks; b++) {
            size_t count = tokens - b * BLOCK < BLOCK ? tokens - b * BLOCK : BLOCK;
            NAME(attend_block)(w, &state, packed + b * w->block_size, count, rows);
        }
    }
    for (size_t r = 0; r < t->count; r++) {
        float *to = (float *)w->out + (t->image * w->tokens + t->begin + r) * w->channels + t->head * depth;
        for (size_t i = 0; i < depth; i++) to[i] = state.sums[r * padded + i] / state.totals[r];
    }
}
