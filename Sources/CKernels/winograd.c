// Convolutions of 3x3 with stride 1 and padding 1 by minimal filtering (Winograd 1980; Lavin and Gray 2016): a tile of m x m
// outputs is made of one of n x n inputs, n = m + 2, by n² products for each pair of channels where the sum itself has 9m².
// Inputs and weights are taken to n² points, at each of which the tiles are one product of matrices [tiles, channels]
// [channels, outputs]; the outputs are taken back from there. Tiles go by in bands, so that what is between stays in the caches.
// What a tile comes to does not depend on the others.
//
// Tiles of 2 x 2 use the points 0, ±1 and infinity, those of 4 x 4 0, ±5/8, ±3/2 and infinity. These err in float32 about as the
// plain sum does, where the customary 0, ±1, ±2 err 2.5 times as much.
#include "winograd.h"

enum { BAND = 144, TILES_A_TASK = 4 };

// The vector version: transforms of 16 channels, along one line and then along the other ----------------

#define A 0.625f
#define B 1.5f

/// n inputs to n points.
INLINE void input_line(size_t m, const f32x16 *d, f32x16 *v) {
    if (m == 2) {
        v[0] = d[0] - d[2];
        v[1] = d[1] + d[2];
        v[2] = d[2] - d[1];
        v[3] = d[3] - d[1];
        return;
    }
    f32x16 even_a = d[4] - splat(B * B) * d[2], odd_a = splat(A) * (d[3] - splat(B * B) * d[1]);
    f32x16 even_b = d[4] - splat(A * A) * d[2], odd_b = splat(B) * (d[3] - splat(A * A) * d[1]);
    v[0] = splat(A * A * B * B) * d[0] + (d[4] - splat(A * A + B * B) * d[2]);
    v[1] = even_a + odd_a;
    v[2] = even_a - odd_a;
    v[3] = even_b + odd_b;
    v[4] = even_b - odd_b;
    v[5] = splat(A * A * B * B) * d[1] + (d[5] - splat(A * A + B * B) * d[3]);
}

/// Three weights to n points.
INLINE void weight_line(size_t m, const f32x16 *g, f32x16 *u) {
    if (m == 2) {
        f32x16 even = splat(0.5f) * (g[0] + g[2]), odd = splat(0.5f) * g[1];
        u[0] = g[0];
        u[1] = even + odd;
        u[2] = even - odd;
        u[3] = g[2];
        return;
    }
    const float a = 1 / (2 * A * A * (A * A - B * B)), b = 1 / (2 * B * B * (B * B - A * A));
    f32x16 even_a = splat(a) * (g[0] + splat(A * A) * g[2]), odd_a = splat(a * A) * g[1];
    f32x16 even_b = splat(b) * (g[0] + splat(B * B) * g[2]), odd_b = splat(b * B) * g[1];
    u[0] = splat(1 / (A * A * B * B)) * g[0];
    u[1] = even_a + odd_a;
    u[2] = even_a - odd_a;
    u[3] = even_b + odd_b;
    u[4] = even_b - odd_b;
    u[5] = g[2];
}

/// n points to m outputs.
INLINE void output_line(size_t m, const f32x16 *s, f32x16 *y) {
    f32x16 even_a = s[1] + s[2], odd_a = s[1] - s[2];
    if (m == 2) {
        y[0] = s[0] + even_a;
        y[1] = odd_a + s[3];
        return;
    }
    f32x16 even_b = s[3] + s[4], odd_b = s[3] - s[4];
    y[0] = s[0] + even_a + even_b;
    y[1] = splat(A) * odd_a + splat(B) * odd_b;
    y[2] = splat(A * A) * even_a + splat(B * B) * even_b;
    y[3] = splat(A * A * A) * odd_a + splat(B * B * B) * odd_b + s[5];
}

INLINE void input_body(const winograd_work *w, size_t index, size_t m) {
    const size_t n = m + 2;
    float *to = w->inputs + index * w->channels;
    if (index >= w->count) {
        for (size_t point = 0; point < n * n; point++)
            memset(to + point * w->inputs_stride, 0, w->channels * sizeof(float));
        return;
    }
    place p = place_of(w, index);
    const size_t image = p.image * w->height * w->width * w->channels;
    for (size_t c = 0; c < w->channels; c += 16) {
        f32x16 half[POINTS][POINTS], d[POINTS], v[POINTS];
        for (size_t j = 0; j < n; j++) {
            size_t column = p.left + j - 1;  // of the padding it is too large, and so is the row
            for (size_t i = 0; i < n; i++) {
                size_t row = p.top + i - 1;
                bool inside = row < w->height && column < w->width;
                d[i] = inside ? get16(w->x, image + (row * w->width + column) * w->channels + c, w->bfloat16) : splat(0);
            }
            input_line(m, d, v);
            for (size_t i = 0; i < n; i++) half[i][j] = v[i];
        }
        for (size_t i = 0; i < n; i++) {
            input_line(m, half[i], v);
            for (size_t j = 0; j < n; j++) store16(to + (i * n + j) * w->inputs_stride + c, v[j]);
        }
    }
}

