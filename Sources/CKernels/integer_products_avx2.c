// Products of 16-bit integers with AVX2.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME(x) x##_avx2
#define LANES 8
#define DOT2(sum, a, b) (sum) + (sums_avx2)_mm256_madd_epi16((__m256i)(a), (__m256i)(b))
#include "integer_kernels.h"
#pragma clang attribute pop
#endif
