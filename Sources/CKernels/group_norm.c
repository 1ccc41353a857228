// Group normalisation, NHWC, with an optional per-channel offset before and an activation after.
//
// Statistics: each channel is summed relative to its first pixel (the pivot), over short runs of rows that stay in
// the first-level cache: their mean in float32, then their squares about that mean in float32; runs, and then the
// channels of a group, are merged in float64. The result is taken relative to the mean, too. So neither a mean far
// larger than the deviation nor an odd first pixel costs precision, and memory is read twice and written once.
#include "simd.h"
#include <stdlib.h>

enum { RUN = 32 };  // rows in a run

typedef struct {
    void (*sum)(double *, const float *, const float *, size_t, size_t);
    void (*apply)(void *, const float *, const float *, size_t, size_t, ck_activation, bool);
    void *out;  // bfloat16 if narrow
    const float *x;
    size_t pixels, channels, step, tasks;
    double *sums;         // [tasks, 2, channels]
    const float *affine;  // [3, channels]: centre, scale, shift
    ck_activation activation;
    bool narrow;
} norm_work;

static float finish_one(float y, ck_activation activation) {
    if (activation == CK_SILU) return y / (1 + expf(-y));
    if (activation == CK_RELU) return y < 0 ? 0 : y;
    return y;
}

static void sum_reference(double *sums, const float *x, const float *pivot, size_t rows, size_t channels) {
    for (size_t c = 0; c < channels; c++) {
        double sum = 0, squares = 0;
        for (size_t row = 0; row < rows; row++) {
            double d = (double)x[row * channels + c] - pivot[c];
            sum += d;
            squares += d * d;
        }
        sums[c] = sum;
        sums[channels + c] = squares;
    }
}

static void apply_reference(
    void *out, const float *x, const float *affine, size_t rows, size_t channels, ck_activation activation,
    bool narrow) {
    for (size_t row = 0; row < rows; row++)
        for (size_t c = 0; c < channels; c++) {
            size_t at = row * channels + c;
            float y = (x[at] - affine[c]) * affine[channels + c] + affine[2 * channels + c];
            put_one(out, at, finish_one(y, activation), narrow);
        }
}

/// Adds one run of rows of up to 16 channels to their sums and, `apart` further on, sums of squares.
INLINE void sum_run_of(
    double *sums, const float *x, const float *pivot, size_t rows, size_t channels, size_t lanes, size_t apart) {
    f32x16 k = lanes == 16 ? load16(pivot) : load_some(pivot, lanes), sum = splat(0), squares = splat(0);
    for (size_t row = 0; row < rows; row++)
        sum += (lanes == 16 ? load16(x + row * channels) : load_some(x + row * channels, lanes)) - k;
    f32x16 mean = sum * splat(1 / (float)rows);
    for (size_t row = 0; row < rows; row++) {
        f32x16 d = (lanes == 16 ? load16(x + row * channels) : load_some(x + row * channels, lanes)) - k - mean;
        squares += d * d;
    }
    for (size_t i = 0; i < lanes; i++) {
        double s = sum[i], m = mean[i];
        sums[i] += s;
        sums[apart + i] += (double)squares[i] + m * (2 * s - (double)rows * m);
    }
}

INLINE void sum_body(double *sums, const float *x, const float *pivot, size_t rows, size_t channels) {
    memset(sums, 0, 2 * channels * sizeof(double));
    for (size_t begin = 0; begin < rows; begin += RUN, x += RUN * channels) {
        size_t count = rows - begin < RUN ? rows - begin : RUN, c = 0;
        for (; c + 16 <= channels; c += 16) sum_run_of(sums + c, x + c, pivot + c, count, channels, 16, channels);
        if (c < channels) sum_run_of(sums + c, x + c, pivot + c, count, channels, channels - c, channels);
    }
}

INLINE f32x16 finish16(f32x16 y, ck_activation activation) {
    if (activation == CK_SILU) return silu16(y);
    if (activation == CK_RELU) return max16(splat(0), y);
    return y;
}

