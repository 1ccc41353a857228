// Products and convolutions in float32, of weights that are kept as floats, in 16 bits or in 8: a half or a quarter of the memory
// where the processor itself multiplies neither. Widening 16 weights on the way to the multipliers costs next to nothing, since
// each serves PRODUCT_ROWS rows.
//
// A convolution is a sum of products of matrices, one for each tap of its kernel, whose rows are the image's pixels as they lie;
// what is beyond the image is a row of zeros. Sums stay beside the multipliers until all taps are added.
#include "product.h"

// A task: a block of output pixels and some panels of 16 outputs; of both what stays in the second-level cache.
enum { BLOCK_ROWS = 48, PANELS_A_TASK = 8, CHUNK = 1280, MOST_VECTORS = 2 };

typedef struct convolution_work {
    float *out;
    const ck_convolution *shape;
    const float *x, *scales, *bias, *residual;
    const void *packed;
    ck_weights type;
    size_t rows, blocks, groups;  // output pixels, and parts of them and of the panels
    void (*run)(const struct convolution_work *, size_t block, size_t group);
} convolution_work;

static const float zeros[CHUNK];

/// Where an output pixel's inputs begin: its image, and the row and the column of its first tap, which may be before the image.
typedef struct {
    size_t image;
    ptrdiff_t row, column;
} origin;

INLINE origin origin_of(const ck_convolution *s, size_t pixel) {
    size_t in_image = pixel % (s->out_height * s->out_width);
    return (origin){
        pixel / (s->out_height * s->out_width),
        (ptrdiff_t)(in_image / s->out_width * s->stride) - (ptrdiff_t)s->padding,
        (ptrdiff_t)(in_image % s->out_width * s->stride) - (ptrdiff_t)s->padding};
}

/// The pixel under a tap, or null beyond the image.
INLINE const float *pixel_at(const convolution_work *w, origin at, size_t tap) {
    const ck_convolution *s = w->shape;
    size_t row = (size_t)(at.row + (ptrdiff_t)(tap / s->kernel)), column = (size_t)(at.column + (ptrdiff_t)(tap % s->kernel));
    if (row >= s->height || column >= s->width) return NULL;
    return w->x + ((at.image * s->height + row) * s->width + column) * s->channels;
}

// The scalar reference, in float64 --------------------------------------------------------------------

static void convolve_reference(const convolution_work *w, size_t block, size_t group) {
    const ck_convolution *s = w->shape;
    size_t taps = s->kernel * s->kernel, first = group * PANELS_A_TASK * 16;
    for (size_t pixel = block * BLOCK_ROWS; pixel < w->rows && pixel < (block + 1) * BLOCK_ROWS; pixel++)
        for (size_t k = first; k < s->outputs && k < first + PANELS_A_TASK * 16; k++) {
            double sum = 0;
            for (size_t tap = 0; tap < taps; tap++) {
                const float *x = pixel_at(w, origin_of(s, pixel), tap);
                for (size_t c = 0; x && c < s->channels; c++) {
                    size_t at = ((k / 16 * taps + tap) * s->channels + c) * 16;
                    sum += (double)x[c] * load_weights(w->packed, at, w->type)[k % 16];
                }
            }
            size_t at = pixel * s->outputs + k;
            w->out[at] = (float)(sum * (w->scales ? w->scales[k] : 1) + (w->bias ? w->bias[k] : 0) +
                                 (w->residual ? w->residual[at] : 0));
        }
}

// The vector version ---------------------------------------------------------------------------------

