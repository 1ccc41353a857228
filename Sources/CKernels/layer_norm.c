#include "simd.h"
#include "slices.h"

typedef struct {
    void (*run)(float *, const float *, size_t, size_t, const float *, const float *, float);
    float *out;
    const float *x, *weight, *bias;
    size_t rows, width, step;
    float epsilon;
} layer_norm_work;

static void layer_norm_reference(
    float *out, const float *x, size_t rows, size_t width, const float *weight, const float *bias, float epsilon) {
    for (size_t row = 0; row < rows; row++, x += width, out += width) {
        double mean = 0, squares = 0;
        for (size_t i = 0; i < width; i++) mean += x[i];
        mean /= (double)width;
        for (size_t i = 0; i < width; i++) squares += (x[i] - mean) * (x[i] - mean);
        double scale = 1 / sqrt(squares / (double)width + (double)epsilon);
        for (size_t i = 0; i < width; i++) out[i] = (float)((x[i] - mean) * scale * weight[i] + bias[i]);
    }
}

INLINE void layer_norm_body(
    float *out, const float *x, size_t rows, size_t width, const float *weight, const float *bias, float epsilon) {
    size_t whole = width / 16 * 16;
    for (size_t row = 0; row < rows; row++, x += width, out += width) {
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
            store16(out + i, d * splat(scale) * load16(weight + i) + load16(bias + i));
        }
        for (size_t i = whole; i < width; i++) out[i] = ((x[i] - mean) - rest) * scale * weight[i] + bias[i];
    }
}

VERSIONS(
    layer_norm,
    (float *out, const float *x, size_t rows, size_t width, const float *weight, const float *bias, float epsilon),
    (out, x, rows, width, weight, bias, epsilon))

static void layer_norm_task(void *pointer, size_t task) {
    layer_norm_work *w = pointer;
    size_t begin = task * w->step, rows = w->rows - begin < w->step ? w->rows - begin : w->step;
    w->run(w->out + begin * w->width, w->x + begin * w->width, rows, w->width, w->weight, w->bias, w->epsilon);
}

void ck_layer_norm(
    const ck_context *context, float *out, const float *x, size_t rows, size_t width, const float *weight,
    const float *bias, float epsilon) {
    layer_norm_work w = {.out = out, .x = x, .weight = weight, .bias = bias, .rows = rows, .width = width,
                         .step = rows_per_task(width), .epsilon = epsilon};
    layer_norm_run(context->isa, layer_norm_reference, &w.run);
    ck_parallel(context, (rows + w.step - 1) / w.step, layer_norm_task, &w);
}