INLINE void apply_with(
    void *out, const float *x, const float *affine, size_t rows, size_t channels, ck_activation activation,
    bool narrow) {
    const float *scale = affine + channels, *shift = affine + 2 * channels;
    for (size_t row = 0; row < rows; row++, x += channels) {
        size_t c = 0, at = row * channels;
        for (; c + 16 <= channels; c += 16) {
            f32x16 y = (load16(x + c) - load16(affine + c)) * load16(scale + c) + load16(shift + c);
            put16(out, at + c, finish16(y, activation), narrow);
        }
        if (c < channels) {
            size_t n = channels - c;
            f32x16 y = (load_some(x + c, n) - load_some(affine + c, n)) * load_some(scale + c, n) +
                       load_some(shift + c, n);
            put_some(out, at + c, finish16(y, activation), n, narrow);
        }
    }
}

INLINE void apply_body(
    void *out, const float *x, const float *affine, size_t rows, size_t channels, ck_activation activation,
    bool narrow) {
    if (activation == CK_SILU && narrow)
        apply_with(out, x, affine, rows, channels, CK_SILU, true);
    else if (activation == CK_SILU)
        apply_with(out, x, affine, rows, channels, CK_SILU, false);
    else
        apply_with(out, x, affine, rows, channels, activation, narrow);
}

VERSIONS(sum, (double *sums, const float *x, const float *pivot, size_t rows, size_t channels),
         (sums, x, pivot, rows, channels))
VERSIONS(
    apply,
    (void *out, const float *x, const float *affine, size_t rows, size_t channels, ck_activation activation,
     bool narrow),
    (out, x, affine, rows, channels, activation, narrow))

static size_t task_rows(const norm_work *w, size_t task, size_t *begin) {
    *begin = task * w->step;
    return w->pixels - *begin < w->step ? w->pixels - *begin : w->step;
}

static void sum_task(void *pointer, size_t task) {
    norm_work *w = pointer;
    size_t begin, rows = task_rows(w, task, &begin);
    w->sum(w->sums + task * 2 * w->channels, w->x + begin * w->channels, w->x, rows, w->channels);
}

static void apply_task(void *pointer, size_t task) {
    norm_work *w = pointer;
    size_t begin, rows = task_rows(w, task, &begin);
    w->apply(
        element(w->out, begin * w->channels, w->narrow), w->x + begin * w->channels, w->affine, rows, w->channels,
        w->activation, w->narrow);
}

enum { MAXIMUM_TASKS = 64 };

size_t ck_group_norm_workspace(size_t channels) {
    return MAXIMUM_TASKS * 2 * channels + (3 * channels + 1) / 2;
}

void ck_group_norm(
    const ck_context *context, void *out, bool bfloat16, const float *x, const float *offset, size_t images,
    size_t pixels, size_t channels, size_t groups, const float *weight, const float *bias, float epsilon,
    ck_activation activation, double *workspace) {
    size_t size = channels / groups;
    float *affine = (float *)(workspace + MAXIMUM_TASKS * 2 * channels);
    norm_work w = {.pixels = pixels, .channels = channels, .sums = workspace, .affine = affine,
                   .activation = activation, .narrow = bfloat16};
    sum_run(context->isa, sum_reference, &w.sum);
    apply_run(context->isa, apply_reference, &w.apply);
    // The split does not depend on the number of threads, so neither does the result.
    w.step = 16384 / channels + 1;
    if (w.step < (pixels + MAXIMUM_TASKS - 1) / MAXIMUM_TASKS) w.step = (pixels + MAXIMUM_TASKS - 1) / MAXIMUM_TASKS;
    w.tasks = (pixels + w.step - 1) / w.step;

    for (size_t image = 0; image < images; image++) {
        w.x = x + image * pixels * channels;
        w.out = element(out, image * pixels * channels, bfloat16);
        const float *plus = offset ? offset + image * channels : NULL;
        ck_parallel(context, w.tasks, sum_task, &w);
        for (size_t group = 0; group < groups; group++) {
            double n = (double)pixels, mean = 0, squares = 0;
            for (size_t c = group * size; c < (group + 1) * size; c++) {
                double sum = 0, sum_squares = 0;
                for (size_t task = 0; task < w.tasks; task++) {
                    sum += workspace[task * 2 * channels + c];
                    sum_squares += workspace[task * 2 * channels + channels + c];
                }
                workspace[c] = (double)w.x[c] + (plus ? (double)plus[c] : 0) + sum / n;  // the channel's mean
                squares += sum_squares - sum * sum / n;
                mean += workspace[c] / (double)size;
            }
            for (size_t c = group * size; c < (group + 1) * size; c++)
                squares += n * (workspace[c] - mean) * (workspace[c] - mean);
            double scale = 1 / sqrt(squares / (n * (double)size) + (double)epsilon);
            for (size_t c = group * size; c < (group + 1) * size; c++) {
                double centre = mean - (plus ? (double)plus[c] : 0), a = scale * (double)weight[c];
                affine[c] = (float)centre;
                affine[channels + c] = (float)a;
                affine[2 * channels + c] = (float)((double)bias[c] + a * ((double)affine[c] - centre));
            }
        }
        ck_parallel(context, w.tasks, apply_task, &w);
    }
}

