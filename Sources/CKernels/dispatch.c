#define _GNU_SOURCE
#include "kernels.h"
#include <malloc.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

ck_isa ck_detect_isa(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("f16c"))
        return CK_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c"))
        return CK_AVX2;
#endif
    return CK_GENERIC;
}

bool ck_detect_bfloat16(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    // All that have bfloat16 choose bytes from tables too, but for one, Cooper Lake, which is not worth its own kernels.
    return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vbmi");
#else
    return false;
#endif
}

bool ck_detect_tiles(void) {
#if defined(__x86_64__) && defined(SYS_arch_prctl)
    // ARCH_REQ_XCOMP_PERM for the tiles' part of the processor's state; kernels before 5.16 know neither.
    enum { REQUEST = 0x1023, TILE_DATA = 18 };
    __builtin_cpu_init();
    return ck_detect_bfloat16() && __builtin_cpu_supports("amx-bf16") && !syscall(SYS_arch_prctl, REQUEST, TILE_DATA);
#else
    return false;
#endif
}

bool ck_detect_int8(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512vnni");
#else
    return false;
#endif
}

int ck_available_processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set)) return 1;
    return CPU_COUNT(&set);
}

void ck_return_freed_memory(void) { malloc_trim(0); }
