// The innermost loop of products of float32 matrices, for those kernels that no library has.
#pragma once
#include "simd.h"

/// Rows of the first factor at a time: with one vector of columns they fill the registers of AVX2, with four those of AVX-512.
enum { PRODUCT_ROWS = 6 };

INLINE size_t size_of_weight(ck_weights type) {
    return type == CK_FLOATS ? sizeof(float) : type == CK_BYTES ? sizeof(int8_t) : sizeof(int16_t);
}

INLINE const void *weights_at(const void *weights, size_t at, ck_weights type) {
    return (const char *)weights + at * size_of_weight(type);
}

/// 16 weights from `at` on, floats or bfloat16, as floats.
INLINE f32x16 load_weights(const void *weights, size_t at, ck_weights type) {
    if (type == CK_FLOATS) return load16((const float *)weights + at);
    u16x16 halves;
    memcpy(&halves, (const uint16_t *)weights + at, sizeof halves);
    return (f32x16)(__builtin_convertvector(halves, u32x16) << 16);
}

/// out [PRODUCT_ROWS, VECTORS * 16] = a [PRODUCT_ROWS, depth] b [depth, VECTORS * 16]. Rows of out, rows of b, and vectors in a
/// row of b are as far apart as the strides say.
#define PRODUCT(VECTORS)                                                                                                  \
    INLINE void product_##VECTORS(                                                                                        \
        float *out, size_t out_stride, const float *a, size_t depth, const void *b, size_t b_stride, size_t vector_stride, \
        ck_weights type) {                                                                                                \
        f32x16 sum[PRODUCT_ROWS][VECTORS];                                                                                \
        _Pragma("clang loop unroll(full)") for (int r = 0; r < PRODUCT_ROWS; r++)                                         \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++) sum[r][v] = splat(0);                    \
        for (size_t i = 0; i < depth; i++) {                                                                              \
            f32x16 factor[VECTORS];                                                                                       \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)                                          \
                factor[v] = load_weights(b, i * b_stride + v * vector_stride, type);                                      \
            _Pragma("clang loop unroll(full)") for (int r = 0; r < PRODUCT_ROWS; r++) {                                   \
                f32x16 x = splat(a[r * depth + i]);                                                                       \
                _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++) sum[r][v] += x * factor[v];          \
            }                                                                                                             \
        }                                                                                                                 \
        _Pragma("clang loop unroll(full)") for (int r = 0; r < PRODUCT_ROWS; r++)                                         \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)                                          \
                store16(out + r * out_stride + 16 * v, sum[r][v]);                                                        \
    }

PRODUCT(1)
PRODUCT(4)
