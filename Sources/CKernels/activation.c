#include "simd.h"
#include "slices.h"

static float activate_one(float x, ck_activation activation) {
    switch (activation) {
    case CK_IDENTITY: return x;
    case CK_RELU: return x < 0 ? 0 : x;
    case CK_SILU: return x / (1 + expf(-x));
    case CK_GELU: return (float)(0.5 * x * erfc(-x * 0.70710678118654752));
    case CK_QUICK_GELU: return x / (1 + expf(-1.702f * x));
    case CK_TANH: return tanhf(x);
    }
    return x;
}

INLINE f32x16 activate16(f32x16 x, ck_activation activation) {
    switch (activation) {
    case CK_IDENTITY: return x;
    case CK_RELU: return max16(splat(0), x);
    case CK_SILU: return silu16(x);
    case CK_GELU: return gelu16(x);
    case CK_QUICK_GELU: return x / (splat(1) + exp16(splat(-1.702f) * x));
    case CK_TANH: return tanh16(x);
    }
    return x;
}

static void activate_reference(float *out, const float *x, size_t count, ck_activation activation) {
    for (size_t i = 0; i < count; i++) out[i] = activate_one(x[i], activation);
}

INLINE void activate_body(float *out, const float *x, size_t count, ck_activation activation) {
    size_t i = 0;
    for (; i + 16 <= count; i += 16) store16(out + i, activate16(load16(x + i), activation));
    if (i < count) store_some(out + i, activate16(load_some(x + i, count - i), activation), count - i);
}

VERSIONS(activate, (float *out, const float *x, size_t count, ck_activation activation), (out, x, count, activation))

typedef struct {
    void (*run)(float *, const float *, size_t, ck_activation);
    float *out;
    const float *x;
    size_t count;
    ck_activation activation;
} activate_work;

static void activate_task(void *pointer, size_t task) {
    activate_work *w = pointer;
    slice s = slice_of(w->count, task);
    w->run(w->out + s.begin, w->x + s.begin, s.end - s.begin, w->activation);
}

void ck_activate(const ck_context *context, float *out, const float *x, size_t count, ck_activation activation) {
    activate_work w = {.out = out, .x = x, .count = count, .activation = activation};
    activate_run(context->isa, activate_reference, &w.run);
    ck_parallel(context, slice_count(count), activate_task, &w);
}

// GEGLU ----------------------------------------------------------------------------------------------

static void geglu_reference(float *out, const float *x, size_t rows, size_t width) {
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < width; i++)
            out[row * width + i] = x[row * 2 * width + i] * activate_one(x[row * 2 * width + width + i], CK_GELU);
}

INLINE void geglu_body(float *out, const float *x, size_t rows, size_t width) {
    for (size_t row = 0; row < rows; row++, x += 2 * width, out += width) {
        size_t i = 0;
        for (; i + 16 <= width; i += 16) store16(out + i, load16(x + i) * gelu16(load16(x + width + i)));
        if (i < width)
            store_some(out + i, load_some(x + i, width - i) * gelu16(load_some(x + width + i, width - i)), width - i);
    }
}

VERSIONS(geglu, (float *out, const float *x, size_t rows, size_t width), (out, x, rows, width))

typedef struct {
    void (*run)(float *, const float *, size_t, size_t);
    float *out;
    const float *x;
    size_t rows, width, step;
} geglu_work;

static void geglu_task(void *pointer, size_t task) {
    geglu_work *w = pointer;
    size_t begin = task * w->step, rows = w->rows - begin < w->step ? w->rows - begin : w->step;
    w->run(w->out + begin * w->width, w->x + begin * 2 * w->width, rows, w->width);
}

void ck_geglu(const ck_context *context, float *out, const float *x, size_t rows, size_t width) {
    geglu_work w = {.out = out, .x = x, .rows = rows, .width = width, .step = rows_per_task(2 * width)};
    geglu_run(context->isa, geglu_reference, &w.run);
    ck_parallel(context, (rows + w.step - 1) / w.step, geglu_task, &w);
}
