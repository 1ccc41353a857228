#include "quantise.h"
#include "slices.h"

/// The bits of a float in place.
typedef uint32_t __attribute__((may_alias)) float_bits;

// Numbers to integers ----------------------------------------------------------------------------------

/// The largest magnitude; not a number if any of them is not finite.
static void magnitude_reference(const float *x, size_t count, float *result) {
    *result = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(x[i])) {
            *result = NAN;
            return;
        }
        if (fabsf(x[i]) > *result) *result = fabsf(x[i]);
    }
}

INLINE void magnitude_body(const float *x, size_t count, float *result) { *result = magnitude_of(x, count); }

VERSIONS(magnitude, (const float *x, size_t count, float *result), (x, count, result))

/// Rounds to nearest, ties to even, and adds `offset`; products with `inverse` are in range. `out` is bytes or, if `wide`, of 16 bits.
static void round_reference(void *out, bool wide, const float *x, size_t count, float inverse, int offset) {
    for (size_t i = 0; i < count; i++) {
        int16_t number = (int16_t)(word_of(x[i] * inverse) + offset);
        if (wide)
            ((int16_t *)out)[i] = number;
        else
            ((int8_t *)out)[i] = (int8_t)number;
    }
}

INLINE void round_body(void *out, bool wide, const float *x, size_t count, float inverse, int offset) {
    if (wide)
        round_to(out, true, x, count, inverse, offset);
    else
        round_to(out, false, x, count, inverse, offset);
}

VERSIONS(
    round, (void *out, bool wide, const float *x, size_t count, float inverse, int offset), (out, wide, x, count, inverse, offset))

typedef struct {
    void (*magnitude)(const float *, size_t, float *);
    void (*round)(void *, bool, const float *, size_t, float, int);
    void *out;
    int bound, offset;
    float *scales;
    const float *x;
    size_t groups, size, pieces;
} quantise_work;

/// Rounds numbers from `at` on, which are of one group.
static void round_some(const quantise_work *w, size_t at, size_t count, float scale) {
    bool wide = w->bound > INT8_MAX;
    w->round((char *)w->out + (wide ? 2 * at : at), wide, w->x + at, count, inverse_of(scale), w->offset);
}

/// Groups that are small enough for a task, some of them at once.
static void small_task(void *pointer, size_t task) {
    quantise_work *w = pointer;
    size_t step = rows_per_task(w->size), end = (task + 1) * step;
    if (end > w->groups) end = w->groups;
    for (size_t group = task * step; group < end; group++) {
        const float *x = w->x + group * w->size;
        float largest;
        w->magnitude(x, w->size, &largest);
        w->scales[group] = largest / (float)w->bound;
        round_some(w, group * w->size, w->size, w->scales[group]);
    }
}

