// The gradient of softmax attention, again without ever holding all scores: they are computed anew, block by block,
// from the logarithm of each query's sum that the forward pass kept.
//
// With p = softmax(q kᵀ / √d) and D = dout · out: dv = pᵀ dout; ds = p (dout vᵀ - D); dq = ds k / √d; dk = dsᵀ q / √d.
//
// Images that see a segment in common form a component. A task takes one head of one component: it alone adds to the
// gradients of that head's keys and values, so that no two tasks meet and the order of sums is always the same.
// In it, blocks of BLOCK keys are packed once and meet all queries that see them, QUERIES at a time.
#include "simd.h"

enum { BLOCK = 128, QUERIES = 48, ROWS = 6, SLACK = 64 };

struct backward_task;

typedef struct {
    float *d_queries;
    const float *d_out, *out, *logsumexp, *queries;
    size_t images, tokens, channels, heads, depth, padded;
    const ck_segment *segments;
    const ck_segment_gradient *gradients;
    size_t segment_count;
    const size_t *first, *members;
    bool causal;
    size_t components, largest;  // images of the largest component
    size_t *component_of_image, *component_of_segment, *images_of, *slot_of;
    char *scratch;
    size_t scratch_size;
    void (*run)(const struct backward_task *);
} backward_work;

typedef struct backward_task {
    const backward_work *work;
    size_t component, head;
    float *scratch;
} backward_task;

/// How often an image sees a segment.
static size_t times_seen(const backward_work *w, size_t image, size_t segment) {
    size_t times = 0;
    for (size_t j = w->first[image]; j < w->first[image + 1]; j++) times += w->members[j] == segment;
    return times;
}

// The scalar reference -------------------------------------------------------------------------------

static void backward_reference(const backward_task *t) {
    const backward_work *w = t->work;
    size_t depth = w->depth, channels = w->channels;
    double scale = 1 / sqrt((double)depth);
    for (size_t image = 0; image < w->images; image++) {
        if (w->component_of_image[image] != t->component) continue;
        for (size_t row = 0; row < w->tokens; row++) {
            size_t at = (image * w->tokens + row) * channels + t->head * depth;
            const float *q = w->queries + at, *o = w->out + at, *d = w->d_out + at;
            double level = w->logsumexp[(image * w->heads + t->head) * w->tokens + row], delta = 0;
            for (size_t i = 0; i < depth; i++) {
                delta += (double)o[i] * d[i];
                w->d_queries[at + i] = 0;
            }
            for (size_t j = w->first[image]; j < w->first[image + 1]; j++) {
                const ck_segment *s = w->segments + w->members[j];
                const ck_segment_gradient *g = w->gradients + w->members[j];
                for (size_t token = 0; token < s->tokens && !(w->causal && token > row); token++) {
                    size_t from = token * channels + t->head * depth;
                    const float *k = (const float *)s->keys + from, *v = (const float *)s->values + from;
                    double score = 0, dp = 0;
                    for (size_t i = 0; i < depth; i++) {
                        score += (double)q[i] * k[i];
                        dp += (double)d[i] * v[i];
                    }
                    double p = exp(score * scale - level), ds = p * (dp - delta) * scale;
                    for (size_t i = 0; i < depth; i++) {
                        w->d_queries[at + i] += (float)(ds * k[i]);
                        if (g->keys) g->keys[from + i] += (float)(ds * q[i]);
                        if (g->values) g->values[from + i] += (float)(p * d[i]);
                    }
                }
            }
        }
    }
}

// The vector version ---------------------------------------------------------------------------------