/// sums [PRODUCT_ROWS, vectors * 16] += rows of pixels [depth] times `vectors` panels [depth, 16].
INLINE void accumulate(
    float *sums, const float *const *rows, size_t depth, const void *panels, size_t panel_stride, ck_weights type,
    int vectors) {
    f32x16 sum[PRODUCT_ROWS][MOST_VECTORS];
    _Pragma("clang loop unroll(full)") for (int r = 0; r < PRODUCT_ROWS; r++)
        _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++)
            sum[r][v] = load16(sums + (r * vectors + v) * 16);
    for (size_t i = 0; i < depth; i++) {
        f32x16 weights[MOST_VECTORS];
        _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++)
            weights[v] = load_weights(panels, i * 16 + v * panel_stride, type);
        _Pragma("clang loop unroll(full)") for (int r = 0; r < PRODUCT_ROWS; r++) {
            f32x16 x = splat(rows[r][i]);
            _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++) sum[r][v] += x * weights[v];
        }
    }
    _Pragma("clang loop unroll(full)") for (int r = 0; r < PRODUCT_ROWS; r++)
        _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++)
            store16(sums + (r * vectors + v) * 16, sum[r][v]);
}

/// Scales, adds and writes what a row of a panel came to.
INLINE void finish(const convolution_work *w, const float *sums, size_t pixel, size_t k) {
    size_t at = pixel * w->shape->outputs + k, count = w->shape->outputs - k;
    f32x16 y = load16(sums);
    if (count >= 16) {
        if (w->scales) y *= load16(w->scales + k);
        if (w->bias) y += load16(w->bias + k);
        if (w->residual) y += load16(w->residual + at);
        store16(w->out + at, y);
        return;
    }
    if (w->scales) y *= load_some(w->scales + k, count);
    if (w->bias) y += load_some(w->bias + k, count);
    if (w->residual) y += load_some(w->residual + at, count);
    store_some(w->out + at, y, count);
}

/// `vectors` panels for some rows of a block, whole groups of PRODUCT_ROWS; `sums` is where they are summed.
INLINE void convolve_panels(
    const convolution_work *w, const origin *origins, size_t first, size_t count, size_t panel, ck_weights type, int vectors,
    float *sums) {
    const ck_convolution *s = w->shape;
    size_t taps = s->kernel * s->kernel, depth = s->channels;
    memset(sums, 0, round_up(count, PRODUCT_ROWS) * vectors * 16 * sizeof(float));
    for (size_t tap = 0; tap < taps; tap++)
        for (size_t c = 0; c < depth; c += CHUNK) {
            const void *weights = weights_at(w->packed, ((panel * taps + tap) * depth + c) * 16, type);
            for (size_t row = 0; row < count; row += PRODUCT_ROWS) {
                const float *rows[PRODUCT_ROWS];
                bool any = false;
                for (size_t r = 0; r < PRODUCT_ROWS; r++) {
                    const float *x = row + r < count ? pixel_at(w, origins[row + r], tap) : NULL;
                    rows[r] = x ? x + c : zeros;
                    any |= x != NULL;
                }
                if (any)
                    accumulate(
                        sums + row * vectors * 16, rows, depth - c < CHUNK ? depth - c : CHUNK, weights,
                        taps * depth * 16, type, vectors);
            }
        }
    for (size_t row = 0; row < count; row++)
        for (int v = 0; v < vectors; v++)
            finish(w, sums + (row * vectors + v) * 16, first + row, (panel + v) * 16);
}

INLINE void convolve_as(const convolution_work *w, size_t block, size_t group, bool wide, ck_weights type) {
    size_t panels = (w->shape->outputs + 15) / 16, begin = group * PANELS_A_TASK;
    size_t end = begin + PANELS_A_TASK < panels ? begin + PANELS_A_TASK : panels;
    size_t first = block * BLOCK_ROWS, count = w->rows - first < BLOCK_ROWS ? w->rows - first : BLOCK_ROWS;
    float sums[BLOCK_ROWS * MOST_VECTORS * 16] __attribute__((aligned(64)));
    origin origins[BLOCK_ROWS];
    for (size_t row = 0; row < count; row++) origins[row] = origin_of(w->shape, first + row);
    // Of a kernel of 1 the outputs are much of what is moved: a few rows at a time, and all panels of these, lie together.
    size_t step = w->shape->kernel == 1 ? PRODUCT_ROWS : BLOCK_ROWS;
    for (size_t row = 0; row < count; row += step) {
        size_t some = count - row < step ? count - row : step, panel = begin;
        if (wide)
            for (; panel + 2 <= end; panel += 2)
                convolve_panels(w, origins + row, first + row, some, panel, type, 2, sums);
        for (; panel < end; panel++) convolve_panels(w, origins + row, first + row, some, panel, type, 1, sums);
    }
}