INLINE void output_body(const winograd_work *w, size_t index, size_t m) {
    const size_t n = m + 2;
    const float *from = w->sums + index * w->outputs;
    place p = place_of(w, index);
    for (size_t k = 0; k < w->outputs; k += 16) {
        f32x16 half[OUTPUTS][POINTS], s[POINTS], y[OUTPUTS], bias = w->bias ? load16(w->bias + k) : splat(0);
        for (size_t j = 0; j < n; j++) {
            for (size_t i = 0; i < n; i++) s[i] = load16(from + (i * n + j) * w->sums_stride + k);
            output_line(m, s, y);
            for (size_t i = 0; i < m; i++) half[i][j] = y[i];
        }
        for (size_t i = 0; i < m && p.top + i < w->height; i++) {
            output_line(m, half[i], y);
            for (size_t j = 0; j < m && p.left + j < w->width; j++) {
                size_t at = ((p.image * w->height + p.top + i) * w->width + p.left + j) * w->outputs + k;
                y[j] += bias;
                if (w->residual) y[j] += load16(w->residual + at);
                store16(w->out + at, y[j]);
            }
        }
    }
}

/// A tile's inputs at all points to words.
INLINE void round_body(const winograd_work *w, size_t index) {
    for (size_t point = 0; point < (w->tile + 2) * (w->tile + 2); point++) {
        float *row = inputs_at(w, point, index);
        float scale = magnitude_of(row, w->channels) / X_BOUND_WORDS;
        w->input_scales[point * w->rows + index] = scale;
        round_to(row, true, row, w->channels, inverse_of(scale), 0);
    }
}

/// At one point some panels of 16 outputs, of all tiles.
INLINE void multiply_floats(const winograd_work *w, size_t point, size_t panel, size_t end, bool wide) {
    size_t depth = w->channels, panels = w->outputs / 16;
    const float *a = inputs_at(w, point, 0);
    float *sums = w->sums + point * w->sums_stride;
    for (size_t step = 1; panel < end; panel += step) {
        const float *b = (const float *)w->weights + (point * panels + panel) * depth * 16;
        float *out = sums + panel * 16;
        step = wide && panel + 4 <= end ? 4 : 1;
        for (size_t row = 0; row < w->rows; row += PRODUCT_ROWS)
            if (step == 4)
                product_4(out + row * w->outputs, w->outputs, a + row * depth, depth, b, 16, depth * 16);
            else
                product_1(out + row * w->outputs, w->outputs, a + row * depth, depth, b, 16, 0);
    }
}

INLINE void multiply_words(const winograd_work *w, size_t point, size_t panel, size_t end, bool wide) {
    size_t depth = w->channels, panels = w->outputs / 16;
    for (int step = 1; panel < end; panel += (size_t)step) {
        const int16_t *b = (const int16_t *)w->weights + (point * panels + panel) * depth * 16;
        const float *weight_scales = w->weight_scales + point * w->outputs + panel * 16;
        step = wide && panel + MOST_VECTORS <= end ? MOST_VECTORS : 1;
        for (size_t row = 0; row < w->rows; row += PRODUCT_ROWS) {
            const void *rows[PRODUCT_ROWS];
            float sums[PRODUCT_ROWS * MOST_VECTORS * 16] __attribute__((aligned(64))) = {0};
            for (size_t r = 0; r < PRODUCT_ROWS; r++) rows[r] = inputs_at(w, point, row + r);
            w->accumulate(sums, rows, depth, b, depth * 16, CK_WORDS, step);
            for (size_t r = 0; r < PRODUCT_ROWS; r++) {
                f32x16 scale = splat(w->input_scales[point * w->rows + row + r]);
                float *out = w->sums + point * w->sums_stride + (row + r) * w->outputs + panel * 16;
                for (int v = 0; v < step; v++)
                    store16(out + v * 16, load16(sums + (r * (size_t)step + (size_t)v) * 16) * (scale * load16(weight_scales + v * 16)));
            }
        }
    }
}

INLINE void multiply_body(const winograd_work *w, size_t task, bool wide) {
    size_t groups = panel_groups(w), first = task % groups * PANELS_A_TASK, panels = w->outputs / 16;
    size_t end = first + PANELS_A_TASK < panels ? first + PANELS_A_TASK : panels;
    if (w->type == CK_FLOATS)
        multiply_floats(w, task / groups, first, end, wide);
    else
        multiply_words(w, task / groups, first, end, wide);
}

