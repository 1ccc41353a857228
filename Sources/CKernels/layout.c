// Moving memory: upsampling, joining, transposing, unfolding.
#include "kernels.h"
#include "slices.h"
#include <string.h>

typedef struct {
    float *out;
    const float *x, *y;
    size_t a, b, c, d, step;
} layout_work;

static void upsample_task(void *pointer, size_t task) {
    layout_work *w = pointer;
    size_t width = w->a, channels = w->b, out_width = w->d, out_height = w->step, height = w->c;
    size_t image = task / height, row = task % height;
    const float *in = w->x + task * width * channels;
    float *first = w->out + (image * out_height + 2 * row) * out_width * channels;
    for (size_t x = 0; x < out_width; x++)
        memcpy(first + x * channels, in + x / 2 * channels, channels * sizeof(float));
    if (2 * row + 1 < out_height) memcpy(first + out_width * channels, first, out_width * channels * sizeof(float));
}

void ck_upsample_2x(
    const ck_context *context, float *out, const float *x, size_t images, size_t height, size_t width,
    size_t channels, size_t out_height, size_t out_width) {
    layout_work w = {
        .out = out, .x = x, .a = width, .b = channels, .c = height, .d = out_width, .step = out_height};
    ck_parallel(context, images * height, upsample_task, &w);
}

static void concatenate_task(void *pointer, size_t task) {
    layout_work *w = pointer;
    size_t begin = task * w->step, end = begin + w->step < w->c ? begin + w->step : w->c;
    for (size_t row = begin; row < end; row++) {
        float *out = w->out + row * (w->a + w->b);
        memcpy(out, w->x + row * w->a, w->a * sizeof(float));
        memcpy(out + w->a, w->y + row * w->b, w->b * sizeof(float));
    }
}

void ck_concatenate(
    const ck_context *context, float *out, const float *x, size_t a, const float *y, size_t b, size_t rows) {
    layout_work w = {.out = out, .x = x, .y = y, .a = a, .b = b, .c = rows, .step = rows_per_task(a + b)};
    ck_parallel(context, (rows + w.step - 1) / w.step, concatenate_task, &w);
}

static void transpose_task(void *pointer, size_t image) {
    layout_work *w = pointer;
    enum { TILE = 16 };
    const float *in = w->x + image * w->a * w->b;
    float *out = w->out + image * w->a * w->b;
    for (size_t row = 0; row < w->a; row += TILE)
        for (size_t column = 0; column < w->b; column += TILE)
            for (size_t c = column; c < column + TILE && c < w->b; c++)
                for (size_t r = row; r < row + TILE && r < w->a; r++) out[c * w->a + r] = in[r * w->b + c];
}

void ck_transpose(
    const ck_context *context, float *out, const float *in, size_t images, size_t rows, size_t columns) {
    layout_work w = {.out = out, .x = in, .a = rows, .b = columns};
    ck_parallel(context, images, transpose_task, &w);
}

void ck_im2col(
    float *out, const float *image, size_t height, size_t width, size_t channels, size_t kernel, size_t stride,
    size_t padding, size_t out_width, size_t y0, size_t y1) {
    for (size_t y = y0; y < y1; y++)
        for (size_t x = 0; x < out_width; x++)
            for (size_t ky = 0; ky < kernel; ky++)
                for (size_t kx = 0; kx < kernel; kx++, out += channels) {
                    // Unsigned wrap-around puts coordinates left of or above the image beyond its far edge.
                    size_t iy = y * stride + ky - padding, ix = x * stride + kx - padding;
                    if (iy < height && ix < width)
                        memcpy(out, image + (iy * width + ix) * channels, channels * sizeof(float));
                    else
                        memset(out, 0, channels * sizeof(float));
                }
}

// Backward: every output adds to where it came from ----------------------------------------------------

static void upsample_backward_task(void *pointer, size_t task) {
    layout_work *w = pointer;
    size_t width = w->a, channels = w->b, out_width = w->d, out_height = w->step, height = w->c;
    size_t image = task / height, row = task % height;
    float *to = w->out + task * width * channels;
    memset(to, 0, width * channels * sizeof(float));
    for (size_t y = 2 * row; y < 2 * row + 2 && y < out_height; y++) {
        const float *from = w->x + (image * out_height + y) * out_width * channels;
        for (size_t x = 0; x < out_width; x++)
            for (size_t c = 0; c < channels; c++) to[x / 2 * channels + c] += from[x * channels + c];
    }
}

void ck_upsample_2x_backward(
    const ck_context *context, float *dx, const float *dy, size_t images, size_t height, size_t width,
    size_t channels, size_t out_height, size_t out_width) {
    layout_work w = {
        .out = dx, .x = dy, .a = width, .b = channels, .c = height, .d = out_width, .step = out_height};
    ck_parallel(context, images * height, upsample_backward_task, &w);
}

typedef struct {
    float *x, *y;
    const float *joined;
    size_t a, b, rows, step;
} split_work;

static void split_task(void *pointer, size_t task) {
    split_work *w = pointer;
    size_t begin = task * w->step, end = begin + w->step < w->rows ? begin + w->step : w->rows;
    for (size_t row = begin; row < end; row++) {
        const float *from = w->joined + row * (w->a + w->b);
        if (w->x) memcpy(w->x + row * w->a, from, w->a * sizeof(float));
        if (w->y) memcpy(w->y + row * w->b, from + w->a, w->b * sizeof(float));
    }
}

void ck_split(
    const ck_context *context, float *x, size_t a, float *y, size_t b, const float *joined, size_t rows) {
    split_work w = {.x = x, .y = y, .joined = joined, .a = a, .b = b, .rows = rows, .step = rows_per_task(a + b)};
    ck_parallel(context, (rows + w.step - 1) / w.step, split_task, &w);
}

void ck_scatter_rows(float *table, const float *rows, const size_t *indices, size_t count, size_t width) {
    for (size_t row = 0; row < count; row++)
        for (size_t i = 0; i < width; i++) table[indices[row] * width + i] += rows[row * width + i];
}

void ck_col2im(
    float *image, const float *columns, size_t height, size_t width, size_t channels, size_t kernel, size_t stride,
    size_t padding, size_t out_width, size_t y0, size_t y1) {
    for (size_t y = y0; y < y1; y++)
        for (size_t x = 0; x < out_width; x++)
            for (size_t ky = 0; ky < kernel; ky++)
                for (size_t kx = 0; kx < kernel; kx++, columns += channels) {
                    size_t iy = y * stride + ky - padding, ix = x * stride + kx - padding;
                    if (iy >= height || ix >= width) continue;
                    float *to = image + (iy * width + ix) * channels;
                    for (size_t c = 0; c < channels; c++) to[c] += columns[c];
                }
}
