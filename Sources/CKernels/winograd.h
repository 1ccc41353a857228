// What the versions of ck_winograd share: the work and its parts.
#pragma once
#include "product.h"

enum { POINTS = 6, OUTPUTS = 4, PANELS_A_TASK = 4 };

typedef struct winograd_work {
    float *out;
    const float *x, *bias, *residual;
    const void *weights;
    ck_weights type;
    size_t height, width, channels, outputs, tile, columns, tiles_of_image;
    size_t begin, count;   // the band's tiles
    size_t rows;           // their number in whole blocks of rows; those beyond are zero
    float *inputs, *sums;  // at each point [rows, channels] and [rows, outputs]
    size_t inputs_stride, sums_stride;
    void (*input)(const struct winograd_work *, size_t index);
    void (*multiply)(const struct winograd_work *, size_t task);
    void (*output)(const struct winograd_work *, size_t index);
} winograd_work;

/// Where a tile begins.
typedef struct {
    size_t image, top, left;
} place;

INLINE place place_of(const winograd_work *w, size_t index) {
    size_t tile = w->begin + index, in_image = tile % w->tiles_of_image;
    return (place){
        tile / w->tiles_of_image, in_image / w->columns * w->tile, in_image % w->columns * w->tile};
}

/// Parts of a product: each at one point of some panels of 16 outputs.
INLINE size_t panel_groups(const winograd_work *w) { return (w->outputs / 16 + PANELS_A_TASK - 1) / PANELS_A_TASK; }

typedef struct pack_work {
    void *packed;
    ck_weights type;
    const float *weights;
    size_t outputs, channels, tile;
    void (*run)(const struct pack_work *, size_t panel);
} pack_work;

/// A version for some processor; the first of two is for tiles of 2 x 2, the second of 4 x 4.
typedef struct {
    void (*input[2])(const winograd_work *, size_t index);
    void (*output[2])(const winograd_work *, size_t index);
    void (*multiply)(const winograd_work *, size_t task);
    void (*pack[2])(const pack_work *, size_t panel);
} winograd_version;

extern const winograd_version winograd_reference;
