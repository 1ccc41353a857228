// Group normalisation, NHWC, with an optional per-channel offset before and an activation after.
//
// Statistics: each channel is summed relative to its first pixel (the pivot), over short runs of rows that stay in
// the first-level cache: their mean in float32, then their squares about that mean in float32; runs, and then the
// channels of a group, are merged in float64. The result is taken relative to the mean, too. So neither a mean far
// larger than the deviation nor an odd first pixel costs precision, and memory is read twice and written once.
#include "simd.h"

enum { RUN = 32 };  // rows in a run

typedef struct {
    void (*sum)(double *, const float *, const float *, size_t, size_t);
    void (*apply)(float *, const float *, const float *, size_t, size_t, ck_activation);
    float *out;
    const float *x;
    size_t pixels, channels, step, tasks;
    double *sums;         // [tasks, 2, channels]
    const float *affine;  // [3, channels]: centre, scale, shift
    ck_activation activation;
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
    float *out, const float *x, const float *affine, size_t rows, size_t channels, ck_activation activation) {
    for (size_t row = 0; row < rows; row++)
        for (size_t c = 0; c < channels; c++)
            out[row * channels + c] =
                finish_one(
                    (x[row * channels + c] - affine[c]) * affine[channels + c] + affine[2 * channels + c], activation);
}

/// Adds one run of rows of up to 16 channels to their sums and sums of squares.
INLINE void sum_run_of(double *sums, const float *x, const float *pivot, size_t rows, size_t channels, size_t lanes) {
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
        sums[channels + i] += (double)squares[i] + m * (2 * s - (double)rows * m);
    }
}

INLINE void sum_body(double *sums, const float *x, const float *pivot, size_t rows, size_t channels) {
    memset(sums, 0, 2 * channels * sizeof(double));
    for (size_t begin = 0; begin < rows; begin += RUN, x += RUN * channels) {
        size_t count = rows - begin < RUN ? rows - begin : RUN, c = 0;
        for (; c + 16 <= channels; c += 16) sum_run_of(sums + c, x + c, pivot + c, count, channels, 16);
        if (c < channels) sum_run_of(sums + c, x + c, pivot + c, count, channels, channels - c);
    }
}

INLINE f32x16 finish16(f32x16 y, ck_activation activation) {
    if (activation == CK_SILU) return silu16(y);
    if (activation == CK_RELU) return max16(splat(0), y);
    return y;
}

INLINE void apply_with(
    float *out, const float *x, const float *affine, size_t rows, size_t channels, ck_activation activation) {
    const float *scale = affine + channels, *shift = affine + 2 * channels;
    for (size_t row = 0; row < rows; row++, x += channels, out += channels) {
        size_t c = 0;
        for (; c + 16 <= channels; c += 16) {
            f32x16 y = (load16(x + c) - load16(affine + c)) * load16(scale + c) + load16(shift + c);
            store16(out + c, finish16(y, activation));
        }
        if (c < channels) {
            size_t n = channels - c;
            f32x16 y = (load_some(x + c, n) - load_some(affine + c, n)) * load_some(scale + c, n) +
                       load_some(shift + c, n);
            store_some(out + c, finish16(y, activation), n);
        }
    }
}

INLINE void apply_body(
    float *out, const float *x, const float *affine, size_t rows, size_t channels, ck_activation activation) {
    if (activation == CK_SILU)
        apply_with(out, x, affine, rows, channels, CK_SILU);
    else
        apply_with(out, x, affine, rows, channels, activation);
}

VERSIONS(sum, (double *sums, const float *x, const float *pivot, size_t rows, size_t channels),
         (sums, x, pivot, rows, channels))
VERSIONS(apply, (float *out, const float *x, const float *affine, size_t rows, size_t channels, ck_activation activation),
         (out, x, affine, rows, channels, activation))

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
        w->out + begin * w->channels, w->x + begin * w->channels, w->affine, rows, w->channels, w->activation);
}

enum { MAXIMUM_TASKS = 64 };

size_t ck_group_norm_workspace(size_t channels) {
    return MAXIMUM_TASKS * 2 * channels + (3 * channels + 1) / 2;
}

void ck_group_norm(
    const ck_context *context, float *out, const float *x, const float *offset, size_t images, size_t pixels,
    size_t channels, size_t groups, const float *weight, const float *bias, float epsilon,
    ck_activation activation, double *workspace) {
    size_t size = channels / groups;
    float *affine = (float *)(workspace + MAXIMUM_TASKS * 2 * channels);
    norm_work w = {.pixels = pixels, .channels = channels, .sums = workspace, .affine = affine, .activation = activation};
    sum_run(context->isa, sum_reference, &w.sum);
    apply_run(context->isa, apply_reference, &w.apply);
    // The split does not depend on the number of threads, so neither does the result.
    w.step = 16384 / channels + 1;
    if (w.step < (pixels + MAXIMUM_TASKS - 1) / MAXIMUM_TASKS) w.step = (pixels + MAXIMUM_TASKS - 1) / MAXIMUM_TASKS;
    w.tasks = (pixels + w.step - 1) / w.step;

    for (size_t image = 0; image < images; image++) {
        w.x = x + image * pixels * channels;
        w.out = out + image * pixels * channels;
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
