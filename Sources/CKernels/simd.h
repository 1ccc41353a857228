// Portable 16-lane vectors (clang's vector extension): one zmm, two ymm or four xmm registers, as the
// function that they are inlined into allows.
#pragma once
#include "kernels.h"
#include <math.h>
#include <string.h>

// Vectors are only ever passed between functions that are inlined, so their calling convention does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float f32x16 __attribute__((vector_size(64)));
typedef float f32x8 __attribute__((vector_size(32)));
typedef int32_t i32x16 __attribute__((vector_size(64)));
typedef uint32_t u32x16 __attribute__((vector_size(64)));
typedef uint16_t u16x16 __attribute__((vector_size(32)));
typedef int32_t i32x8 __attribute__((vector_size(32)));
typedef uint32_t u32x8 __attribute__((vector_size(32)));
typedef int16_t i16x16 __attribute__((vector_size(32)));
typedef int8_t i8x16 __attribute__((vector_size(16)));

#define INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__)
#define TARGET_AVX2 __attribute__((target("avx2,fma,f16c")))
#define TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")))
#endif

// Defines NAME_generic, NAME_avx2 and NAME_avx512 from an always-inline NAME_body, and NAME_run, which picks.
// PARAMETERS and ARGUMENTS are parenthesised lists.
#if defined(__x86_64__)
#define VERSIONS(NAME, PARAMETERS, ARGUMENTS)                                        \
    static void NAME##_generic PARAMETERS { NAME##_body ARGUMENTS; }                 \
    TARGET_AVX2 static void NAME##_avx2 PARAMETERS { NAME##_body ARGUMENTS; }        \
    TARGET_AVX512 static void NAME##_avx512 PARAMETERS { NAME##_body ARGUMENTS; }    \
    INLINE void NAME##_run(ck_isa isa, void (*reference) PARAMETERS, void (**chosen) PARAMETERS) { \
        *chosen = isa == CK_REFERENCE ? reference                                    \
                  : isa == CK_AVX512  ? NAME##_avx512                                \
                  : isa == CK_AVX2    ? NAME##_avx2                                  \
                                      : NAME##_generic;                              \
    }
#else
#define VERSIONS(NAME, PARAMETERS, ARGUMENTS)                                        \
    static void NAME##_generic PARAMETERS { NAME##_body ARGUMENTS; }                 \
    INLINE void NAME##_run(ck_isa isa, void (*reference) PARAMETERS, void (**chosen) PARAMETERS) { \
        *chosen = isa == CK_REFERENCE ? reference : NAME##_generic;                  \
    }
#endif

INLINE size_t round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }

INLINE f32x16 load16(const float *p) {
    f32x16 v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE void store16(float *p, f32x16 v) { memcpy(p, &v, sizeof v); }

/// The first `count` (< 16) lanes from memory, the rest zero.
INLINE f32x16 load_some(const float *p, size_t count) {
    f32x16 v = {0};
    memcpy(&v, p, count * sizeof(float));
    return v;
}

/// x[at...], of which x has `count`; what is beyond these is zero.
INLINE f32x16 load_within(const float *x, size_t at, size_t count) {
    return at + 16 <= count ? load16(x + at) : at < count ? load_some(x + at, count - at) : (f32x16){0};
}

INLINE void store_some(float *p, f32x16 v, size_t count) { memcpy(p, &v, count * sizeof(float)); }

INLINE f32x16 splat(float x) { return (f32x16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }

INLINE f32x8 load8(const float *p) {
    f32x8 v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE void store8(float *p, f32x8 v) { memcpy(p, &v, sizeof v); }

INLINE f32x8 splat8(float x) { return (f32x8){x, x, x, x, x, x, x, x}; }

INLINE f32x16 select16(i32x16 mask, f32x16 a, f32x16 b) {
    return (f32x16)(((i32x16)a & mask) | ((i32x16)b & ~mask));
}

/// The larger and the smaller; where either is not a number, `b`.
INLINE f32x16 max16(f32x16 a, f32x16 b) { return select16(a > b, a, b); }
INLINE f32x16 min16(f32x16 a, f32x16 b) { return select16(a < b, a, b); }
INLINE f32x8 max8(f32x8 a, f32x8 b) {
    i32x8 larger = a > b;
    return (f32x8)(((i32x8)a & larger) | ((i32x8)b & ~larger));
}

INLINE float sum_of(f32x16 v) {
    float s[16];
    store16(s, v);
    for (int width = 8; width > 0; width /= 2)
        for (int i = 0; i < width; i++) s[i] += s[i + width];
    return s[0];
}

INLINE float max_of(f32x16 v) {
    float s[16];
    store16(s, v);
    for (int width = 8; width > 0; width /= 2)
        for (int i = 0; i < width; i++) s[i] = s[i] > s[i + width] ? s[i] : s[i + width];
    return s[0];
}

/// e^x with a relative error below 2e-7 for x in [-87, 88]; clamped outside, so e^-inf is about 1e-38. What is
/// not a number stays so.
INLINE f32x16 exp16(f32x16 x) {
    x = min16(splat(88.0f), max16(splat(-87.0f), x));
    // Adding 1.5 * 2^23 rounds to an integer, which then also stands in the lowest bits.
    const f32x16 round = splat(12582912.0f);
    f32x16 rounded = x * splat(1.44269504088896f) + round;
    f32x16 n = rounded - round;
    f32x16 r = x - n * splat(0.693359375f);
    r = r - n * splat(-2.12194440e-4f);
    f32x16 p = splat(1.0f / 5040);
    p = p * r + splat(1.0f / 720);
    p = p * r + splat(1.0f / 120);
    p = p * r + splat(1.0f / 24);
    p = p * r + splat(1.0f / 6);
    p = p * r + splat(0.5f);
    p = p * r + splat(1.0f);
    p = p * r + splat(1.0f);
    u32x16 exponent = ((u32x16)rounded + 127) << 23;
    return p * (f32x16)exponent;
}

/// 2^x with a relative error below 2e-7 for x in [-126, 0]; what is less counts as -126, and what is not a number stays so.
#define POWER(LANES)                                                                                \
    INLINE f32x##LANES power##LANES(f32x##LANES x) {                                                \
        const f32x##LANES zero = {0};                                                               \
        x = max##LANES(zero - 126, x);                                                              \
        const f32x##LANES round = zero + 12582912;                                                  \
        f32x##LANES rounded = x + round;                                                            \
        f32x##LANES r = x - (rounded - round);                                                      \
        f32x##LANES p = zero + 0.00132647272f;                                                      \
        p = p * r + 0.00967151269f;                                                                 \
        p = p * r + 0.0555073374f;                                                                  \
        p = p * r + 0.240222421f;                                                                   \
        p = p * r + 0.693146978f;                                                                   \
        p = p * r + 1.0f;                                                                           \
        u32x##LANES exponent = ((u32x##LANES)rounded + 127) << 23;                                  \
        return p * (f32x##LANES)exponent;                                                           \
    }

POWER(8)
POWER(16)

/// tanh x: near 0 by its continued fraction, cut after x^2 / 9, so that small numbers keep their digits.
INLINE f32x16 tanh16(f32x16 x) {
    f32x16 s = x * x;
    f32x16 near = x * (splat(945) + s * (splat(105) + s)) / (splat(945) + s * (splat(420) + splat(15) * s));
    f32x16 far = splat(1) - splat(2) / (splat(1) + exp16(splat(2) * x));
    return select16(s < splat(0.5625f), near, far);
}

INLINE f32x16 silu16(f32x16 x) { return x / (splat(1) + exp16(-x)); }

/// The derivative of silu16.
INLINE f32x16 silu_slope16(f32x16 x) {
    f32x16 s = splat(1) / (splat(1) + exp16(-x));
    return s * (splat(1) + x * (splat(1) - s));
}

/// Φ(x) by Abramowitz and Stegun's 7.1.26 for erfc (absolute error 1.5e-7, tails kept), and e^(-x²/2).
INLINE f32x16 normal_cdf16(f32x16 x, f32x16 *bell) {
    i32x16 negative = x < splat(0);
    f32x16 z = select16(negative, -x, x) * splat(0.70710678118655f);
    f32x16 t = splat(1) / (splat(1) + splat(0.3275911f) * z);
    f32x16 p = splat(1.061405429f);
    p = p * t + splat(-1.453152027f);
    p = p * t + splat(1.421413741f);
    p = p * t + splat(-0.284496736f);
    p = p * t + splat(0.254829592f);
    *bell = exp16(-z * z);
    f32x16 tail = splat(0.5f) * p * t * *bell;
    return select16(negative, tail, splat(1) - tail);
}

/// x * Φ(x).
INLINE f32x16 gelu16(f32x16 x) {
    f32x16 bell;
    return x * normal_cdf16(x, &bell);
}

/// The derivative of gelu16.
INLINE f32x16 gelu_slope16(f32x16 x) {
    f32x16 bell, cdf = normal_cdf16(x, &bell);
    return cdf + x * splat(0.39894228040143f) * bell;
}

// bfloat16 -------------------------------------------------------------------------------------------

INLINE u32x16 load_words(const uint32_t *p) {
    u32x16 v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE u32x16 splat_word(uint32_t x) { return (u32x16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }

/// bfloat16 in the upper halves; what is below them is left.
INLINE u32x16 rounded_high(f32x16 x) {
    u32x16 bits = (u32x16)x, magnitude = bits & 0x7fffffff;
    u32x16 rounded = bits + 0x7fff + ((bits >> 16) & 1), quiet = bits | 0x400000;
    u32x16 is_nan = (u32x16)(magnitude > 0x7f800000);
    return (quiet & is_nan) | (rounded & ~is_nan);
}

INLINE u32x16 pairs_of(f32x16 even, f32x16 odd) {
    return (rounded_high(even) >> 16) | (rounded_high(odd) & 0xffff0000);
}

/// Element `at` of an array of floats or, if `narrow`, of bfloat16.
INLINE float get_one(const void *in, size_t at, bool narrow) {
    if (!narrow) return ((const float *)in)[at];
    uint32_t bits = (uint32_t)((const uint16_t *)in)[at] << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/// Sixteen of them.
INLINE f32x16 get16(const void *in, size_t at, bool narrow) {
    if (!narrow) return load16((const float *)in + at);
    u16x16 halves;
    memcpy(&halves, (const uint16_t *)in + at, sizeof halves);
    return (f32x16)(__builtin_convertvector(halves, u32x16) << 16);
}

/// Writes lanes to element `at` of such an array.
INLINE void put16(void *out, size_t at, f32x16 v, bool narrow) {
    if (!narrow) return store16((float *)out + at, v);
    u16x16 halves = __builtin_convertvector(rounded_high(v) >> 16, u16x16);
    memcpy((uint16_t *)out + at, &halves, sizeof halves);
}

/// The same for the first `count` (< 16) lanes.
INLINE void put_some(void *out, size_t at, f32x16 v, size_t count, bool narrow) {
    if (!narrow) return store_some((float *)out + at, v, count);
    u16x16 halves = __builtin_convertvector(rounded_high(v) >> 16, u16x16);
    memcpy((uint16_t *)out + at, &halves, count * sizeof(uint16_t));
}

/// The same for one number.
INLINE void put_one(void *out, size_t at, float x, bool narrow) {
    if (narrow)
        ((uint16_t *)out)[at] = (uint16_t)(rounded_high(splat(x))[0] >> 16);
    else
        ((float *)out)[at] = x;
}

/// Where element `at` is.
INLINE void *element(void *out, size_t at, bool narrow) {
    return (char *)out + at * (narrow ? sizeof(uint16_t) : sizeof(float));
}
