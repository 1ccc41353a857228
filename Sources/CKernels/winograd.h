// What the versions of ck_winograd share: the work and its parts.
#pragma once
#include "integer_products.h"

enum { POINTS = 6, OUTPUTS = 4, PANELS_A_TASK = 4 };

typedef struct winograd_work {
    float *out;
    const void *x;
    bool bfloat16;  // which x is, else floats
    const float *bias, *residual;
    const void *weights;
    ck_weights type;
    size_t height, width, channels, outputs, tile, columns, tiles_of_image;
    size_t begin, count;   // the band's tiles
    size_t rows;           // their number in whole blocks of rows; those beyond are zero
    float *inputs, *sums;  // at each point [rows, channels] and [rows, outputs]
    size_t inputs_stride, sums_stride;
    // With words: what rows of inputs, which are words then where the row's floats were, and weights are to be multiplied by.
    float *input_scales;         // [points, rows]
    const float *weight_scales;  // [points, outputs]
    accumulate_function accumulate;
    void (*input)(const struct winograd_work *, size_t index);
    void (*round)(const struct winograd_work *, size_t index);  // to words
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

/// A row of inputs, of a tile at a point.
INLINE float *inputs_at(const winograd_work *w, size_t point, size_t row) {
    return w->inputs + point * w->inputs_stride + row * w->channels;
}

typedef struct pack_work {
    void *packed;
    float *scales;   // of words
    float *scratch;  // for each thread a panel
    ck_weights type;
    const float *weights;
    size_t outputs, channels, tile;
    /// A panel's weights at the points, [points, channels, 16]; from point to point they are as far apart as `stride` says.
    void (*run)(const struct pack_work *, size_t panel, float *out, size_t stride);
} pack_work;

/// A version for some processor; the first of two is for tiles of 2 x 2, the second of 4 x 4.
typedef struct {
    void (*input[2])(const winograd_work *, size_t index);
    void (*round)(const winograd_work *, size_t index);
    void (*output[2])(const winograd_work *, size_t index);
    void (*multiply)(const winograd_work *, size_t task);
    void (*pack[2])(const pack_work *, size_t panel, float *out, size_t stride);
} winograd_version;

extern const winograd_version winograd_reference;