INLINE void pack_body(const pack_work *w, size_t panel, float *out, size_t stride, size_t m) {
    const size_t n = m + 2;
    for (size_t c = 0; c < w->channels; c++) {
        f32x16 half[POINTS][3], g[3], u[POINTS];
        for (size_t j = 0; j < 3; j++) {
            for (size_t i = 0; i < 3; i++)
                for (size_t lane = 0; lane < 16; lane++)
                    g[i][lane] = w->weights[((panel * 16 + lane) * w->channels + c) * 9 + i * 3 + j];
            weight_line(m, g, u);
            for (size_t i = 0; i < n; i++) half[i][j] = u[i];
        }
        for (size_t i = 0; i < n; i++) {
            weight_line(m, half[i], u);
            for (size_t j = 0; j < n; j++) store16(out + (i * n + j) * stride + c * 16, u[j]);
        }
    }
}

// Each processor's, with the size of a tile known at compile time.

#define VERSION(NAME, TARGET, WIDE)                                                                                      \
    TARGET static void input_2_##NAME(const winograd_work *w, size_t i) { input_body(w, i, 2); }                         \
    TARGET static void input_4_##NAME(const winograd_work *w, size_t i) { input_body(w, i, 4); }                         \
    TARGET static void output_2_##NAME(const winograd_work *w, size_t i) { output_body(w, i, 2); }                       \
    TARGET static void output_4_##NAME(const winograd_work *w, size_t i) { output_body(w, i, 4); }                       \
    TARGET static void round_##NAME(const winograd_work *w, size_t i) { round_body(w, i); }                              \
    TARGET static void multiply_##NAME(const winograd_work *w, size_t task) { multiply_body(w, task, WIDE); }            \
    TARGET static void pack_2_##NAME(const pack_work *w, size_t panel, float *out, size_t stride) {                      \
        pack_body(w, panel, out, stride, 2);                                                                             \
    }                                                                                                                    \
    TARGET static void pack_4_##NAME(const pack_work *w, size_t panel, float *out, size_t stride) {                      \
        pack_body(w, panel, out, stride, 4);                                                                             \
    }                                                                                                                    \
    static const winograd_version NAME = {                                                                               \
        {input_2_##NAME, input_4_##NAME}, round_##NAME, {output_2_##NAME, output_4_##NAME}, multiply_##NAME,                           \
        {pack_2_##NAME, pack_4_##NAME}};

VERSION(generic, , false)
#if defined(__x86_64__)
VERSION(avx2, TARGET_AVX2, false)
VERSION(avx512, TARGET_AVX512, true)
#endif

static const winograd_version *version_of(const ck_context *context) {
    if (context->isa == CK_REFERENCE) return &winograd_reference;
#if defined(__x86_64__)
    if (context->isa == CK_AVX512) return &avx512;
    if (context->isa == CK_AVX2) return &avx2;
#endif
    return &generic;
}

// Tasks ---------------------------------------------------------------------------------------------

static void input_task(void *pointer, size_t task) {
    const winograd_work *w = pointer;
    for (size_t i = task * TILES_A_TASK; i < w->rows && i < (task + 1) * TILES_A_TASK; i++) {
        w->input(w, i);
        if (w->type == CK_WORDS) w->round(w, i);
    }
}

static void multiply_task(void *pointer, size_t task) {
    const winograd_work *w = pointer;
    w->multiply(w, task);
}

static void output_task(void *pointer, size_t task) {
    const winograd_work *w = pointer;
    for (size_t i = task * TILES_A_TASK; i < w->count && i < (task + 1) * TILES_A_TASK; i++) w->output(w, i);
}

/// Tiles along an extent.
static size_t tiles_along(size_t extent, size_t m) { return (extent + m - 1) / m; }

/// Tiles of a band, in whole blocks of rows.
static size_t band_of(size_t tiles) {
    size_t bands = (tiles + BAND - 1) / BAND;
    return round_up((tiles + bands - 1) / bands, PRODUCT_ROWS);
}

/// From point to point. Never a multiple of a page, or all points' rows would compete for the same lines of the cache.
static size_t stride_of(size_t band, size_t channels) { return round_up(band * channels, 1024) + 80; }

size_t ck_winograd_workspace(const ck_convolution *shape, size_t m) {
    size_t band = band_of(shape->images * tiles_along(shape->height, m) * tiles_along(shape->width, m));
    return (m + 2) * (m + 2) * (stride_of(band, shape->channels) + stride_of(band, shape->outputs) + band);
}

/// Bytes of the weights; behind them lie the scales of words.
static size_t weights_size(size_t channels, size_t outputs, size_t m, ck_weights type) {
    return (m + 2) * (m + 2) * channels * outputs * size_of_weight(type);
}

size_t ck_winograd_packed_size(const ck_convolution *shape, size_t m, ck_weights type) {
    size_t scales = type == CK_WORDS ? (m + 2) * (m + 2) * shape->outputs * sizeof(float) : 0;
    return weights_size(shape->channels, shape->outputs, m, type) + scales;
}

void ck_winograd(
    const ck_context *context, float *out, const ck_convolution *shape, size_t m, const void *x, bool bfloat16,
    const void *packed, ck_weights type, const float *bias, const float *residual, float *workspace) {
    const size_t n = m + 2, which = m == 2 ? 0 : 1;
    const winograd_version *version = version_of(context);
    winograd_work w = {
        .out = out, .x = x, .bfloat16 = bfloat16, .weights = packed, .type = type, .bias = bias, .residual = residual,
        .height = shape->height, .width = shape->width, .channels = shape->channels, .outputs = shape->outputs, .tile = m,
        .columns = tiles_along(shape->width, m), .input = version->input[which], .round = version->round,
        .multiply = version->multiply, .output = version->output[which],
        .weight_scales = (const float *)((const char *)packed + weights_size(shape->channels, shape->outputs, m, type)),
        .accumulate = integer_products(context->isa)->accumulate};
    w.tiles_of_image = tiles_along(shape->height, m) * w.columns;
    size_t tiles = shape->images * w.tiles_of_image, band = band_of(tiles);
    w.inputs_stride = stride_of(band, w.channels);
    w.sums_stride = stride_of(band, w.outputs);
    w.inputs = workspace;
    w.sums = workspace + n * n * w.inputs_stride;
    w.input_scales = w.sums + n * n * w.sums_stride;
    for (; w.begin < tiles; w.begin += band) {
        w.count = tiles - w.begin < band ? tiles - w.begin : band;
        w.rows = round_up(w.count, PRODUCT_ROWS);
        ck_parallel(context, (w.rows + TILES_A_TASK - 1) / TILES_A_TASK, input_task, &w);
        ck_parallel(context, n * n * panel_groups(&w), multiply_task, &w);
        ck_parallel(context, (w.count + TILES_A_TASK - 1) / TILES_A_TASK, output_task, &w);
    }
}

/// A panel's weights at a point [channels, 16] to words [channels / 2, 16, 2] and a scale for each output.
static void round_weights(int16_t *out, float *scales, const float *weights, size_t channels) {
    for (size_t lane = 0; lane < 16; lane++) {
        float largest = 0, strange = 0;
        for (size_t c = 0; c < channels; c++) {
            largest = fmaxf(largest, fabsf(weights[c * 16 + lane]));
            strange += weights[c * 16 + lane] - weights[c * 16 + lane];
        }
        scales[lane] = (largest + strange) / CK_WORD_BOUND;
        float inverse = inverse_of(scales[lane]);
        for (size_t c = 0; c < channels; c++)
            out[(c / 2 * 16 + lane) * 2 + c % 2] = word_of(weights[c * 16 + lane] * inverse);
    }
}

static void pack_task(void *pointer, size_t panel) {
    const pack_work *w = pointer;
    size_t points = (w->tile + 2) * (w->tile + 2), panels = w->outputs / 16, size = w->channels * 16;
    if (w->type == CK_FLOATS) return w->run(w, panel, (float *)w->packed + panel * size, panels * size);
    float *some = w->scratch + (size_t)ck_thread_index() * points * size;
    w->run(w, panel, some, size);
    for (size_t point = 0; point < points; point++)
        round_weights(
            (int16_t *)w->packed + (point * panels + panel) * size, w->scales + point * w->outputs + panel * 16,
            some + point * size, w->channels);
}

size_t ck_winograd_pack_workspace(const ck_context *context, const ck_convolution *shape, size_t m, ck_weights type) {
    return type == CK_FLOATS ? 0 : (size_t)context->threads * (m + 2) * (m + 2) * shape->channels * 16;
}

void ck_winograd_pack(
    const ck_context *context, void *packed, ck_weights type, const ck_convolution *shape, size_t m, const float *weights,
    float *workspace) {
    pack_work w = {
        .packed = packed, .scales = (float *)((char *)packed + weights_size(shape->channels, shape->outputs, m, type)),
        .scratch = workspace, .type = type, .weights = weights, .outputs = shape->outputs, .channels = shape->channels,
        .tile = m, .run = version_of(context)->pack[m == 2 ? 0 : 1]};
    ck_parallel(context, shape->outputs / 16, pack_task, &w);
}
