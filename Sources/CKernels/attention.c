// Softmax attention over several segments of keys and values, without ever holding the scores.
//
// First every segment is packed once per head: keys transposed, in blocks of BLOCK tokens, both padded to whole
// vectors. Then tasks of some queries walk over the blocks of their image's segments with the online softmax
// (running maximum m and sum l per query; the output so far is rescaled when m grows), so that a task's working
// set stays in the second-level cache whatever the number of tokens. attention_bounded.h does without the maximum, and
// attention_bytes_avx512.c takes one for each block.
#include "attention.h"
#include "integer_products.h"

// The scalar reference: two passes in float64, straight from the definition ---------------------------

static void attend_reference(const attention_task *t) {
    const attention_work *w = t->work;
    double scale = 1 / sqrt((double)w->depth);
    // The scratch is larger: MOST_QUERIES rows of at least twice this many floats.
    double *sum = (double *)scratch_of(w);
    for (size_t row = t->begin; row < t->begin + t->count; row++) {
        size_t at = (t->image * w->tokens + row) * w->channels + t->head * w->depth;
        const float *q = w->queries + at;
        memset(sum, 0, w->depth * sizeof(double));
        double maximum = -INFINITY, total = 0;
        for (int pass = 0; pass < 2; pass++) {
            for (size_t j = w->first[t->image]; j < w->first[t->image + 1]; j++) {
                const ck_segment *s = w->segments + w->members[j];
                for (size_t token = 0; token < s->tokens && !(w->causal && token > row); token++) {
                    size_t from = token * w->channels + t->head * w->depth;
                    double score = 0;
                    for (size_t i = 0; i < w->depth; i++) score += q[i] * get_one(s->keys, from + i, s->bfloat16);
                    score *= scale;
                    if (!pass) {
                        maximum = score > maximum ? score : maximum;
                        continue;
                    }
                    double p = exp(score - maximum);
                    total += p;
                    for (size_t i = 0; i < w->depth; i++) sum[i] += p * get_one(s->values, from + i, s->bfloat16);
                }
            }
        }
        for (size_t i = 0; i < w->depth; i++) put_one(w->out, at + i, (float)(sum[i] / total), w->narrow);
        if (w->logsumexp)
            w->logsumexp[(t->image * w->heads + t->head) * w->tokens + row] = (float)(maximum + log(total));
    }
}

// The vector version ---------------------------------------------------------------------------------

/// out [ROWS, VECTORS * 16] += p [ROWS, count] values [count, padded].
#define WEIGHTED(ROWS, VECTORS)                                                                    \
    INLINE void weighted_##ROWS##_##VECTORS(                                                       \
        float *out, const float *p, const float *values, size_t count, size_t padded) {            \
        f32x16 sum[ROWS][VECTORS];                                                                 \
        _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)                          \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)                   \
                sum[r][v] = load16(out + (size_t)r * padded + 16 * v);                             \
        for (size_t i = 0; i < count; i++) {                                                       \
            f32x16 x[VECTORS];                                                                     \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)                   \
                x[v] = load16(values + i * padded + 16 * v);                                       \
            _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {                    \
                f32x16 a = splat(p[r * BLOCK + i]);                                                \
                _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++) sum[r][v] += a * x[v]; \
            }                                                                                      \
        }                                                                                          \
        _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)                          \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)                   \
                store16(out + (size_t)r * padded + 16 * v, sum[r][v]);                             \
    }

WEIGHTED(6, 4)
WEIGHTED(6, 3)
WEIGHTED(6, 2)
WEIGHTED(6, 1)

/// The same of 8 columns, two tokens at a time so that there are sums enough.
INLINE void weighted_6_half(float *out, const float *p, const float *values, size_t count, size_t padded) {
    f32x8 sum[6][2];
    _Pragma("clang loop unroll(full)") for (int r = 0; r < 6; r++) {
        sum[r][0] = load8(out + (size_t)r * padded);
        sum[r][1] = splat8(0);
    }
    size_t i = 0;
    for (; i + 2 <= count; i += 2) {
        f32x8 x = load8(values + i * padded), y = load8(values + (i + 1) * padded);
        _Pragma("clang loop unroll(full)") for (int r = 0; r < 6; r++) {
            sum[r][0] += splat8(p[r * BLOCK + i]) * x;
            sum[r][1] += splat8(p[r * BLOCK + i + 1]) * y;
        }
    }
    if (i < count) {
        f32x8 x = load8(values + i * padded);
        _Pragma("clang loop unroll(full)") for (int r = 0; r < 6; r++) sum[r][0] += splat8(p[r * BLOCK + i]) * x;
    }
    _Pragma("clang loop unroll(full)") for (int r = 0; r < 6; r++) store8(out + (size_t)r * padded, sum[r][0] + sum[r][1]);
}