// Backward -------------------------------------------------------------------------------------------
//
// With n = (x + offset - mean) / deviation, y = n * weight + bias and d = dout * activation'(y), the gradient of x is
// (weight d - mean(weight d) - n mean(weight d n)) / deviation, means over the group. A task takes some whole groups
// of one image: statistics first, then d (kept where dx will be) with its sums, then dx.

enum { BLOCK_CHANNELS = 32 };  // channels of a task, at least: two lines of the cache

struct group_backward_task;

typedef struct {
    void (*run)(const struct group_backward_task *);
    float *dx, *d_offset;
    const float *dy, *x, *offset, *weight, *bias;
    size_t pixels, channels, size, groups, per_block, blocks;
    float epsilon;
    ck_activation activation;
    double *sums;  // [images, 2, channels]: sums of d and of d * n
} group_backward_work;

typedef struct group_backward_task {
    const group_backward_work *work;
    size_t image, first, count;  // channels
} group_backward_task;

static float slope_of(float y, ck_activation activation) {
    if (activation == CK_SILU) {
        double s = 1 / (1 + exp(-(double)y));
        return (float)(s * (1 + y * (1 - s)));
    }
    if (activation == CK_RELU) return y > 0 ? 1 : 0;
    return 1;
}

static void group_backward_reference(const group_backward_task *t) {
    const group_backward_work *w = t->work;
    size_t at = t->image * w->pixels * w->channels;
    const float *x = w->x + at, *dy = w->dy + at, *offset = w->offset ? w->offset + t->image * w->channels : NULL;
    double *sums = w->sums + t->image * 2 * w->channels;
    float *dx = w->dx + at;
    for (size_t first = t->first; first < t->first + t->count; first += w->size) {
        double mean = 0, squares = 0, m1 = 0, m2 = 0, count = (double)(w->pixels * w->size);
        for (size_t pass = 0; pass < 2; pass++) {
            for (size_t p = 0; p < w->pixels; p++)
                for (size_t c = first; c < first + w->size; c++) {
                    double value = (double)x[p * w->channels + c] + (offset ? (double)offset[c] : 0);
                    if (pass) squares += (value - mean) * (value - mean);
                    else mean += value / count;
                }
        }
        double scale = 1 / sqrt(squares / count + (double)w->epsilon);
        for (size_t c = first; c < first + w->size; c++) {
            double sum = 0, sum_n = 0;
            for (size_t p = 0; p < w->pixels; p++) {
                size_t i = p * w->channels + c;
                double n = ((double)x[i] + (offset ? (double)offset[c] : 0) - mean) * scale;
                double d = (double)dy[i] * (double)slope_of((float)(n * w->weight[c] + w->bias[c]), w->activation);
                sum += d;
                sum_n += d * n;
            }
            sums[c] = sum;
            sums[w->channels + c] = sum_n;
            m1 += w->weight[c] * sum / count;
            m2 += w->weight[c] * sum_n / count;
        }
        for (size_t c = first; c < first + w->size; c++) {
            double total = 0;
            for (size_t p = 0; p < w->pixels; p++) {
                size_t i = p * w->channels + c;
                double n = ((double)x[i] + (offset ? (double)offset[c] : 0) - mean) * scale;
                double d = (double)dy[i] * (double)slope_of((float)(n * w->weight[c] + w->bias[c]), w->activation);
                double g = scale * (w->weight[c] * d - m1 - n * m2);
                dx[i] = (float)g;
                total += g;
            }
            if (w->d_offset) w->d_offset[t->image * w->channels + c] = (float)total;
        }
    }
}

INLINE f32x16 load_lanes(const float *p, size_t lanes) { return lanes == 16 ? load16(p) : load_some(p, lanes); }
INLINE void store_lanes(float *p, f32x16 v, size_t lanes) {
    if (lanes == 16) store16(p, v);
    else store_some(p, v, lanes);
}

