// Attention in bfloat16 for processors that have none: the same numbers, so that they can be seen on any machine.
#include "attention.h"

INLINE f32x16 dot2(f32x16 sum, u32x16 a, u32x16 b) {
    sum += (f32x16)(a << 16) * (f32x16)(b << 16);
    return sum + (f32x16)(a & 0xffff0000) * (f32x16)(b & 0xffff0000);
}

INLINE u32x16 both_rounded(f32x16 a, f32x16 b) {
    u16x16 low = __builtin_convertvector(rounded_high(a) >> 16, u16x16);
    u16x16 high = __builtin_convertvector(rounded_high(b) >> 16, u16x16);
    u32x16 both;
    memcpy(&both, &low, sizeof low);
    memcpy((char *)&both + sizeof low, &high, sizeof high);
    return both;
}

#define DOT2 dot2
#define MAX16 max16
#define ROUNDED both_rounded

#define NAME(x) x##_bfloat16_portable
#include "attention_bfloat16.h"
void NAME(attend)(const attention_task *t) { NAME(attend_any)(t); }
#undef NAME

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define NAME(x) x##_bfloat16_avx2
#include "attention_bfloat16.h"
void NAME(attend)(const attention_task *t) { NAME(attend_any)(t); }
#pragma clang attribute pop
#endif
