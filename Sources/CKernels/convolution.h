// What convolutions are of: panels of weights, and the innermost loops by what these are.
#pragma once
#include "product.h"

INLINE size_t size_of_weight(ck_weights type) {
    return type == CK_FLOATS ? sizeof(float) : type == CK_BYTES || type == CK_QUADS ? sizeof(int8_t) : sizeof(int16_t);
}

INLINE const void *weights_at(const void *weights, size_t at, ck_weights type) {
    return (const char *)weights + at * size_of_weight(type);
}

INLINE bool are_integers(ck_weights type) { return type == CK_WORDS || type == CK_BYTES || type == CK_QUADS; }

/// Numbers that lie beside each other of an output.
INLINE size_t beside(ck_weights type) { return type == CK_QUADS ? 4 : are_integers(type) ? 2 : 1; }

/// Numbers of a panel for each tap.
INLINE size_t depth_of(const ck_convolution *s, ck_weights type) { return round_up(s->channels, beside(type)); }

/// Numbers of all panels.
INLINE size_t numbers_of(const ck_convolution *shape, ck_weights type) {
    return round_up(shape->outputs, 16) * shape->kernel * shape->kernel * depth_of(shape, type);
}

/// Panels at a time, with AVX-512: with PRODUCT_ROWS rows they fill its registers.
enum { MOST_VECTORS = 4 };

/// sums [PRODUCT_ROWS, vectors * 16] += rows of pixels [depth] times `vectors` panels, which are `panel_stride` numbers apart:
/// floats [depth, 16], or pairs of integers [depth / 2, 16, 2], where the row's pixels are words, of which one more is read if
/// their number is odd. With quads [depth / 4, 16, 4] the row's pixels are bytes without a sign, of which up to three more are read,
/// and sums are of 32 bits. `vectors` is 1, and MOST_VECTORS only with AVX-512.
typedef void (*accumulate_function)(
    float *sums, const void *const *rows, size_t depth, const void *panels, size_t panel_stride, ck_weights type, int vectors);

/// What becomes of sums of quads on the way out: what they have too much is taken off, then they are scaled and added to.
typedef struct {
    const int32_t *excess;
    const float *scales, *bias, *residual;  // the last two may be null
    float *out;
    size_t stride, residual_stride;  // of rows
    float x_scales[PRODUCT_ROWS];
} quads_end;

/// PRODUCT_ROWS rows of bytes without a sign [depth] times MOST_VECTORS panels.
typedef void (*multiply_quads_function)(
    const quads_end *end, const void *const *rows, size_t depth, const void *panels, size_t panel_stride);

/// Products that are added up exactly: of so many the sum stays within 32 bits, whatever the factors are.
enum {
    EXACT_WORDS = 128, X_BOUND_WORDS = 8191,  // 128 * 8191 * CK_WORD_BOUND < 2^31
    EXACT_BYTES = 512, X_BOUND_BYTES = 32767,  // 512 * 32767 * 127 < 2^31
    EXACT_QUADS = 65536, X_OFFSET_QUADS = 128,  // 65536 * 255 * 127 < 2^31
};
_Static_assert((int64_t)EXACT_WORDS * X_BOUND_WORDS * CK_WORD_BOUND <= INT32_MAX, "sums of words must be exact");
_Static_assert((int64_t)EXACT_BYTES * X_BOUND_BYTES * INT8_MAX <= INT32_MAX, "sums of bytes must be exact");
_Static_assert((int64_t)EXACT_QUADS * UINT8_MAX * INT8_MAX <= INT32_MAX, "sums of quads must be exact");