/// Turns a block's scores into probabilities relative to the running maximum and rescales what was summed. Scores are
/// logarithms to base 2.
INLINE void soften(float *scores, float *sums, float *maximum, float *totals, size_t vectors, size_t padded) {
    f32x16 top = load16(scores);
    for (size_t v = 1; v < vectors; v++) top = max16(top, load16(scores + 16 * v));
    float m = max_of(top);
    f32x16 sum = load16(totals);
    if (m > *maximum) {
        f32x16 shrink = splat(*maximum == -INFINITY ? 0 : exp2f(*maximum - m));
        for (size_t i = 0; i < padded; i += 16) store16(sums + i, load16(sums + i) * shrink);
        sum *= shrink;
        *maximum = m;
    }
    f32x16 level = splat(*maximum);
    for (size_t v = 0; v < vectors; v++) {
        f32x16 p = power16(load16(scores + 16 * v) - level);
        store16(scores + 16 * v, p);
        sum += p;
    }
    store16(totals, sum);
}

INLINE void attend_block(
    const attention_task *t, const float *block, size_t count, size_t token, const float *q, float *scores, float *sums,
    float *maximum, float *totals, size_t rows, bool wide) {
    const attention_work *w = t->work;
    size_t vectors = (count + 15) / 16, depth = w->depth, padded = w->padded;
    const float *values = block + BLOCK * depth;
    for (size_t row = 0; row < rows; row += 6) {
        float *s = scores;
        const float *a = q + row * depth;
        size_t v = 0;
        if (wide)
            for (; v + 4 <= vectors; v += 4)
                product_4(s + 16 * v, BLOCK, a, depth, block + 16 * v * depth, 16, 16 * depth);
        for (; v < vectors; v++) product_1(s + 16 * v, BLOCK, a, depth, block + 16 * v * depth, 16, 0);
        for (size_t r = 0; r < 6; r++) {
            size_t seen = count;
            if (w->causal) {
                size_t limit = t->begin + row + r + 1;
                seen = limit <= token ? 0 : limit - token < count ? limit - token : count;
            }
            for (size_t i = seen; i < vectors * 16; i++) s[r * BLOCK + i] = -INFINITY;
            soften(s + r * BLOCK, sums + (row + r) * padded, maximum + row + r, totals + (row + r) * 16, vectors, padded);
        }
        float *o = sums + row * padded;
        size_t i = 0;
        if (wide) {
            for (; i + 64 <= padded; i += 64) weighted_6_4(o + i, s, values + i, count, padded);
            if (i + 48 <= padded) weighted_6_3(o + i, s, values + i, count, padded), i += 48;
            if (i + 32 <= padded) weighted_6_2(o + i, s, values + i, count, padded), i += 32;
        }
        bool half = !wide && padded - depth >= 8;
        for (; i < padded - (half ? 16 : 0); i += 16) weighted_6_1(o + i, s, values + i, count, padded);
        if (half) weighted_6_half(o + i, s, values + i, count, padded);
    }
}

INLINE void attend_body(const attention_task *t, bool wide) {
    const attention_work *w = t->work;
    size_t depth = w->depth, padded = w->padded;
    size_t rows = round_up(t->count, 6);
    float scores[6 * BLOCK] __attribute__((aligned(64))), maximum[QUERIES];
    float *q = scratch_of(w);
    float *sums = q + QUERIES * depth, *totals = sums + QUERIES * padded;
    memset(sums, 0, (QUERIES * padded + rows * 16) * sizeof(float));
    float scale = 1.44269504f / sqrtf((float)depth);
    for (size_t r = 0; r < rows; r++) {
        maximum[r] = -INFINITY;
        const float *from = query_at(t, r);
        for (size_t i = 0; i < depth; i++) q[r * depth + i] = from[i] * scale;
    }
    for (size_t j = w->first[t->image]; j < w->first[t->image + 1]; j++) {
        size_t member = w->members[j], tokens = w->segments[member].tokens;
        size_t blocks = (tokens + BLOCK - 1) / BLOCK;
        const float *packed = w->packed + w->packed_at[member] + t->head * blocks * w->block_size;
        for (size_t b = 0; b < blocks; b++) {
            if (w->causal && b * BLOCK >= t->begin + t->count) break;
            size_t count = tokens - b * BLOCK < BLOCK ? tokens - b * BLOCK : BLOCK;
            attend_block(
                t, packed + b * w->block_size, count, b * BLOCK, q, scores, sums, maximum, totals, rows, wide);
        }
    }
    for (size_t r = 0; r < t->count; r++) {
        float *to = (float *)w->out + (t->image * w->tokens + t->begin + r) * w->channels + t->head * depth;
        float total = sum_of(load16(totals + r * 16)), inverse = 1 / total;
        for (size_t i = 0; i < depth; i++) to[i] = sums[r * padded + i] * inverse;
        if (w->logsumexp)
            w->logsumexp[(t->image * w->heads + t->head) * w->tokens + t->begin + r] = maximum[r] * 0.693147181f + logf(total);
    }
}