/// d of up to 16 channels into dx; adds to their sums of d, of d * n and of n.
INLINE void group_slopes_of(
    float *dx, const float *dy, const float *x, const float *affine, double *sums, size_t pixels, size_t channels,
    size_t lanes, ck_activation activation) {
    f32x16 centre = load16(affine), scale = load16(affine + 16), shift = load16(affine + 32);
    f32x16 weight = load16(affine + 48), bias = load16(affine + 64);
    for (size_t begin = 0; begin < pixels; begin += RUN) {
        size_t end = begin + RUN < pixels ? begin + RUN : pixels;
        f32x16 sum = splat(0), sum_n = splat(0), total = splat(0);
        for (size_t p = begin; p < end; p++) {
            f32x16 n = (load_lanes(x + p * channels, lanes) - centre) * scale + shift;
            f32x16 d = load_lanes(dy + p * channels, lanes);
            f32x16 y = n * weight + bias;
            if (activation == CK_SILU) d *= silu_slope16(y);
            if (activation == CK_RELU) d = select16(y > splat(0), d, splat(0));
            store_lanes(dx + p * channels, d, lanes);
            sum += d;
            sum_n += d * n;
            total += n;
        }
        for (size_t i = 0; i < lanes; i++) {
            sums[i] += (double)sum[i];
            sums[16 + i] += (double)sum_n[i];
            sums[32 + i] += (double)total[i];
        }
    }
}

INLINE void group_gradient_of(
    float *dx, const float *x, const float *affine, size_t pixels, size_t channels, size_t lanes) {
    f32x16 centre = load16(affine), scale = load16(affine + 16), shift = load16(affine + 32);
    f32x16 weight = load16(affine + 48), m1 = load16(affine + 80), m2 = load16(affine + 96);
    for (size_t p = 0; p < pixels; p++, x += channels, dx += channels) {
        f32x16 n = (load_lanes(x, lanes) - centre) * scale + shift;
        store_lanes(dx, scale * (weight * load_lanes(dx, lanes) - m1 - n * m2), lanes);
    }
}

