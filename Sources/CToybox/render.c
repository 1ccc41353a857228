#include "versions.h"

toybox_code toybox_best_code(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2")) return TOYBOX_AVX2;
#endif
    return TOYBOX_PORTABLE;
}

int toybox_render(
    const toybox_picture *picture, int32_t size, int32_t shows_subject, toybox_code code, uint8_t *pixels,
    uint8_t *mask) {
    if (size < 1 || picture->body_count > TOYBOX_MAXIMUM_BODIES || picture->part_count > TOYBOX_MAXIMUM_PARTS)
        return -1;
#if defined(__x86_64__)
    if (code == TOYBOX_AVX2) return toybox_render_avx2(picture, size, shows_subject, pixels, mask);
#else
    (void)code;
#endif
    return toybox_render_portable(picture, size, shows_subject, pixels, mask);
}