static void attend_generic(const attention_task *t) { attend_body(t, false); }
#if defined(__x86_64__)
TARGET_AVX2 static void attend_avx2(const attention_task *t) { attend_body(t, false); }
TARGET_AVX512 static void attend_avx512(const attention_task *t) { attend_body(t, true); }
#endif

/// Keys [BLOCK / 16, depth, 16], then values [BLOCK, padded].
static void pack_floats(
    const float *k, const float *v, size_t count, size_t channels, size_t depth, float *packed) {
    size_t padded = round_up(depth, 16);
    float *keys = packed, *values = packed + BLOCK * depth;
    for (size_t i = 0; i < depth; i++) {
        for (size_t token = 0; token < BLOCK; token++)
            keys[(token / 16 * depth + i) * 16 + token % 16] = token < count ? k[token * channels + i] : 0;
    }
    for (size_t token = 0; token < count; token++) {
        memcpy(values + token * padded, v + token * channels, depth * sizeof(float));
        memset(values + token * padded + depth, 0, (padded - depth) * sizeof(float));
    }
}

// Tasks ----------------------------------------------------------------------------------------------

/// out [count, depth] = rows of `channels` bfloat16.
static const float *widened(float *out, const uint16_t *rows, size_t count, size_t channels, size_t depth) {
    for (size_t row = 0; row < count; row++)
        for (size_t i = 0; i < depth; i++) out[row * depth + i] = get_one(rows, row * channels + i, true);
    return out;
}

/// Packs one block of one head of one segment.
static void pack_task(void *pointer, size_t task) {
    const attention_work *w = pointer;
    size_t member = 0;
    while (w->blocks_at[member + 1] * w->heads <= task) member++;
    const ck_segment *s = w->segments + member;
    size_t blocks = w->blocks_at[member + 1] - w->blocks_at[member];
    size_t index = task - w->blocks_at[member] * w->heads, head = index / blocks, b = index % blocks;
    size_t count = s->tokens - b * BLOCK < BLOCK ? s->tokens - b * BLOCK : BLOCK;
    size_t at = b * BLOCK * w->channels + head * w->depth, channels = w->channels;
    const float *keys = (const float *)s->keys + at, *values = (const float *)s->values + at;
    if (s->bfloat16) {
        float *wide = scratch_of(w) + attention_scratch(w->depth, w->padded);
        keys = widened(wide, (const uint16_t *)s->keys + at, count, channels, w->depth);
        values = widened(wide + BLOCK * w->depth, (const uint16_t *)s->values + at, count, channels, w->depth);
        channels = w->depth;
    }
    w->pack(keys, values, count, channels, w->depth, w->packed + w->packed_at[member] + index * w->block_size);
}

static void attend(void *pointer, size_t task) {
    const attention_work *w = pointer;
    size_t block = task % w->query_blocks, begin = block * w->queries_a_task, left = w->tokens - begin;
    attention_task t = {
        .work = w, .image = task / w->query_blocks / w->heads, .head = task / w->query_blocks % w->heads,
        .begin = begin, .count = left < w->queries_a_task ? left : w->queries_a_task};
    w->run(&t);
}

/// Floats that a thread works in.
static size_t scratch_size(size_t depth, size_t padded, const ck_segment *segments, size_t segment_count) {
    bool any = false;
    for (size_t s = 0; s < segment_count; s++) any |= segments[s].bfloat16;
    return attention_scratch(depth, padded) + (any ? 2 * BLOCK * depth : 0);
}

/// Bytes of the tables of offsets, whole vectors.
static size_t offsets_size(size_t segment_count) { return round_up(2 * (segment_count + 1) * sizeof(size_t), 64); }

/// What the products are of: floats in the reference, and where token t sees only keys 0...t; quads only where there is a kernel.
static ck_weights factors_of(const ck_context *context, bool causal, ck_weights factors) {
    if (causal || context->isa == CK_REFERENCE) return CK_FLOATS;
    return factors == CK_QUADS && !ck_attention_multiplies_bytes(context) ? CK_BFLOATS : factors;
}

static size_t block_size(size_t depth, size_t padded, ck_weights factors) {
    return factors == CK_WORDS    ? attention_words_block(depth, padded)
           : factors == CK_FLOATS ? BLOCK * (depth + padded)
           : factors == CK_QUADS  ? attention_bytes_block(depth, padded)
                                  : attention_bfloat16_block(depth, padded);
}