/// out [ROWS, VECTORS * 16] (+)= a b: a's elements are `row` apart down and `step` along, b [depth, VECTORS * 16].
#define PRODUCT(VECTORS)                                                                                  \
    INLINE void product_##VECTORS(                                                                        \
        float *out, size_t out_row, const float *a, size_t row, size_t step, const float *b, size_t b_row, \
        size_t depth, bool adds) {                                                                        \
        f32x16 sum[ROWS][VECTORS];                                                                        \
        _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)                                 \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)                          \
                sum[r][v] = adds ? load16(out + (size_t)r * out_row + 16 * v) : splat(0);                 \
        for (size_t i = 0; i < depth; i++) {                                                              \
            f32x16 x[VECTORS];                                                                            \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)                          \
                x[v] = load16(b + i * b_row + 16 * v);                                                    \
            _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {                           \
                f32x16 y = splat(a[(size_t)r * row + i * step]);                                          \
                _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++) sum[r][v] += y * x[v]; \
            }                                                                                             \
        }                                                                                                 \
        _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)                                 \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)                          \
                store16(out + (size_t)r * out_row + 16 * v, sum[r][v]);                                   \
    }

PRODUCT(4)
PRODUCT(2)
PRODUCT(1)

/// out [rows, width] (+)= a b; rows are whole sixes, the width whole sixteens.
INLINE void product(
    float *out, size_t out_row, const float *a, size_t row, size_t step, const float *b, size_t b_row, size_t rows,
    size_t width, size_t depth, bool adds, bool wide) {
    for (size_t r = 0; r < rows; r += ROWS) {
        size_t c = 0;
        float *to = out + r * out_row;
        const float *from = a + r * row;
        if (wide) {
            for (; c + 64 <= width; c += 64) product_4(to + c, out_row, from, row, step, b + c, b_row, depth, adds);
            for (; c + 32 <= width; c += 32) product_2(to + c, out_row, from, row, step, b + c, b_row, depth, adds);
        }
        for (; c < width; c += 16) product_1(to + c, out_row, from, row, step, b + c, b_row, depth, adds);
    }
}

/// One component's rows, and one block of keys.
typedef struct {
    float *q, *d_out, *dq;    // [rows, padded] each; q is scaled
    float *level, *delta;     // [rows]
    float *keys, *values;     // transposed: [depth, BLOCK]
    float *key_rows;          // [BLOCK, padded]
    float *d_keys, *d_values;  // [BLOCK + ROWS, padded]
    float *p, *ds;            // [QUERIES, BLOCK] and SLACK
} buffers;

static size_t rows_of_image(size_t tokens) { return round_up(tokens, QUERIES); }

static size_t buffer_floats(size_t images, size_t tokens, size_t depth, size_t padded) {
    size_t rows = images * rows_of_image(tokens);
    return 3 * rows * padded + round_up(2 * rows, 16) + 2 * depth * BLOCK + BLOCK * padded +
           2 * (BLOCK + ROWS) * padded + 2 * (QUERIES * BLOCK + SLACK);
}

static buffers cut(const backward_work *w, float *scratch) {
    size_t rows = w->largest * rows_of_image(w->tokens);
    buffers b;
    b.q = scratch;
    b.d_out = b.q + rows * w->padded;
    b.dq = b.d_out + rows * w->padded;
    b.level = b.dq + rows * w->padded;
    b.delta = b.level + rows;
    b.keys = b.level + round_up(2 * rows, 16);
    b.values = b.keys + w->depth * BLOCK;
    b.key_rows = b.values + w->depth * BLOCK;
    b.d_keys = b.key_rows + BLOCK * w->padded;
    b.d_values = b.d_keys + (BLOCK + ROWS) * w->padded;
    b.p = b.d_values + (BLOCK + ROWS) * w->padded;
    b.ds = b.p + QUERIES * BLOCK + SLACK;
    return b;
}

