#include "simd.h"

// How much each key counts in attention: the softmax's weights, summed over the queries.

typedef struct {
    void (*run)(float *, float *, const float *, size_t, size_t, size_t, const ck_segment *, size_t);
    float *sums, *scores;  // [heads, keys]
    const float *queries;
    size_t rows, channels, width, keys;
    const ck_segment *segments;
    size_t segment_count;
} weight_work;

/// One head: sum [keys] = weights summed over the rows. `queries` and keys begin at the head's channels.
static void weights_reference(
    float *sum, float *scores, const float *queries, size_t rows, size_t channels, size_t width,
    const ck_segment *segments, size_t segment_count) {
    const double scale = 1 / sqrt((double)width);
    size_t keys = 0;
    for (size_t s = 0; s < segment_count; s++) keys += segments[s].tokens;
    for (size_t k = 0; k < keys; k++) sum[k] = 0;
    for (size_t row = 0; row < rows; row++) {
        double most = -INFINITY, total = 0;
        size_t at = 0;
        for (size_t s = 0; s < segment_count; s++) {
            for (size_t token = 0; token < segments[s].tokens; token++) {
                double dot = 0;
                for (size_t c = 0; c < width; c++)
                    dot += (double)queries[row * channels + c] * (double)((const float *)segments[s].keys)[token * channels + c];
                scores[at] = (float)(dot * scale);
                if ((double)scores[at] > most) most = (double)scores[at];
                at++;
            }
        }
        for (size_t k = 0; k < keys; k++) total += exp((double)scores[k] - most);
        for (size_t k = 0; k < keys; k++) sum[k] += (float)(exp((double)scores[k] - most) / total);
    }
}

INLINE void weights_body(
    float *sum, float *scores, const float *queries, size_t rows, size_t channels, size_t width,
    const ck_segment *segments, size_t segment_count) {
    const float scale = 1 / sqrtf((float)width);
    size_t keys = 0;
    for (size_t s = 0; s < segment_count; s++) keys += segments[s].tokens;
    memset(sum, 0, keys * sizeof(float));
    for (size_t row = 0; row < rows; row++) {
        const float *query = queries + row * channels;
        float most = -INFINITY;
        size_t at = 0;
        for (size_t s = 0; s < segment_count; s++) {
            for (size_t token = 0; token < segments[s].tokens; token++) {
                const float *key = (const float *)segments[s].keys + token * channels;
                f32x16 dot = splat(0);
                for (size_t c = 0; c < width; c += 16) {
                    size_t n = width - c;
                    f32x16 q = n >= 16 ? load16(query + c) : load_some(query + c, n);
                    f32x16 k = n >= 16 ? load16(key + c) : load_some(key + c, n);
                    dot += q * k;
                }
                float score = sum_of(dot) * scale;
                scores[at++] = score;
                if (score > most) most = score;
            }
        }
        f32x16 total = splat(0);
        for (size_t k = 0; k < keys; k += 16) {
            size_t n = keys - k;
            if (n >= 16) {
                f32x16 e = exp16(load16(scores + k) - splat(most));
                store16(scores + k, e);
                total += e;
            } else {
                f32x16 e = exp16(load_some(scores + k, n) - splat(most));
                store_some(scores + k, e, n);
                total += load_some(scores + k, n);  // no more than n of them
            }
        }
        const f32x16 factor = splat(1 / sum_of(total));
        for (size_t k = 0; k < keys; k += 16) {
            size_t n = keys - k;
            if (n >= 16) store16(sum + k, load16(sum + k) + factor * load16(scores + k));
            else store_some(sum + k, load_some(sum + k, n) + factor * load_some(scores + k, n), n);
        }
    }
}

VERSIONS(
    weights,
    (float *sum, float *scores, const float *queries, size_t rows, size_t channels, size_t width,
     const ck_segment *segments, size_t segment_count),
    (sum, scores, queries, rows, channels, width, segments, segment_count))

enum { MOST_SEGMENTS = 1024 };

static void weights_task(void *pointer, size_t head) {
    weight_work *w = pointer;
    ck_segment segments[MOST_SEGMENTS];
    for (size_t s = 0; s < w->segment_count; s++) {
        segments[s] = w->segments[s];
        segments[s].keys = (const float *)segments[s].keys + head * w->width;
    }
    w->run(
        w->sums + head * w->keys, w->scores + head * w->keys, w->queries + head * w->width, w->rows, w->channels,
        w->width, segments, w->segment_count);
}

size_t ck_attention_weights_workspace(size_t heads, size_t keys) { return 2 * heads * keys; }

void ck_attention_weights(
    const ck_context *context, float *weights, const float *queries, size_t rows, size_t channels, size_t heads,
    const ck_segment *segments, size_t segment_count, float *workspace) {
    size_t keys = 0;
    for (size_t s = 0; s < segment_count; s++) keys += segments[s].tokens;
    weight_work w = {
        .sums = workspace, .scores = workspace + heads * keys, .queries = queries, .rows = rows, .channels = channels,
        .width = channels / heads, .keys = keys, .segments = segments, .segment_count = segment_count};
    weights_run(context->isa, weights_reference, &w.run);
    ck_parallel(context, heads, weights_task, &w);
    for (size_t k = 0; k < keys; k++) {
        float sum = 0;
        for (size_t head = 0; head < heads; head++) sum += workspace[head * keys + k];
        weights[k] = sum / (float)heads;
    }
}