static void choose(attention_work *w, ck_weights factors) {
    ck_isa isa = w->context->isa;
#if defined(__x86_64__)
    if (factors == CK_QUADS) {
        w->queries_a_task = MOST_QUERIES;
        w->run = attend_bytes_avx512;
        w->pack = pack_bytes_avx512;
        return;
    }
#endif
    if (factors == CK_WORDS) {
        w->run = integer_products(isa)->attend;
        w->pack = integer_products(isa)->pack;
        return;
    }
    bool reduced = factors != CK_FLOATS;
    w->run = isa == CK_REFERENCE ? attend_reference : reduced ? attend_bfloat16_portable : attend_generic;
    w->pack = reduced ? pack_bfloat16_portable : pack_floats;
#if defined(__x86_64__)
    if (!reduced) {
        if (isa == CK_AVX2) w->run = attend_avx2;
        if (isa == CK_AVX512) w->run = attend_avx512;
    } else if (isa >= CK_AVX2) {
        bool native = isa == CK_AVX512 && ck_detect_bfloat16();
        if (native && !w->context->tiles) w->queries_a_task = MOST_QUERIES;
        w->run = !native ? attend_bfloat16_avx2 : w->context->tiles ? attend_bfloat16_amx : attend_bfloat16_avx512;
        w->pack = native ? pack_bfloat16_avx512 : pack_bfloat16_avx2;
    }
#endif
}

bool ck_bfloat16_attention_pays(const ck_context *context) {
#if defined(__x86_64__)
    // Intel's vectors of bfloat16 are no faster than those of float32; what is rounded to fill them is lost.
    __builtin_cpu_init();
    return context->isa == CK_AVX512 && ck_detect_bfloat16() && (context->tiles || !__builtin_cpu_is("intel"));
#else
    return false;
#endif
}

bool ck_attention_multiplies_bytes(const ck_context *context) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    return context->isa == CK_AVX512 && ck_detect_int8() && __builtin_cpu_supports("avx512vbmi") && !context->tiles;
#else
    return false;
#endif
}

void ck_attention(
    const ck_context *context, void *out, bool narrow, const float *queries, size_t images, size_t tokens,
    size_t channels, size_t heads, const ck_segment *segments, size_t segment_count, const size_t *first,
    const size_t *members, bool causal, ck_weights factors, float *logsumexp, void *workspace) {
    size_t depth = channels / heads, padded = round_up(depth, 16);
    factors = factors_of(context, causal, factors);
    attention_work w = {
        .context = context, .out = out, .narrow = narrow, .queries = queries, .tokens = tokens, .channels = channels,
        .heads = heads, .depth = depth, .padded = padded, .queries_a_task = QUERIES, .segments = segments, .first = first,
        .members = members, .segment_count = segment_count,
        .block_size = block_size(depth, padded, factors), .causal = causal, .logsumexp = logsumexp};
    choose(&w, factors);
    w.query_blocks = (tokens + w.queries_a_task - 1) / w.queries_a_task;
    size_t tasks = images * heads * w.query_blocks;
    w.scratch = (float *)((char *)workspace + offsets_size(segment_count));
    w.scratch_size = scratch_size(depth, padded, segments, segment_count);
    if (context->isa == CK_REFERENCE) {
        ck_parallel(context, tasks, attend, &w);
        return;
    }
    w.packed_at = (size_t *)workspace;
    w.blocks_at = w.packed_at + segment_count + 1;
    w.packed_at[0] = w.blocks_at[0] = 0;
    for (size_t s = 0; s < segment_count; s++) {
        size_t blocks = (segments[s].tokens + BLOCK - 1) / BLOCK;
        w.blocks_at[s + 1] = w.blocks_at[s] + blocks;
        w.packed_at[s + 1] = w.packed_at[s] + blocks * heads * w.block_size;
    }
    w.packed = w.scratch + (size_t)context->threads * w.scratch_size;
    ck_parallel(context, w.blocks_at[segment_count] * heads, pack_task, &w);
    ck_parallel(context, tasks, attend, &w);
}

size_t ck_attention_workspace(
    const ck_context *context, size_t channels, size_t heads, const ck_segment *segments, size_t segment_count,
    bool causal, ck_weights factors) {
    size_t depth = channels / heads, padded = round_up(depth, 16), blocks = 0;
    for (size_t s = 0; s < segment_count; s++) blocks += (segments[s].tokens + BLOCK - 1) / BLOCK;
    size_t floats = (size_t)context->threads * scratch_size(depth, padded, segments, segment_count) +
                    blocks * heads * block_size(depth, padded, factors_of(context, causal, factors));
    return offsets_size(segment_count) + floats * sizeof(float);
}