/// Rows of one head of one image, padded with zeros to whole vectors and whole blocks of queries.
INLINE void pack_queries(const backward_work *w, const buffers *b, size_t image, size_t slot, size_t head) {
    size_t depth = w->depth, padded = w->padded, rows = rows_of_image(w->tokens);
    float scale = 1 / sqrtf((float)depth);
    float *q = b->q + slot * rows * padded, *d = b->d_out + slot * rows * padded;
    memset(q, 0, rows * padded * sizeof(float));
    memset(d, 0, rows * padded * sizeof(float));
    memset(b->dq + slot * rows * padded, 0, rows * padded * sizeof(float));
    for (size_t row = 0; row < w->tokens; row++) {
        size_t at = (image * w->tokens + row) * w->channels + head * depth;
        float delta = 0;
        for (size_t i = 0; i < depth; i++) {
            q[row * padded + i] = w->queries[at + i] * scale;
            d[row * padded + i] = w->d_out[at + i];
            delta += w->d_out[at + i] * w->out[at + i];
        }
        b->delta[slot * rows + row] = delta;
        b->level[slot * rows + row] = w->logsumexp[(image * w->heads + head) * w->tokens + row];
    }
}

INLINE void pack_keys(const backward_work *w, const buffers *b, const ck_segment *s, size_t begin, size_t count, size_t head) {
    size_t depth = w->depth, padded = w->padded;
    size_t at = begin * w->channels + head * depth;
    const float *k = (const float *)s->keys + at, *v = (const float *)s->values + at;
    for (size_t i = 0; i < depth; i++) {
        for (size_t token = 0; token < count; token++) {
            b->keys[i * BLOCK + token] = k[token * w->channels + i];
            b->values[i * BLOCK + token] = v[token * w->channels + i];
        }
        for (size_t token = count; token < BLOCK; token++) b->keys[i * BLOCK + token] = b->values[i * BLOCK + token] = 0;
    }
    memset(b->key_rows, 0, BLOCK * padded * sizeof(float));
    for (size_t token = 0; token < count; token++)
        memcpy(b->key_rows + token * padded, k + token * w->channels, depth * sizeof(float));
    memset(b->d_keys, 0, (BLOCK + ROWS) * padded * sizeof(float));
    memset(b->d_values, 0, (BLOCK + ROWS) * padded * sizeof(float));
}

/// One block of queries against one block of keys.
INLINE void meet(
    const backward_work *w, const buffers *b, size_t slot, size_t row, size_t begin, size_t count, bool wide) {
    size_t padded = w->padded, rows = rows_of_image(w->tokens), columns = round_up(count, 16);
    size_t real = w->tokens - row < QUERIES ? w->tokens - row : QUERIES, whole = round_up(real, ROWS);
    size_t at = slot * rows + row;
    const float *q = b->q + at * padded, *d = b->d_out + at * padded;
    // 1. Scores and the gradients of probabilities.
    product(b->p, BLOCK, q, padded, 1, b->keys, BLOCK, whole, columns, w->depth, false, wide);
    product(b->ds, BLOCK, d, padded, 1, b->values, BLOCK, whole, columns, w->depth, false, wide);
    // 2. Probabilities and the gradients of scores; nothing beyond the last key, the last query and the diagonal.
    for (size_t r = 0; r < whole; r++) {
        float *p = b->p + r * BLOCK, *ds = b->ds + r * BLOCK;
        size_t seen = r < real ? count : 0;
        if (w->causal && seen) {
            size_t limit = row + r + 1;
            seen = limit <= begin ? 0 : limit - begin < count ? limit - begin : count;
        }
        f32x16 level = splat(b->level[at + r]), delta = splat(b->delta[at + r]);
        size_t c = 0;
        for (; c < round_up(seen, 16); c += 16) {
            f32x16 x = exp16(load16(p + c) - level);
            store16(p + c, x);
            store16(ds + c, x * (load16(ds + c) - delta));
        }
        for (c = seen; c < columns; c++) p[c] = ds[c] = 0;
    }
    // 3. What they give.
    size_t keys = round_up(count, ROWS);
    product(b->dq + at * padded, padded, b->ds, BLOCK, 1, b->key_rows, padded, whole, padded, count, true, wide);
    product(b->d_keys, padded, b->ds, 1, BLOCK, q, padded, keys, padded, real, true, wide);
    product(b->d_values, padded, b->p, 1, BLOCK, d, padded, keys, padded, real, true, wide);
}