/// A task's channels by sixteens; a group may lie across several of them.
INLINE void group_backward_body(const group_backward_task *t) {
    const group_backward_work *w = t->work;
    enum { VECTORS_AT_ONCE = 4 };
    size_t at = t->image * w->pixels * w->channels, vectors = (t->count + 15) / 16;
    const float *x = w->x + at + t->first, *dy = w->dy + at + t->first;
    float *dx = w->dx + at + t->first;
    const float *offset = w->offset ? w->offset + t->image * w->channels + t->first : NULL;
    // Per sixteen channels: centre, scale, shift, weight, bias, m1, m2.
    float affine_space[VECTORS_AT_ONCE * 112], *affine = affine_space;
    double sums_space[VECTORS_AT_ONCE * 48], *sums = sums_space;
    if (vectors > VECTORS_AT_ONCE) {
        affine = malloc(vectors * 112 * sizeof(float));
        sums = malloc(vectors * 48 * sizeof(double));
        if (!affine || !sums) abort();
    }
    memset(affine, 0, vectors * 112 * sizeof(float));
    memset(sums, 0, vectors * 48 * sizeof(double));
    // 1. Statistics, as the forward pass takes them.
    for (size_t v = 0; v < vectors; v++) {
        size_t lanes = t->count - 16 * v < 16 ? t->count - 16 * v : 16;
        for (size_t begin = 0; begin < w->pixels; begin += RUN) {
            size_t rows = w->pixels - begin < RUN ? w->pixels - begin : RUN;
            sum_run_of(
                sums + 48 * v, x + begin * w->channels + 16 * v, x + 16 * v, rows, w->channels, lanes, 16);
        }
    }
    double n = (double)w->pixels, count = n * (double)w->size;
    for (size_t first = 0; first < t->count; first += w->size) {
        double mean = 0, squares = 0;
        for (size_t c = first; c < first + w->size; c++) {
            double *s = sums + c / 16 * 48 + c % 16, sum = s[0];
            s[32] = (double)x[c] + (offset ? (double)offset[c] : 0) + sum / n;  // the channel's mean
            squares += s[16] - sum * sum / n;
            mean += s[32] / (double)w->size;
        }
        for (size_t c = first; c < first + w->size; c++) {
            double d = sums[c / 16 * 48 + c % 16 + 32] - mean;
            squares += n * d * d;
        }
        double scale = 1 / sqrt(squares / count + (double)w->epsilon);
        for (size_t c = first; c < first + w->size; c++) {
            float *a = affine + c / 16 * 112 + c % 16;
            a[0] = (float)(mean - (offset ? (double)offset[c] : 0));
            a[16] = (float)scale;
            // What rounding the centre left out.
            a[32] = (float)(((double)a[0] - (mean - (offset ? (double)offset[c] : 0))) * scale);
            a[48] = w->weight[t->first + c];
            a[64] = w->bias[t->first + c];
        }
    }
    // 2. d and its sums.
    memset(sums, 0, vectors * 48 * sizeof(double));
    for (size_t v = 0; v < vectors; v++) {
        size_t lanes = t->count - 16 * v < 16 ? t->count - 16 * v : 16, c = 16 * v;
        if (lanes == 16 && w->activation == CK_SILU)
            group_slopes_of(dx + c, dy + c, x + c, affine + 112 * v, sums + 48 * v, w->pixels, w->channels, 16, CK_SILU);
        else
            group_slopes_of(
                dx + c, dy + c, x + c, affine + 112 * v, sums + 48 * v, w->pixels, w->channels, lanes, w->activation);
    }
    double *kept = w->sums + t->image * 2 * w->channels + t->first;
    for (size_t first = 0; first < t->count; first += w->size) {
        double m1 = 0, m2 = 0;
        for (size_t c = first; c < first + w->size; c++) {
            double *s = sums + c / 16 * 48 + c % 16, weight = w->weight[t->first + c];
            kept[c] = s[0];
            kept[w->channels + c] = s[16];
            m1 += weight * s[0] / count;
            m2 += weight * s[16] / count;
        }
        for (size_t c = first; c < first + w->size; c++) {
            double *s = sums + c / 16 * 48 + c % 16;
            float *a = affine + c / 16 * 112 + c % 16;
            a[80] = (float)m1;
            a[96] = (float)m2;
            if (w->d_offset)
                w->d_offset[t->image * w->channels + t->first + c] =
                    (float)((double)a[16] * ((double)a[48] * s[0] - n * m1 - m2 * s[32]));
        }
    }
    // 3. dx.
    for (size_t v = 0; v < vectors; v++) {
        size_t lanes = t->count - 16 * v < 16 ? t->count - 16 * v : 16, c = 16 * v;
        if (lanes == 16) group_gradient_of(dx + c, x + c, affine + 112 * v, w->pixels, w->channels, 16);
        else group_gradient_of(dx + c, x + c, affine + 112 * v, w->pixels, w->channels, lanes);
    }
    if (affine != affine_space) free(affine);
    if (sums != sums_space) free(sums);
}

VERSIONS(group_backward, (const group_backward_task *t), (t))

static void group_backward(void *pointer, size_t index) {
    const group_backward_work *w = pointer;
    size_t first = index % w->blocks * w->per_block * w->size, end = first + w->per_block * w->size;
    group_backward_task t = {
        .work = w, .image = index / w->blocks, .first = first, .count = (end < w->channels ? end : w->channels) - first};
    w->run(&t);
}

size_t ck_group_norm_backward_workspace(size_t images, size_t channels) { return images * 2 * channels; }

void ck_group_norm_backward(
    const ck_context *context, float *dx, float *d_offset, float *d_weight, float *d_bias, const float *dy,
    const float *x, const float *offset, size_t images, size_t pixels, size_t channels, size_t groups,
    const float *weight, const float *bias, float epsilon, ck_activation activation, double *workspace) {
    size_t size = channels / groups, per_block = (BLOCK_CHANNELS + size - 1) / size;
    group_backward_work w = {
        .dx = dx, .d_offset = d_offset, .dy = dy, .x = x, .offset = offset, .weight = weight, .bias = bias,
        .pixels = pixels, .channels = channels, .size = size, .groups = groups, .per_block = per_block,
        .blocks = (groups + per_block - 1) / per_block, .epsilon = epsilon, .activation = activation,
        .sums = workspace};
    group_backward_run(context->isa, group_backward_reference, &w.run);
    ck_parallel(context, images * w.blocks, group_backward, &w);
    for (size_t c = 0; c < channels; c++) {
        double sum = 0, sum_n = 0;
        for (size_t image = 0; image < images; image++) {
            sum += workspace[image * 2 * channels + c];
            sum_n += workspace[image * 2 * channels + channels + c];
        }
        if (d_weight) d_weight[c] += (float)sum_n;
        if (d_bias) d_bias[c] += (float)sum;
    }
}
