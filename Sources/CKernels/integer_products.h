// Kernels that multiply integers of 16 and 8 bits.
#pragma once
#include "attention.h"
#include "convolution.h"
#include "quantise.h"

typedef struct {
    accumulate_function accumulate;
    accumulate_function accumulate_quads;  // null where there are none, and so is the next
    multiply_quads_function multiply_quads;
    void (*attend)(const attention_task *t);
    void (*pack)(const float *keys, const float *values, size_t count, size_t channels, size_t depth, float *packed);
} integer_kernels;

extern const integer_kernels kernels_generic, kernels_avx2, kernels_avx_vnni, kernels_avx512, kernels_avx512_vnni;

/// The version for an instruction set.
const integer_kernels *integer_products(ck_isa isa);

/// Floats of a block of keys and values that attention multiplies so.
INLINE size_t attention_words_block(size_t depth, size_t padded) {
    return 16 + BLOCK * ((depth + 1) / 2) + BLOCK / 2 * padded;
}

// 128 * 2^13 * VALUE_BOUND < 2^31, with room for what the largest probability is off by.
enum { PROBABILITY_BITS = 13, VALUE_BOUND = 2047 };
_Static_assert((int64_t)BLOCK * ((1 << PROBABILITY_BITS) + 2) * VALUE_BOUND <= INT32_MAX, "sums of a block must be exact");

/// The largest magnitude of queries and keys, so that no sum of `depth` products is beyond 32 bits.
INLINE int score_bound(size_t depth) { return (int)fminf(sqrtf(2147480000.0f / (float)depth), INT16_MAX); }

/// The largest magnitude; not a number if any is not finite.
INLINE float largest_magnitude(const float *x, size_t rows, size_t width, size_t stride) {
    f32x8 largest = {0}, strange = {0};
    float result = 0;
    for (size_t row = 0; row < rows; row++) {
        const float *from = x + row * stride;
        size_t i = 0;
        for (; i + 8 <= width; i += 8) {
            f32x8 v = load8(from + i);
            largest = __builtin_elementwise_max(largest, __builtin_elementwise_abs(v));
            strange += v - v;
        }
        for (; i < width; i++) {
            result = fmaxf(result, fabsf(from[i]));
            strange[0] += from[i] - from[i];
        }
    }
    for (int i = 0; i < 8; i++) {
        result = fmaxf(result, largest[i]);
        strange[0] += i > 0 ? strange[i] : 0;
    }
    return result + strange[0];
}

/// Two times eight numbers in the range of 16 bits, rounded to nearest, in the halves of eight.
INLINE u32x8 both_words(f32x8 low, f32x8 high) {
    // Adding 1.5 * 2^23 rounds to an integer, which then also stands in the lowest bits.
    const f32x8 round = splat8(12582912.0f);
    return ((u32x8)(low + round) & 0xffff) | ((u32x8)(high + round) << 16);
}

/// out [pairs] = neighbours of x [width], times a factor; what is beyond the last is zero.
INLINE void words_of(uint32_t *out, const float *x, size_t width, float factor) {
    size_t i = 0;
    for (; i + 16 <= width; i += 16) {
        f32x8 a = load8(x + i), b = load8(x + i + 8);
        f32x8 even = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
        f32x8 odd = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
        u32x8 both = both_words(even * factor, odd * factor);
        memcpy(out + i / 2, &both, sizeof both);
    }
    for (; i < width; i += 2)
        out[i / 2] = both_words(splat8(x[i] * factor), splat8(i + 1 < width ? x[i + 1] * factor : 0))[0];
}