INLINE void backward_body(const backward_task *t, bool wide) {
    const backward_work *w = t->work;
    size_t depth = w->depth, padded = w->padded, rows = rows_of_image(w->tokens);
    buffers b = cut(w, t->scratch);
    for (size_t image = 0; image < w->images; image++)
        if (w->component_of_image[image] == t->component) pack_queries(w, &b, image, w->slot_of[image], t->head);
    for (size_t s = 0; s < w->segment_count; s++) {
        if (w->component_of_segment[s] != t->component) continue;
        const ck_segment *segment = w->segments + s;
        const ck_segment_gradient *gradient = w->gradients + s;
        for (size_t begin = 0; begin < segment->tokens; begin += BLOCK) {
            size_t count = segment->tokens - begin < BLOCK ? segment->tokens - begin : BLOCK;
            pack_keys(w, &b, segment, begin, count, t->head);
            for (size_t image = 0; image < w->images; image++) {
                if (w->component_of_image[image] != t->component) continue;
                for (size_t times = times_seen(w, image, s); times > 0; times--)
                    for (size_t row = 0; row < w->tokens; row += QUERIES) {
                        if (w->causal && row + QUERIES <= begin) continue;
                        meet(w, &b, w->slot_of[image], row, begin, count, wide);
                    }
            }
            for (size_t token = 0; token < count; token++) {
                size_t at = (begin + token) * w->channels + t->head * depth;
                if (gradient->keys)
                    for (size_t i = 0; i < depth; i++) gradient->keys[at + i] += b.d_keys[token * padded + i];
                if (gradient->values)
                    for (size_t i = 0; i < depth; i++) gradient->values[at + i] += b.d_values[token * padded + i];
            }
        }
    }
    float scale = 1 / sqrtf((float)depth);
    for (size_t image = 0; image < w->images; image++) {
        if (w->component_of_image[image] != t->component) continue;
        for (size_t row = 0; row < w->tokens; row++) {
            float *to = w->d_queries + (image * w->tokens + row) * w->channels + t->head * depth;
            const float *from = b.dq + (w->slot_of[image] * rows + row) * padded;
            for (size_t i = 0; i < depth; i++) to[i] = from[i] * scale;
        }
    }
}

static void backward_generic(const backward_task *t) { backward_body(t, false); }
#if defined(__x86_64__)
TARGET_AVX2 static void backward_avx2(const backward_task *t) { backward_body(t, false); }
TARGET_AVX512 static void backward_avx512(const backward_task *t) { backward_body(t, true); }
#endif

// Components -----------------------------------------------------------------------------------------

/// Whether two runs of floats, if they are there, have an element in common.
static bool overlap(const float *a, size_t a_count, const float *b, size_t b_count) {
    return a && b && a < b + b_count && b < a + a_count;
}

static size_t root_of(size_t *parent, size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
}

static void join(size_t *parent, size_t a, size_t b) {
    a = root_of(parent, a);
    b = root_of(parent, b);
    // The smaller index leads, so that components have the order of their first segments.
    if (a < b) parent[b] = a;
    else parent[a] = b;
}

