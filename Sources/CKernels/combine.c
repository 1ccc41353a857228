#include "simd.h"
#include "slices.h"

typedef struct {
    void (*run)(float *, size_t, size_t, const float *, const float *const *, size_t);
    float *out;
    size_t count, terms;
    const float *coefficients;
    const float *const *x;
} combine_work;

static void combine_reference(
    float *out, size_t count, size_t terms, const float *coefficients, const float *const *x, size_t begin) {
    for (size_t i = begin; i < begin + count; i++) {
        float sum = 0;
        for (size_t t = 0; t < terms; t++) sum += coefficients[t] * x[t][i];
        out[i] = sum;
    }
}

INLINE void combine_body(
    float *out, size_t count, size_t terms, const float *coefficients, const float *const *x, size_t begin) {
    size_t i = begin, end = begin + count;
    for (; i + 16 <= end; i += 16) {
        f32x16 sum = splat(0);
        for (size_t t = 0; t < terms; t++) sum += splat(coefficients[t]) * load16(x[t] + i);
        store16(out + i, sum);
    }
    for (; i < end; i++) {
        float sum = 0;
        for (size_t t = 0; t < terms; t++) sum += coefficients[t] * x[t][i];
        out[i] = sum;
    }
}

VERSIONS(
    combine, (float *out, size_t count, size_t terms, const float *coefficients, const float *const *x, size_t begin),
    (out, count, terms, coefficients, x, begin))

static void combine_task(void *pointer, size_t task) {
    combine_work *w = pointer;
    slice s = slice_of(w->count, task);
    w->run(w->out, s.end - s.begin, w->terms, w->coefficients, w->x, s.begin);
}

void ck_combine(
    const ck_context *context, float *out, size_t count, size_t terms, const float *coefficients,
    const float *const *x) {
    combine_work w = {.out = out, .count = count, .terms = terms, .coefficients = coefficients, .x = x};
    combine_run(context->isa, combine_reference, &w.run);
    ck_parallel(context, slice_count(count), combine_task, &w);
}

void ck_bias_rows(float *out, size_t rows, size_t width, size_t stride, const float *bias, const float *residual) {
    for (size_t row = 0; row < rows; row++, out += stride) {
        if (residual) {
            const float *r = residual + row * stride;
            if (bias)
                for (size_t i = 0; i < width; i++) out[i] = bias[i] + r[i];
            else
                memcpy(out, r, width * sizeof(float));
        } else if (bias) {
            memcpy(out, bias, width * sizeof(float));
        } else {
            memset(out, 0, width * sizeof(float));
        }
    }
}
