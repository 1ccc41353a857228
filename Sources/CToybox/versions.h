/* One source, compiled for several processors. */
#pragma once

#include "include/toybox.h"

int toybox_render_portable(
    const toybox_picture *picture, int32_t size, int shows_subject, uint8_t *pixels, uint8_t *mask);
int toybox_render_avx2(
    const toybox_picture *picture, int32_t size, int shows_subject, uint8_t *pixels, uint8_t *mask);
