#include "simd.h"
#include "slices.h"

typedef struct {
    void (*run)(void *, bool, const float *, size_t, size_t, const float *, const float *, float);
    void *out;  // bfloat16 if narrow
    bool narrow;
    const float *x, *weight, *bias;
    size_t rows, width, step;
    float epsilon;
} layer_norm_work;

static void layer_norm_reference(
    void *out, bool narrow, const float *x, size_t rows, size_t width, const float *weight, const float *bias,
    float epsilon) {
    for (size_t row = 0; row < rows; row++, x += width) {
        double mean = 0, squares = 0;
        for (size_t i = 0; i < width; i++) mean += x[i];
        mean /= (double)width;
        for (size_t i = 0; i < width; i++) squares += (x[i] - mean) * (x[i] - mean);
        double scale = 1 / sqrt(squares / (double)width + (double)epsilon);
        for (size_t i = 0; i < width; i++)
            put_one(out, row * width + i, (float)((x[i] - mean) * scale * weight[i] + bias[i]), narrow);
    }
}

INLINE void layer_norm_body(
    void *out, bool narrow, const float *x, size_t rows, size_t width, const float *weight, const float *bias,
    float epsilon) {
    size_t whole = width / 16 * 16;
    for (size_t row = 0; row < rows; row++, x += width) {
        f32x16 sums = splat(0);
        for (size_t i = 0; i < whole; i += 16) sums += load16(x + i);
        float sum = sum_of(sums);
        for (size_t i = whole; i < width; i++) sum += x[i];
        float mean = sum / (float)width;
        // A mean far larger than the deviation is rounded too coarsely; `rest` is what it lacks.
        f32x16 square_sums = sums = splat(0);
        for (size_t i = 0; i < whole; i += 16) {
            f32x16 d = load16(x + i) - splat(mean);
            sums += d;
            square_sums += d * d;
        }
        float rest = sum_of(sums), squares = sum_of(square_sums);
        for (size_t i = whole; i < width; i++) {
            rest += x[i] - mean;
            squares += (x[i] - mean) * (x[i] - mean);
        }
        rest /= (float)width;
        float variance = squares / (float)width - rest * rest;
        float scale = 1 / sqrtf((variance < 0 ? 0 : variance) + epsilon);
        for (size_t i = 0; i < whole; i += 16) {
            f32x16 d = (load16(x + i) - splat(mean)) - splat(rest);
            put16(out, row * width + i, d * splat(scale) * load16(weight + i) + load16(bias + i), narrow);
        }
        for (size_t i = whole; i < width; i++)
            put_one(out, row * width + i, ((x[i] - mean) - rest) * scale * weight[i] + bias[i], narrow);
    }
}

VERSIONS(
    layer_norm,
    (void *out, bool narrow, const float *x, size_t rows, size_t width, const float *weight, const float *bias,
     float epsilon),
    (out, narrow, x, rows, width, weight, bias, epsilon))

static void layer_norm_task(void *pointer, size_t task) {
    layer_norm_work *w = pointer;
    size_t begin = task * w->step, rows = w->rows - begin < w->step ? w->rows - begin : w->step;
    w->run(
        element(w->out, begin * w->width, w->narrow), w->narrow, w->x + begin * w->width, rows, w->width, w->weight,
        w->bias, w->epsilon);
}

void ck_layer_norm(
    const ck_context *context, void *out, bool bfloat16, const float *x, size_t rows, size_t width, const float *weight,
    const float *bias, float epsilon) {
    layer_norm_work w = {.out = out, .narrow = bfloat16, .x = x, .weight = weight, .bias = bias, .rows = rows, .width = width,
                         .step = rows_per_task(width), .epsilon = epsilon};
    layer_norm_run(context->isa, layer_norm_reference, &w.run);
    ck_parallel(context, (rows + w.step - 1) / w.step, layer_norm_task, &w);
}

// Backward -------------------------------------------------------------------------------------------
//
// As for groups, one row at a time; the row's mean and deviation are taken anew.

typedef struct {
    void (*run)(float *, float *, const float *, const float *, size_t, size_t, const float *, float);
    float *dx, *sums;  // sums [tasks, 2, width]: of dy n and of dy
    const float *dy, *x, *weight;
    size_t rows, width, step;
    float epsilon;
} layer_backward_work;

static void layer_backward_reference(
    float *dx, float *sums, const float *dy, const float *x, size_t rows, size_t width, const float *weight,
    float epsilon) {
    for (size_t i = 0; i < 2 * width; i++) sums[i] = 0;
    for (size_t row = 0; row < rows; row++, x += width, dx += width, dy += width) {
        double mean = 0, squares = 0, m1 = 0, m2 = 0;
        for (size_t i = 0; i < width; i++) mean += x[i];
        mean /= (double)width;
        for (size_t i = 0; i < width; i++) squares += (x[i] - mean) * (x[i] - mean);
        double scale = 1 / sqrt(squares / (double)width + (double)epsilon);
        for (size_t i = 0; i < width; i++) {
            double d = (double)weight[i] * dy[i], n = (x[i] - mean) * scale;
            m1 += d / (double)width;
            m2 += d * n / (double)width;
            sums[i] += (float)(dy[i] * n);
            sums[width + i] += dy[i];
        }
        for (size_t i = 0; i < width; i++)
            dx[i] = (float)(scale * ((double)weight[i] * dy[i] - m1 - (x[i] - mean) * scale * m2));
    }
}

