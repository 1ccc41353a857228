// The innermost loops of convolutions, by what weights are.
#pragma once
#include "product.h"

INLINE size_t size_of_weight(ck_weights type) {
    return type == CK_FLOATS ? sizeof(float) : type == CK_BYTES ? sizeof(int8_t) : sizeof(int16_t);
}

INLINE const void *weights_at(const void *weights, size_t at, ck_weights type) {
    return (const char *)weights + at * size_of_weight(type);
}

/// sums [PRODUCT_ROWS, vectors * 16] += rows of pixels [depth] times `vectors` panels, which are `panel_stride` numbers apart:
/// floats [depth, 16], or pairs of integers [depth / 2, 16, 2], where the row's pixels are words, of which one more is read if
/// their number is odd. `vectors` is 1, and 2 only with AVX-512.
typedef void (*accumulate_function)(
    float *sums, const void *const *rows, size_t depth, const void *panels, size_t panel_stride, ck_weights type, int vectors);

/// Products that are added up exactly: of so many the sum stays within 32 bits, whatever the factors are.
enum {
    EXACT_WORDS = 128, X_BOUND_WORDS = 8191,  // 128 * 8191 * CK_WORD_BOUND < 2^31
    EXACT_BYTES = 512, X_BOUND_BYTES = 32767,  // 512 * 32767 * 127 < 2^31
};
_Static_assert((int64_t)EXACT_WORDS * X_BOUND_WORDS * CK_WORD_BOUND <= INT32_MAX, "sums of words must be exact");
_Static_assert((int64_t)EXACT_BYTES * X_BOUND_BYTES * INT8_MAX <= INT32_MAX, "sums of bytes must be exact");

