#ifndef OVER_WHITE_H
#define OVER_WHITE_H

#include <stddef.h>
#include <stdint.h>

// Lays pixels with straight alpha over white.
static inline void over_white(uint8_t *rgb, const uint8_t *rgba, size_t pixels) {
    for (size_t i = 0; i < pixels; i++) {
        unsigned alpha = rgba[4 * i + 3];
        for (size_t c = 0; c < 3; c++) {
            rgb[3 * i + c] = (uint8_t)((rgba[4 * i + c] * alpha + 255 * (255 - alpha) + 127) / 255);
        }
    }
}

#endif