INLINE void layer_backward_body(
    float *dx, float *sums, const float *dy, const float *x, size_t rows, size_t width, const float *weight,
    float epsilon) {
    size_t whole = width / 16 * 16;
    memset(sums, 0, 2 * width * sizeof(float));
    for (size_t row = 0; row < rows; row++, x += width, dx += width, dy += width) {
        // 1. Mean and deviation, as the forward pass takes them.
        f32x16 added = splat(0), squared = splat(0);
        for (size_t i = 0; i < whole; i += 16) added += load16(x + i);
        float sum = sum_of(added);
        for (size_t i = whole; i < width; i++) sum += x[i];
        float mean = sum / (float)width;
        added = splat(0);
        for (size_t i = 0; i < whole; i += 16) {
            f32x16 d = load16(x + i) - splat(mean);
            added += d;
            squared += d * d;
        }
        float rest = sum_of(added), squares = sum_of(squared);
        for (size_t i = whole; i < width; i++) {
            rest += x[i] - mean;
            squares += (x[i] - mean) * (x[i] - mean);
        }
        rest /= (float)width;
        float variance = squares / (float)width - rest * rest;
        float scale = 1 / sqrtf((variance < 0 ? 0 : variance) + epsilon);
        // 2. Means of the gradient, and the parameters' share of it.
        f32x16 first = splat(0), second = splat(0);
        for (size_t i = 0; i < whole; i += 16) {
            f32x16 n = ((load16(x + i) - splat(mean)) - splat(rest)) * splat(scale), d = load16(dy + i);
            store16(sums + i, load16(sums + i) + d * n);
            store16(sums + width + i, load16(sums + width + i) + d);
            d *= load16(weight + i);
            first += d;
            second += d * n;
        }
        float m1 = sum_of(first), m2 = sum_of(second);
        for (size_t i = whole; i < width; i++) {
            float n = ((x[i] - mean) - rest) * scale;
            sums[i] += dy[i] * n;
            sums[width + i] += dy[i];
            m1 += dy[i] * weight[i];
            m2 += dy[i] * weight[i] * n;
        }
        m1 /= (float)width;
        m2 /= (float)width;
        // 3. The gradient of the row.
        for (size_t i = 0; i < whole; i += 16) {
            f32x16 n = ((load16(x + i) - splat(mean)) - splat(rest)) * splat(scale);
            store16(dx + i, splat(scale) * (load16(dy + i) * load16(weight + i) - splat(m1) - n * splat(m2)));
        }
        for (size_t i = whole; i < width; i++)
            dx[i] = scale * (dy[i] * weight[i] - m1 - ((x[i] - mean) - rest) * scale * m2);
    }
}

VERSIONS(
    layer_backward,
    (float *dx, float *sums, const float *dy, const float *x, size_t rows, size_t width, const float *weight,
     float epsilon),
    (dx, sums, dy, x, rows, width, weight, epsilon))

static void layer_backward_task(void *pointer, size_t task) {
    layer_backward_work *w = pointer;
    size_t begin = task * w->step, rows = w->rows - begin < w->step ? w->rows - begin : w->step;
    w->run(
        w->dx + begin * w->width, w->sums + task * 2 * w->width, w->dy + begin * w->width, w->x + begin * w->width,
        rows, w->width, w->weight, w->epsilon);
}

/// Rows of a task; the split does not depend on the number of threads, so neither do the sums.
static size_t layer_backward_step(size_t width) {
    size_t rows = rows_per_task(width);
    return rows < 256 ? rows : 256;
}

size_t ck_layer_norm_backward_workspace(size_t rows, size_t width) {
    size_t step = layer_backward_step(width);
    return (rows + step - 1) / step * 2 * width;
}

void ck_layer_norm_backward(
    const ck_context *context, float *dx, float *d_weight, float *d_bias, const float *dy, const float *x, size_t rows,
    size_t width, const float *weight, float epsilon, float *workspace) {
    layer_backward_work w = {
        .dx = dx, .sums = workspace, .dy = dy, .x = x, .weight = weight, .rows = rows, .width = width,
        .step = layer_backward_step(width), .epsilon = epsilon};
    layer_backward_run(context->isa, layer_backward_reference, &w.run);
    size_t tasks = (rows + w.step - 1) / w.step;
    ck_parallel(context, tasks, layer_backward_task, &w);
    for (size_t i = 0; i < width; i++) {
        double sum_n = 0, sum = 0;
        for (size_t task = 0; task < tasks; task++) {
            sum_n += (double)workspace[task * 2 * width + i];
            sum += (double)workspace[task * 2 * width + width + i];
        }
        if (d_weight) d_weight[i] += (float)sum_n;
        if (d_bias) d_bias[i] += (float)sum;
    }
}