static void magnitude_task(void *pointer, size_t task) {
    quantise_work *w = pointer;
    size_t group = task / w->pieces;
    slice s = slice_of(w->size, task % w->pieces);
    float largest;
    w->magnitude(w->x + group * w->size + s.begin, s.end - s.begin, &largest);
    // Floats that are not negative are in the order of their bits, and what is not a number is above all.
    float_bits mine, *place = (float_bits *)(w->scales + group);
    memcpy(&mine, &largest, sizeof mine);
    mine &= 0x7fffffff;
    float_bits known = __atomic_load_n(place, __ATOMIC_RELAXED);
    while (mine > known && !__atomic_compare_exchange_n(place, &known, mine, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}

static void round_task(void *pointer, size_t task) {
    quantise_work *w = pointer;
    size_t group = task / w->pieces;
    slice s = slice_of(w->size, task % w->pieces);
    round_some(w, group * w->size + s.begin, s.end - s.begin, w->scales[group]);
}

void ck_quantise(
    const ck_context *context, void *out, int bound, int offset, float *scales, const float *x, size_t groups, size_t size) {
    quantise_work w = {
        .out = out, .bound = bound, .offset = offset, .scales = scales, .x = x, .groups = groups, .size = size, .pieces = slice_count(size)};
    magnitude_run(context->isa, magnitude_reference, &w.magnitude);
    round_run(context->isa, round_reference, &w.round);
    if (w.pieces <= 1) {
        size_t step = rows_per_task(size);
        return ck_parallel(context, (groups + step - 1) / step, small_task, &w);
    }
    memset(scales, 0, groups * sizeof *scales);
    ck_parallel(context, groups * w.pieces, magnitude_task, &w);
    for (size_t group = 0; group < groups; group++) scales[group] /= (float)bound;
    ck_parallel(context, groups * w.pieces, round_task, &w);
}

// And back -------------------------------------------------------------------------------------------

typedef struct {
    float *out;
    const int8_t *in;
    size_t count;
} widen_work;

static void widen_task(void *pointer, size_t task) {
    widen_work *w = pointer;
    slice s = slice_of(w->count, task);
    for (size_t i = s.begin; i < s.end; i++) w->out[i] = w->in[i];
}

void ck_float_from_int8(const ck_context *context, float *out, const int8_t *in, size_t count) {
    widen_work w = {.out = out, .in = in, .count = count};
    ck_parallel(context, slice_count(count), widen_task, &w);
}

typedef struct {
    float *out;
    const void *sums;
    bool are_integers;
    size_t rows, width, rows_per_scale;
    const float *row_scales, *column_scales, *bias, *residual;
} row_scale_arguments;

static void rescale_reference(const row_scale_arguments *a, size_t begin, size_t end) {
    for (size_t row = begin; row < end; row++) {
        for (size_t i = 0; i < a->width; i++) {
            size_t at = row * a->width + i;
            int32_t integer;
            float sum;
            memcpy(&integer, (const char *)a->sums + 4 * at, 4);
            memcpy(&sum, (const char *)a->sums + 4 * at, 4);
            if (a->are_integers) sum = (float)integer;
            float value = sum * (a->row_scales[row / a->rows_per_scale] * a->column_scales[i]);
            if (a->bias) value += a->bias[i];
            if (a->residual) value += a->residual[at];
            a->out[at] = value;
        }
    }
}

INLINE void rescale_body(const row_scale_arguments *a, size_t begin, size_t end) {
    const f32x16 none = {0};
    for (size_t row = begin; row < end; row++) {
        const f32x16 scale = splat(a->row_scales[row / a->rows_per_scale]);
        for (size_t i = 0; i < a->width; i += 16) {
            size_t at = row * a->width + i, count = a->width - i < 16 ? a->width - i : 16;
            bool whole = count == 16;
            const float *sums = (const float *)a->sums + at;
            f32x16 bits = whole ? load16(sums) : load_some(sums, count);
            f32x16 sum = a->are_integers ? __builtin_convertvector((i32x16)bits, f32x16) : bits;
            f32x16 column = whole ? load16(a->column_scales + i) : load_some(a->column_scales + i, count);
            f32x16 value = sum * (scale * column);
            value += !a->bias ? none : whole ? load16(a->bias + i) : load_some(a->bias + i, count);
            value += !a->residual ? none : whole ? load16(a->residual + at) : load_some(a->residual + at, count);
            if (whole)
                store16(a->out + at, value);
            else
                store_some(a->out + at, value, count);
        }
    }
}

VERSIONS(rescale, (const row_scale_arguments *a, size_t begin, size_t end), (a, begin, end))

typedef struct {
    void (*run)(const row_scale_arguments *, size_t, size_t);
    row_scale_arguments arguments;
} rescale_work;

static void rescale_task(void *pointer, size_t task) {
    rescale_work *w = pointer;
    size_t step = rows_per_task(w->arguments.width), end = (task + 1) * step;
    w->run(&w->arguments, task * step, end < w->arguments.rows ? end : w->arguments.rows);
}

void ck_rescale(
    const ck_context *context, float *out, const void *sums, bool are_integers, size_t rows, size_t width,
    const float *row_scales, size_t rows_per_scale, const float *column_scales, const float *bias,
    const float *residual) {
    rescale_work w = {.arguments = {out, sums, are_integers, rows, width, rows_per_scale, row_scales, column_scales, bias, residual}};
    rescale_run(context->isa, rescale_reference, &w.run);
    size_t step = rows_per_task(width);
    ck_parallel(context, (rows + step - 1) / step, rescale_task, &w);
}
