// Numbers to integers of a common scale.
#pragma once
#include "simd.h"

/// What numbers are multiplied by: nothing is left of those that are too small for it.
INLINE float inverse_of(float scale) { return scale > 1.2e-38f ? 1 / scale : 0; }

/// The nearest integer, ties to even; 0 for what is not a number.
INLINE int16_t word_of(float x) {
    float rounded = nearbyintf(x);
    return isnan(rounded) ? 0 : (int16_t)rounded;
}

/// The largest magnitude; not a number if any of them is not finite.
INLINE float magnitude_of(const float *x, size_t count) {
    f32x16 largest = {0}, strange = {0};
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        f32x16 v = load16(x + i);
        largest = max16(max16(v, -v), largest);
        strange += v - v;  // not a number where v is not finite
    }
    if (i < count) {
        f32x16 v = load_some(x + i, count - i);
        largest = max16(max16(v, -v), largest);
        strange += v - v;
    }
    return max_of(largest) + sum_of(strange);
}

INLINE void put_integers(void *out, bool wide, size_t at, i32x16 numbers, size_t count) {
    if (wide) {
        i16x16 words = __builtin_convertvector(numbers, i16x16);
        memcpy((int16_t *)out + at, &words, count * sizeof(int16_t));
    } else {
        i8x16 bytes = __builtin_convertvector(numbers, i8x16);
        memcpy((int8_t *)out + at, &bytes, count);
    }
}

/// Rounds to nearest, ties to even, and adds `offset`; products with `inverse` are in range. `out` is bytes or, if `wide`, of 16
/// bits, and may be `x`.
INLINE void round_to(void *out, bool wide, const float *x, size_t count, float inverse, int offset) {
    // Adding 1.5 * 2^23 rounds to an integer, whose lowest bits then stand in the lowest bits.
    const f32x16 round = splat(12582912.0f + (float)offset);
    size_t i = 0;
    for (; i + 16 <= count; i += 16) put_integers(out, wide, i, (i32x16)(load16(x + i) * splat(inverse) + round), 16);
    if (i < count)
        put_integers(out, wide, i, (i32x16)(load_some(x + i, count - i) * splat(inverse) + round), count - i);
}
