/* The same, compiled for AVX2. FMA stays out: it would round differently. */
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#include "versions.h"
#include "picture.h"

int toybox_render_avx2(
    const toybox_picture *picture, int32_t size, int shows_subject, uint8_t *pixels, uint8_t *mask) {
    return render(picture, size, shows_subject, pixels, mask);
}
#pragma clang attribute pop
#else
typedef int toybox_no_avx2;
#endif
