// The same where the processor adds up the products itself: AVX-512 VNNI.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"))), apply_to = function)
#define NAME(x) x##_avx512_vnni
#define LANES 16
#define DOT2(sum, a, b) (sums_avx512_vnni) _mm512_dpwssd_epi32((__m512i)(sum), (__m512i)(a), (__m512i)(b))
#define DOT4(sum, a, b) (sums_avx512_vnni) _mm512_dpbusd_epi32((__m512i)(sum), (__m512i)(a), (__m512i)(b))
#include "integer_kernels.h"
#pragma clang attribute pop
#endif