INLINE void convolve_body(const convolution_work *w, size_t block, size_t group, bool wide) {
    if (w->type == CK_BFLOATS)
        convolve_as(w, block, group, wide, CK_BFLOATS);
    else if (w->type == CK_BYTES)
        convolve_as(w, block, group, wide, CK_BYTES);
    else
        convolve_as(w, block, group, wide, CK_FLOATS);
}

static void convolve_generic(const convolution_work *w, size_t block, size_t group) { convolve_body(w, block, group, false); }
#if defined(__x86_64__)
TARGET_AVX2 static void convolve_avx2(const convolution_work *w, size_t block, size_t group) {
    convolve_body(w, block, group, false);
}
TARGET_AVX512 static void convolve_avx512(const convolution_work *w, size_t block, size_t group) {
    convolve_body(w, block, group, true);
}
#endif

static void convolve_task(void *pointer, size_t task) {
    const convolution_work *w = pointer;
    // All blocks take a group of panels before the next group comes, so that weights are read once.
    w->run(w, task % w->blocks, task / w->blocks);
}

void ck_convolve(
    const ck_context *context, float *out, const ck_convolution *shape, const float *x, const void *packed, ck_weights type,
    const float *scales, const float *bias, const float *residual) {
    convolution_work w = {
        .out = out, .shape = shape, .x = x, .scales = scales, .bias = bias, .residual = residual, .packed = packed,
        .type = type, .rows = shape->images * shape->out_height * shape->out_width};
    w.run = context->isa == CK_REFERENCE ? convolve_reference : convolve_generic;
#if defined(__x86_64__)
    if (context->isa == CK_AVX2) w.run = convolve_avx2;
    if (context->isa == CK_AVX512) w.run = convolve_avx512;
#endif
    w.blocks = (w.rows + BLOCK_ROWS - 1) / BLOCK_ROWS;
    w.groups = ((shape->outputs + 15) / 16 + PANELS_A_TASK - 1) / PANELS_A_TASK;
    ck_parallel(context, w.blocks * w.groups, convolve_task, &w);
}

// Packing --------------------------------------------------------------------------------------------

typedef struct {
    const ck_convolution *shape;
    void *packed;
    ck_weights type;
    const void *weights;
} pack_work;

static void pack_task(void *pointer, size_t panel) {
    const pack_work *w = pointer;
    const ck_convolution *s = w->shape;
    size_t taps = s->kernel * s->kernel;
    for (size_t tap = 0; tap < taps; tap++)
        for (size_t c = 0; c < s->channels; c++)
            for (size_t lane = 0; lane < 16; lane++) {
                size_t k = panel * 16 + lane, from = (k * s->channels + c) * taps + tap;
                size_t to = ((panel * taps + tap) * s->channels + c) * 16 + lane;
                bool inside = k < s->outputs;
                if (w->type == CK_BYTES)
                    ((int8_t *)w->packed)[to] = inside ? ((const int8_t *)w->weights)[from] : 0;
                else
                    put_one(w->packed, to, inside ? ((const float *)w->weights)[from] : 0, w->type == CK_BFLOATS);
            }
}

void ck_convolve_pack(
    const ck_context *context, void *packed, ck_weights type, const ck_convolution *shape, const void *weights) {
    pack_work w = {.shape = shape, .packed = packed, .type = type, .weights = weights};
    ck_parallel(context, (shape->outputs + 15) / 16, pack_task, &w);
}

size_t ck_convolve_packed_count(const ck_convolution *shape) {
    return (shape->outputs + 15) / 16 * 16 * shape->kernel * shape->kernel * shape->channels;
}
