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

static void geglu_reference(void *out, bool narrow, const float *x, size_t rows, size_t width) {
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < width; i++) {
            float y = x[row * 2 * width + i] * activate_one(x[row * 2 * width + width + i], CK_GELU);
            put_one(out, row * width + i, y, narrow);
        }
}

INLINE void geglu_body(void *out, bool narrow, const float *x, size_t rows, size_t width) {
    for (size_t row = 0; row < rows; row++, x += 2 * width) {
        size_t i = 0, at = row * width;
        for (; i + 16 <= width; i += 16) put16(out, at + i, load16(x + i) * gelu16(load16(x + width + i)), narrow);
        if (i < width) {
            size_t n = width - i;
            put_some(out, at + i, load_some(x + i, n) * gelu16(load_some(x + width + i, n)), n, narrow);
        }
    }
}

VERSIONS(
    geglu, (void *out, bool narrow, const float *x, size_t rows, size_t width), (out, narrow, x, rows, width))

typedef struct {
    void (*run)(void *, bool, const float *, size_t, size_t);
    void *out;  // bfloat16 if narrow
    bool narrow;
    const float *x;
    size_t rows, width, step;
} geglu_work;

static void geglu_task(void *pointer, size_t task) {
    geglu_work *w = pointer;
    size_t begin = task * w->step, rows = w->rows - begin < w->step ? w->rows - begin : w->step;
    w->run(
        element(w->out, begin * w->width, w->narrow), w->narrow, w->x + begin * 2 * w->width, rows, w->width);
}

void ck_geglu(const ck_context *context, void *out, bool bfloat16, const float *x, size_t rows, size_t width) {
    geglu_work w = {.out = out, .narrow = bfloat16, .x = x, .rows = rows, .width = width,
                    .step = rows_per_task(2 * width)};
    geglu_run(context->isa, geglu_reference, &w.run);
    ck_parallel(context, (rows + w.step - 1) / w.step, geglu_task, &w);
}

// Backward -------------------------------------------------------------------------------------------

/// The derivative at the input `z`, or for relu and tanh where the output is `z`.
static float slope_one(float z, ck_activation activation) {
    switch (activation) {
    case CK_IDENTITY: return 1;
    case CK_RELU: return z > 0 ? 1 : 0;
    case CK_SILU: {
        double s = 1 / (1 + exp(-(double)z));
        return (float)(s * (1 + z * (1 - s)));
    }
    case CK_GELU: return (float)(0.5 * erfc(-z * 0.70710678118654752) + z * 0.39894228040143268 * exp(-0.5 * z * z));
    case CK_QUICK_GELU: {
        double s = 1 / (1 + exp(-1.702 * z));
        return (float)(s * (1 + 1.702 * z * (1 - s)));
    }
    case CK_TANH: return 1 - z * z;
    }
    return 1;
}

INLINE f32x16 slope16(f32x16 z, ck_activation activation) {
    switch (activation) {
    case CK_IDENTITY: return splat(1);
    case CK_RELU: return select16(z > splat(0), splat(1), splat(0));
    case CK_SILU: return silu_slope16(z);
    case CK_GELU: return gelu_slope16(z);
    case CK_QUICK_GELU: {
        f32x16 s = splat(1) / (splat(1) + exp16(splat(-1.702f) * z));
        return s * (splat(1) + splat(1.702f) * z * (splat(1) - s));
    }
    case CK_TANH: return splat(1) - z * z;
    }
    return z;
}

static void slope_reference(float *dx, const float *dy, const float *z, size_t count, ck_activation activation) {
    for (size_t i = 0; i < count; i++) dx[i] = dy[i] * slope_one(z[i], activation);
}

INLINE void slope_body(float *dx, const float *dy, const float *z, size_t count, ck_activation activation) {
    size_t i = 0;
    for (; i + 16 <= count; i += 16) store16(dx + i, load16(dy + i) * slope16(load16(z + i), activation));
    if (i < count) {
        size_t n = count - i;
        store_some(dx + i, load_some(dy + i, n) * slope16(load_some(z + i, n), activation), n);
    }
}

VERSIONS(
    slope, (float *dx, const float *dy, const float *z, size_t count, ck_activation activation),
    (dx, dy, z, count, activation))

typedef struct {
    void (*run)(float *, const float *, const float *, size_t, ck_activation);
    float *dx;
    const float *dy, *z;
    size_t count;
    ck_activation activation;
} slope_work;

static void slope_task(void *pointer, size_t task) {
    slope_work *w = pointer;
    slice s = slice_of(w->count, task);
    w->run(w->dx + s.begin, w->dy + s.begin, w->z + s.begin, s.end - s.begin, w->activation);
}

void ck_activate_backward(
    const ck_context *context, float *dx, const float *dy, const float *z, size_t count, ck_activation activation) {
    slope_work w = {.dx = dx, .dy = dy, .z = z, .count = count, .activation = activation};
    slope_run(context->isa, slope_reference, &w.run);
    ck_parallel(context, slice_count(count), slope_task, &w);
}

static void geglu_slope_reference(float *dx, const float *dy, const float *x, size_t rows, size_t width) {
    for (size_t row = 0; row < rows; row++, dx += 2 * width, x += 2 * width, dy += width)
        for (size_t i = 0; i < width; i++) {
            float value = x[i], gate = x[width + i];
            dx[i] = dy[i] * activate_one(gate, CK_GELU);
            dx[width + i] = dy[i] * value * slope_one(gate, CK_GELU);
        }
}

INLINE void geglu_slope_body(float *dx, const float *dy, const float *x, size_t rows, size_t width) {
    for (size_t row = 0; row < rows; row++, dx += 2 * width, x += 2 * width, dy += width) {
        size_t i = 0;
        for (; i + 16 <= width; i += 16) {
            f32x16 d = load16(dy + i), gate = load16(x + width + i);
            store16(dx + width + i, d * load16(x + i) * gelu_slope16(gate));
            store16(dx + i, d * gelu16(gate));
        }
        if (i < width) {
            size_t n = width - i;
            f32x16 d = load_some(dy + i, n), gate = load_some(x + width + i, n);
            store_some(dx + width + i, d * load_some(x + i, n) * gelu_slope16(gate), n);
            store_some(dx + i, d * gelu16(gate), n);
        }
    }
}

VERSIONS(
    geglu_slope, (float *dx, const float *dy, const float *x, size_t rows, size_t width), (dx, dy, x, rows, width))

typedef struct {
    void (*run)(float *, const float *, const float *, size_t, size_t);
    float *dx;
    const float *dy, *x;
    size_t rows, width, step;
} geglu_slope_work;

static void geglu_slope_task(void *pointer, size_t task) {
    geglu_slope_work *w = pointer;
    size_t begin = task * w->step, rows = w->rows - begin < w->step ? w->rows - begin : w->step;
    w->run(
        w->dx + begin * 2 * w->width, w->dy + begin * w->width, w->x + begin * 2 * w->width, rows, w->width);
}

void ck_geglu_backward(
    const ck_context *context, float *dx, const float *dy, const float *x, size_t rows, size_t width) {
    geglu_slope_work w = {
        .dx = dx, .dy = dy, .x = x, .rows = rows, .width = width, .step = rows_per_task(2 * width)};
    geglu_slope_run(context->isa, geglu_slope_reference, &w.run);
    ck_parallel(context, (rows + w.step - 1) / w.step, geglu_slope_task, &w);
}
