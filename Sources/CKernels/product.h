// The innermost loop of products of float32 matrices, for those kernels that no library has.
#pragma once
#include "simd.h"

/// Rows of the first factor at a time: with one vector of columns they fill the registers of AVX2, with four those of AVX-512.
enum { PRODUCT_ROWS = 6 };

/// out [PRODUCT_ROWS, VECTORS * 16] = a [PRODUCT_ROWS, depth] b [depth, VECTORS * 16]. Rows of out, rows of b, and vectors in a
/// row of b are as far apart as the strides say.
#define PRODUCT(VECTORS)                                                                                                  \
    INLINE void product_##VECTORS(                                                                                        \
        float *out, size_t out_stride, const float *a, size_t depth, const float *b, size_t b_stride, size_t vector_stride) { \
        f32x16 sum[PRODUCT_ROWS][VECTORS];                                                                                \
        _Pragma("clang loop unroll(full)") for (int r = 0; r < PRODUCT_ROWS; r++)                                         \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++) sum[r][v] = splat(0);                    \
        for (size_t i = 0; i < depth; i++) {                                                                              \
            f32x16 factor[VECTORS];                                                                                       \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)                                          \
                factor[v] = load16(b + i * b_stride + v * vector_stride);                                                 \
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
