#include "simd.h"
#include "slices.h"

typedef struct {
    void (*run)(float *, const uint16_t *, size_t);
    float *out;
    const uint16_t *in;
    size_t count;
} convert_work;

static void convert_task(void *pointer, size_t task) {
    convert_work *w = pointer;
    slice s = slice_of(w->count, task);
    w->run(w->out + s.begin, w->in + s.begin, s.end - s.begin);
}

/// IEEE 754 binary16, subnormals and infinities included, bit by bit.
static float float_from_half(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = (half >> 10) & 31, fraction = half & 0x3ff, bits;
    if (exponent == 31) {
        bits = sign | 0x7f800000 | fraction << 13;
    } else if (exponent == 0) {
        float magnitude = (float)fraction * 0x1p-24f;
        memcpy(&bits, &magnitude, sizeof bits);
        bits |= sign;
    } else {
        bits = sign | (exponent + 112) << 23 | fraction << 13;
    }
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void half_reference(float *out, const uint16_t *in, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = float_from_half(in[i]);
}

#if defined(__x86_64__)
INLINE void half_body(float *out, const uint16_t *in, size_t count) {
    for (size_t i = 0; i < count; i++) {
        _Float16 half;
        memcpy(&half, in + i, sizeof half);
        out[i] = (float)half;
    }
}

TARGET_AVX2 static void half_avx2(float *out, const uint16_t *in, size_t count) { half_body(out, in, count); }
TARGET_AVX512 static void half_avx512(float *out, const uint16_t *in, size_t count) { half_body(out, in, count); }
#endif

void ck_float_from_half(const ck_context *context, float *out, const uint16_t *in, size_t count) {
    convert_work w = {.run = half_reference, .out = out, .in = in, .count = count};
#if defined(__x86_64__)
    if (context->isa == CK_AVX512) w.run = half_avx512;
    if (context->isa == CK_AVX2) w.run = half_avx2;
#endif
    ck_parallel(context, slice_count(count), convert_task, &w);
}

static void bfloat(float *out, const uint16_t *in, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = get_one(in, i, true);
}

void ck_float_from_bfloat(const ck_context *context, float *out, const uint16_t *in, size_t count) {
    convert_work w = {.run = bfloat, .out = out, .in = in, .count = count};
    ck_parallel(context, slice_count(count), convert_task, &w);
}

// Float to bfloat16 ----------------------------------------------------------------------------------

static void round_reference(uint16_t *out, const float *in, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, in + i, sizeof bits);
        uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
        out[i] = (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? (bits >> 16 | 0x40) : rounded);
    }
}

INLINE void round_body(uint16_t *out, const float *in, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, in + i, sizeof bits);
        uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16, quiet = bits >> 16 | 0x40;
        out[i] = (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? quiet : rounded);
    }
}

VERSIONS(round, (uint16_t *out, const float *in, size_t count), (out, in, count))

typedef struct {
    void (*run)(uint16_t *, const float *, size_t);
    uint16_t *out;
    const float *in;
    size_t count;
} round_work;

static void round_task(void *pointer, size_t task) {
    round_work *w = pointer;
    slice s = slice_of(w->count, task);
    w->run(w->out + s.begin, w->in + s.begin, s.end - s.begin);
}

void ck_bfloat_from_float(const ck_context *context, uint16_t *out, const float *in, size_t count) {
    round_work w = {.out = out, .in = in, .count = count};
    round_run(context->isa, round_reference, &w.run);
    ck_parallel(context, slice_count(count), round_task, &w);
}
