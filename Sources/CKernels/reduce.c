// Sums: over rows, of squares, and the squared error with its gradient. Each is split in a way that does not depend
// on the number of threads, so that neither does the result.
#include "simd.h"
#include "slices.h"

// Rows -----------------------------------------------------------------------------------------------

typedef struct {
    void (*run)(float *, const float *, size_t, size_t);
    float *sums;  // [tasks, width]
    const float *x;
    size_t rows, width, step;
} row_work;

static void sum_rows_reference(float *sums, const float *x, size_t rows, size_t width) {
    for (size_t i = 0; i < width; i++) {
        double sum = 0;
        for (size_t row = 0; row < rows; row++) sum += x[row * width + i];
        sums[i] = (float)sum;
    }
}

INLINE void sum_rows_body(float *sums, const float *x, size_t rows, size_t width) {
    size_t i = 0;
    for (; i + 64 <= width; i += 64) {
        f32x16 a = splat(0), b = splat(0), c = splat(0), d = splat(0);
        for (size_t row = 0; row < rows; row++) {
            const float *from = x + row * width + i;
            a += load16(from);
            b += load16(from + 16);
            c += load16(from + 32);
            d += load16(from + 48);
        }
        store16(sums + i, a);
        store16(sums + i + 16, b);
        store16(sums + i + 32, c);
        store16(sums + i + 48, d);
    }
    for (; i < width; i += 16) {
        size_t lanes = width - i < 16 ? width - i : 16;
        f32x16 a = splat(0);
        for (size_t row = 0; row < rows; row++)
            a += lanes == 16 ? load16(x + row * width + i) : load_some(x + row * width + i, lanes);
        if (lanes == 16) store16(sums + i, a);
        else store_some(sums + i, a, lanes);
    }
}

VERSIONS(sum_rows, (float *sums, const float *x, size_t rows, size_t width), (sums, x, rows, width))

static void sum_rows_task(void *pointer, size_t task) {
    row_work *w = pointer;
    size_t begin = task * w->step, rows = w->rows - begin < w->step ? w->rows - begin : w->step;
    w->run(w->sums + task * w->width, w->x + begin * w->width, rows, w->width);
}

static size_t sum_rows_step(size_t width) {
    size_t rows = rows_per_task(width);
    return rows < 256 ? rows : 256;
}

size_t ck_sum_rows_workspace(size_t rows, size_t width) {
    return (rows + sum_rows_step(width) - 1) / sum_rows_step(width) * width;
}

void ck_sum_rows(
    const ck_context *context, float *out, const float *x, size_t rows, size_t width, float *workspace) {
    row_work w = {.sums = workspace, .x = x, .rows = rows, .width = width, .step = sum_rows_step(width)};
    sum_rows_run(context->isa, sum_rows_reference, &w.run);
    size_t tasks = (rows + w.step - 1) / w.step;
    ck_parallel(context, tasks, sum_rows_task, &w);
    for (size_t i = 0; i < width; i++) {
        double sum = 0;
        for (size_t task = 0; task < tasks; task++) sum += (double)workspace[task * width + i];
        out[i] += (float)sum;
    }
}

// Squares --------------------------------------------------------------------------------------------

typedef struct {
    double (*run)(const float *, const float *, const float *, float *, float, float, size_t);
    const float *x, *target, *weight;
    float *dx;
    float scale, bound;
    size_t count;
    double *sums;  // one a slice
} square_work;

/// Sum of weight (x - target)², and its gradient times `scale`; target and weight may be null: 0 and 1. Beyond `bound` a
/// difference d counts as its tangent there: c (2d - c), where c is d, bounded.
static double squares_reference(
    const float *x, const float *target, const float *weight, float *dx, float scale, float bound, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double d = (double)x[i] - (target ? (double)target[i] : 0), w = weight ? (double)weight[i] : 1;
        double c = d > (double)bound ? (double)bound : d < -(double)bound ? -(double)bound : d;
        sum += w * c * (2 * d - c);
        if (dx) dx[i] = (float)(2 * (double)scale * w * c);
    }
    return sum;
}

INLINE double squares_body(
    const float *x, const float *target, const float *weight, float *dx, float scale, float bound, size_t count) {
    enum { RUN = 1024 };
    double total = 0;
    for (size_t begin = 0; begin < count; begin += RUN) {
        size_t end = begin + RUN < count ? begin + RUN : count;
        f32x16 sum = splat(0);
        for (size_t i = begin; i < end; i += 16) {
            size_t n = end - i;
            f32x16 d = n >= 16 ? load16(x + i) : load_some(x + i, n), w = splat(1);
            if (target) d -= n >= 16 ? load16(target + i) : load_some(target + i, n);
            if (weight) w = n >= 16 ? load16(weight + i) : load_some(weight + i, n);
            f32x16 c = min16(max16(d, splat(-bound)), splat(bound));
            w *= c;
            sum += w * (d + d - c);
            if (dx) {
                if (n >= 16) store16(dx + i, splat(2 * scale) * w);
                else store_some(dx + i, splat(2 * scale) * w, n);
            }
        }
        total += (double)sum_of(sum);
    }
    return total;
}

static double squares_generic(
    const float *x, const float *target, const float *weight, float *dx, float scale, float bound, size_t count) {
    return squares_body(x, target, weight, dx, scale, bound, count);
}
#if defined(__x86_64__)
TARGET_AVX2 static double squares_avx2(
    const float *x, const float *target, const float *weight, float *dx, float scale, float bound, size_t count) {
    return squares_body(x, target, weight, dx, scale, bound, count);
}
TARGET_AVX512 static double squares_avx512(
    const float *x, const float *target, const float *weight, float *dx, float scale, float bound, size_t count) {
    return squares_body(x, target, weight, dx, scale, bound, count);
}
#endif

static void squares_task(void *pointer, size_t task) {
    square_work *w = pointer;
    slice s = slice_of(w->count, task);
    w->sums[task] = w->run(
        w->x + s.begin, w->target ? w->target + s.begin : NULL, w->weight ? w->weight + s.begin : NULL,
        w->dx ? w->dx + s.begin : NULL, w->scale, w->bound, s.end - s.begin);
}

size_t ck_squares_workspace(size_t count) { return slice_count(count); }

double ck_squared_error(
    const ck_context *context, float *dx, float scale, const float *x, const float *target, const float *weight,
    float bound, size_t count, double *workspace) {
    square_work w = {
        .run = squares_generic, .x = x, .target = target, .weight = weight, .dx = dx, .scale = scale, .bound = bound,
        .count = count, .sums = workspace};
    if (context->isa == CK_REFERENCE) w.run = squares_reference;
#if defined(__x86_64__)
    if (context->isa == CK_AVX512) w.run = squares_avx512;
    if (context->isa == CK_AVX2) w.run = squares_avx2;
#endif
    ck_parallel(context, slice_count(count), squares_task, &w);
    double sum = 0;
    for (size_t task = 0; task < slice_count(count); task++) sum += workspace[task];
    return sum;
}