/// Fills the tables from the members and from the memory that gradients share.
static void find_components(backward_work *w) {
    size_t *parent = w->component_of_segment;
    for (size_t s = 0; s < w->segment_count; s++) parent[s] = s;
    for (size_t image = 0; image < w->images; image++)
        for (size_t j = w->first[image] + 1; j < w->first[image + 1]; j++)
            join(parent, w->members[w->first[image]], w->members[j]);
    for (size_t a = 0; a < w->segment_count; a++)
        for (size_t b = a + 1; b < w->segment_count; b++) {
            const ck_segment_gradient *x = w->gradients + a, *y = w->gradients + b;
            size_t m = w->segments[a].tokens * w->channels, n = w->segments[b].tokens * w->channels;
            if (overlap(x->keys, m, y->keys, n) || overlap(x->values, m, y->values, n) ||
                overlap(x->keys, m, y->values, n) || overlap(x->values, m, y->keys, n))
                join(parent, a, b);
        }
    // Numbers for the roots. A parent never has a larger index, so that from the last on nothing is read again.
    w->components = 0;
    for (size_t s = 0; s < w->segment_count; s++)
        if (root_of(parent, s) == s) w->images_of[s] = w->components++;
    for (size_t s = w->segment_count; s-- > 0;) parent[s] = w->images_of[root_of(parent, s)];
    for (size_t c = 0; c < w->segment_count; c++) w->images_of[c] = 0;
    w->largest = 1;
    for (size_t image = 0; image < w->images; image++) {
        size_t c = parent[w->members[w->first[image]]];
        w->component_of_image[image] = c;
        w->slot_of[image] = w->images_of[c]++;
        if (w->images_of[c] > w->largest) w->largest = w->images_of[c];
    }
}

static void backward_one(void *pointer, size_t index) {
    const backward_work *w = pointer;
    backward_task t = {
        .work = w, .component = index / w->heads, .head = index % w->heads,
        .scratch = (float *)(w->scratch + (size_t)ck_thread_index() * w->scratch_size)};
    w->run(&t);
}

static void place_tables(backward_work *w, size_t *tables) {
    w->component_of_image = tables + 2;
    w->slot_of = w->component_of_image + w->images;
    w->component_of_segment = w->slot_of + w->images;
    w->images_of = w->component_of_segment + w->segment_count;
}

size_t ck_attention_backward_tables(size_t images, size_t segment_count) { return 2 + 2 * images + 2 * segment_count; }

size_t ck_attention_backward_workspace(
    const ck_context *context, size_t *tables, const ck_segment_gradient *gradients, size_t images, size_t tokens,
    size_t channels, size_t heads, const ck_segment *segments, size_t segment_count, const size_t *first,
    const size_t *members) {
    size_t depth = channels / heads, threads = context->threads < 1 ? 1 : (size_t)context->threads;
    backward_work w = {
        .images = images, .channels = channels, .segments = segments, .gradients = gradients,
        .segment_count = segment_count, .first = first, .members = members};
    place_tables(&w, tables);
    find_components(&w);
    tables[0] = w.components;
    tables[1] = w.largest;
    return threads * round_up(buffer_floats(w.largest, tokens, depth, round_up(depth, 16)) * sizeof(float), 64);
}

void ck_attention_backward(
    const ck_context *context, float *d_queries, const ck_segment_gradient *gradients, const float *d_out,
    const float *out, const float *logsumexp, const float *queries, size_t images, size_t tokens, size_t channels,
    size_t heads, const ck_segment *segments, size_t segment_count, const size_t *first, const size_t *members,
    bool causal, size_t *tables, void *workspace) {
    size_t depth = channels / heads, padded = round_up(depth, 16);
    backward_work w = {
        .d_queries = d_queries, .d_out = d_out, .out = out, .logsumexp = logsumexp, .queries = queries,
        .images = images, .tokens = tokens, .channels = channels, .heads = heads, .depth = depth, .padded = padded,
        .segments = segments, .gradients = gradients, .segment_count = segment_count, .first = first,
        .members = members, .causal = causal, .components = tables[0], .largest = tables[1], .scratch = workspace,
        .scratch_size = round_up(buffer_floats(tables[1], tokens, depth, padded) * sizeof(float), 64),
        .run = backward_generic};
    place_tables(&w, tables);
    if (context->isa == CK_REFERENCE) w.run = backward_reference;
#if defined(__x86_64__)
    if (context->isa == CK_AVX2) w.run = backward_avx2;
    if (context->isa == CK_AVX512) w.run = backward_avx512;
#endif
    ck_parallel(context, w.components * heads, backward_one, &w);
}
