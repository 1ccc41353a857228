// Sums of products of 16-bit numbers, exact in 32 bits: a pair of products a lane in one instruction where the processor has one
// (x86 has had it since MMX), which is one and a half to two times as many as float32 has. Here are those of the build's baseline.
#include "integer_products.h"

#define NAME(x) x##_generic
#define LANES 4
#if defined(__x86_64__)
#include <immintrin.h>
#define DOT2(sum, a, b) (sum) + (sums_generic)_mm_madd_epi16((__m128i)(a), (__m128i)(b))
#else
typedef int16_t i16x4 __attribute__((vector_size(8)));
typedef int16_t i16x8 __attribute__((vector_size(16)));
typedef int32_t i32x4 __attribute__((vector_size(16)));

INLINE i32x4 dot2(i32x4 sum, i16x8 a, i16x8 b) {
    i16x4 a0 = __builtin_shufflevector(a, a, 0, 2, 4, 6), a1 = __builtin_shufflevector(a, a, 1, 3, 5, 7);
    i16x4 b0 = __builtin_shufflevector(b, b, 0, 2, 4, 6), b1 = __builtin_shufflevector(b, b, 1, 3, 5, 7);
    sum += __builtin_convertvector(a0, i32x4) * __builtin_convertvector(b0, i32x4);
    return sum + __builtin_convertvector(a1, i32x4) * __builtin_convertvector(b1, i32x4);
}
#define DOT2 dot2
#endif
#include "integer_kernels.h"

const integer_kernels *integer_products(ck_isa isa) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (isa == CK_AVX512) return ck_detect_int8() ? &kernels_avx512_vnni : &kernels_avx512;
    if (isa == CK_AVX2) return __builtin_cpu_supports("avxvnni") ? &kernels_avx_vnni : &kernels_avx2;
#endif
    return &kernels_generic;
}
