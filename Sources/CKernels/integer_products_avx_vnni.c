// The same where the processor adds up the products itself: AVX-VNNI.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,avxvnni"))), apply_to = function)
#define NAME(x) x##_avx_vnni
#define LANES 8
#define DOT2(sum, a, b) (sums_avx_vnni) _mm256_dpwssd_avx_epi32((__m256i)(sum), (__m256i)(a), (__m256i)(b))
#include "integer_kernels.h"
#pragma clang attribute pop
#endif
