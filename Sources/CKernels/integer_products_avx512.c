// Products of 16-bit integers with AVX-512.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define NAME(x) x##_avx512
#define LANES 16
#define DOT2(sum, a, b) (sum) + (sums_avx512)_mm512_madd_epi16((__m512i)(a), (__m512i)(b))
#include "integer_kernels.h"
#pragma clang attribute pop
#endif
