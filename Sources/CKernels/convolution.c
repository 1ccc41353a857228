// Products and convolutions of weights in panels of 16 outputs: as floats, or as integers of 16 or 8 bits, a half or a quarter of
// the memory, whose products are of integers too.
//
// A convolution is a sum of products of matrices, one for each tap of its kernel, whose rows are the image's pixels as they lie;
// what is beyond the image is a row of zeros. Sums stay beside the multipliers until all taps are added.
#include "integer_products.h"

// A task: a block of output pixels and some panels; of both what stays in the second-level cache.
enum { BLOCK_ROWS = 48, PANELS_A_TASK = 8, CHUNK = 1280, MOST_VECTORS = 2 };

typedef struct convolution_work {
    float *out;
    const ck_convolution *shape;
    const void *x;          // floats, or words with scales, one for each pixel with a kernel of 1 and else for each image
    const float *x_scales;  // null with floats
    const float *scales, *bias, *residual;
    const void *packed;
    ck_weights type;
    size_t rows, blocks, groups;  // output pixels, and parts of them and of the panels
    void (*run)(const struct convolution_work *, size_t block, size_t group);
    accumulate_function accumulate;
    bool wide;  // two panels at a time
} convolution_work;

static const float zeros[CHUNK];

static bool are_integers(ck_weights type) { return type == CK_WORDS || type == CK_BYTES; }

/// Numbers of a panel for each tap.
static size_t depth_of(const ck_convolution *s, ck_weights type) {
    return are_integers(type) ? round_up(s->channels, 2) : s->channels;
}

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

/// The origin of the next pixel.
INLINE origin origin_after(const ck_convolution *s, origin at) {
    ptrdiff_t before = -(ptrdiff_t)s->padding;
    at.column += (ptrdiff_t)s->stride;
    if (at.column < before + (ptrdiff_t)(s->out_width * s->stride)) return at;
    at.column = before;
    at.row += (ptrdiff_t)s->stride;
    if (at.row < before + (ptrdiff_t)(s->out_height * s->stride)) return at;
    return (origin){at.image + 1, before, before};
}

/// Which pixel is under the tap of that row and column; false beyond the image.
INLINE bool pixel_at(const ck_convolution *s, origin at, size_t tap_row, size_t tap_column, size_t *pixel) {
    size_t row = (size_t)at.row + tap_row, column = (size_t)at.column + tap_column;
    *pixel = (at.image * s->height + row) * s->width + column;
    return row < s->height && column < s->width;
}

/// Of what an output pixel was summed: all its inputs have the same.
INLINE float x_scale_of(const convolution_work *w, origin at) {
    size_t pixel = at.image;
    if (!w->x_scales) return 1;
    return w->shape->kernel > 1 || pixel_at(w->shape, at, 0, 0, &pixel) ? w->x_scales[pixel] : 0;
}

// The scalar reference, in float64 --------------------------------------------------------------------

INLINE double product_at(const convolution_work *w, size_t pixel, size_t c, size_t panel, size_t lane) {
    const ck_convolution *s = w->shape;
    size_t x = pixel * s->channels + c, pair = (panel + c / 2 * 2) * 16 + lane * 2 + c % 2;
    if (w->type == CK_FLOATS) return (double)((const float *)w->x)[x] * ((const float *)w->packed)[(panel + c) * 16 + lane];
    double number = ((const int16_t *)w->x)[x];
    return number * (w->type == CK_WORDS ? ((const int16_t *)w->packed)[pair] : ((const int8_t *)w->packed)[pair]);
}

static void convolve_reference(const convolution_work *w, size_t block, size_t group) {
    const ck_convolution *s = w->shape;
    size_t taps = s->kernel * s->kernel, depth = depth_of(s, w->type), first = group * PANELS_A_TASK * 16;
    for (size_t row = block * BLOCK_ROWS; row < w->rows && row < (block + 1) * BLOCK_ROWS; row++)
        for (size_t k = first; k < s->outputs && k < first + PANELS_A_TASK * 16; k++) {
            origin at = origin_of(s, row);
            double sum = 0;
            for (size_t tap = 0, pixel; tap < taps; tap++)
                for (size_t c = 0; c < s->channels && pixel_at(s, at, tap / s->kernel, tap % s->kernel, &pixel); c++)
                    sum += product_at(w, pixel, c, (k / 16 * taps + tap) * depth, k % 16);
            size_t to = row * s->outputs + k;
            w->out[to] = (float)(sum * x_scale_of(w, at) * (w->scales ? w->scales[k] : 1) + (w->bias ? w->bias[k] : 0) +
                                 (w->residual ? w->residual[to] : 0));
        }
}

// The vector version ---------------------------------------------------------------------------------

/// The tile of floats.
INLINE void accumulate_floats(
    float *sums, const float *const *rows, size_t depth, const float *panels, size_t panel_stride, int vectors) {
    f32x16 sum[PRODUCT_ROWS][MOST_VECTORS];
    _Pragma("clang loop unroll(full)") for (int r = 0; r < PRODUCT_ROWS; r++)
        _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++)
            sum[r][v] = load16(sums + (r * vectors + v) * 16);
    for (size_t i = 0; i < depth; i++) {
        f32x16 weights[MOST_VECTORS];
        _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++) weights[v] = load16(panels + i * 16 + v * panel_stride);
        _Pragma("clang loop unroll(full)") for (int r = 0; r < PRODUCT_ROWS; r++) {
            f32x16 x = splat(rows[r][i]);
            _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++) sum[r][v] += x * weights[v];
        }
    }
    _Pragma("clang loop unroll(full)") for (int r = 0; r < PRODUCT_ROWS; r++)
        _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++)
            store16(sums + (r * vectors + v) * 16, sum[r][v]);
}

INLINE void accumulate_body(
    float *sums, const void *const *rows, size_t depth, const void *panels, size_t panel_stride, ck_weights type, int vectors) {
    (void)type;
    if (vectors == 2)
        accumulate_floats(sums, (const float *const *)rows, depth, panels, panel_stride, 2);
    else
        accumulate_floats(sums, (const float *const *)rows, depth, panels, panel_stride, 1);
}

VERSIONS(
    accumulate,
    (float *sums, const void *const *rows, size_t depth, const void *panels, size_t panel_stride, ck_weights type, int vectors),
    (sums, rows, depth, panels, panel_stride, type, vectors))

/// Scales, adds and writes what a row of a panel came to.
INLINE void finish(const convolution_work *w, const float *sums, float x_scale, size_t pixel, size_t k) {
    size_t at = pixel * w->shape->outputs + k, count = w->shape->outputs - k;
    f32x16 y = load16(sums);
    if (w->x_scales) y *= splat(x_scale);
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
    const convolution_work *w, const origin *origins, size_t first, size_t count, size_t panel, int vectors, float *sums) {
    const ck_convolution *s = w->shape;
    size_t taps = s->kernel * s->kernel, depth = depth_of(s, w->type), x_size = w->x_scales ? sizeof(int16_t) : sizeof(float);
    memset(sums, 0, round_up(count, PRODUCT_ROWS) * vectors * 16 * sizeof(float));
    for (size_t tap = 0; tap < taps; tap++) {
        size_t tap_row = tap / s->kernel, tap_column = tap % s->kernel;
        for (size_t c = 0; c < s->channels; c += CHUNK) {
            const void *weights = weights_at(w->packed, ((panel * taps + tap) * depth + c) * 16, w->type);
            for (size_t row = 0; row < count; row += PRODUCT_ROWS) {
                const void *rows[PRODUCT_ROWS];
                bool any = false;
                for (size_t r = 0; r < PRODUCT_ROWS; r++) {
                    size_t pixel;
                    bool inside = row + r < count && pixel_at(s, origins[row + r], tap_row, tap_column, &pixel);
                    rows[r] = inside ? (const char *)w->x + (pixel * s->channels + c) * x_size : (const char *)zeros;
                    any |= inside;
                }
                if (any)
                    w->accumulate(
                        sums + row * vectors * 16, rows, s->channels - c < CHUNK ? s->channels - c : CHUNK, weights,
                        taps * depth * 16, w->type, vectors);
            }
        }
    }
    for (size_t row = 0; row < count; row++)
        for (int v = 0; v < vectors; v++)
            finish(w, sums + (row * vectors + v) * 16, x_scale_of(w, origins[row]), first + row, (panel + v) * 16);
}

INLINE void convolve_body(const convolution_work *w, size_t block, size_t group) {
    size_t panels = (w->shape->outputs + 15) / 16, begin = group * PANELS_A_TASK;
    size_t end = begin + PANELS_A_TASK < panels ? begin + PANELS_A_TASK : panels;
    size_t first = block * BLOCK_ROWS, count = w->rows - first < BLOCK_ROWS ? w->rows - first : BLOCK_ROWS;
    float sums[BLOCK_ROWS * MOST_VECTORS * 16] __attribute__((aligned(64)));
    origin origins[BLOCK_ROWS];
    origins[0] = origin_of(w->shape, first);
    for (size_t row = 1; row < count; row++) origins[row] = origin_after(w->shape, origins[row - 1]);
    // Of a kernel of 1 the outputs are much of what is moved: a few rows at a time, and all panels of these, lie together.
    size_t step = w->shape->kernel == 1 ? 2 * PRODUCT_ROWS : BLOCK_ROWS;
    for (size_t row = 0; row < count; row += step) {
        size_t some = count - row < step ? count - row : step, panel = begin;
        for (; w->wide && panel + 2 <= end; panel += 2) convolve_panels(w, origins + row, first + row, some, panel, 2, sums);
        for (; panel < end; panel++) convolve_panels(w, origins + row, first + row, some, panel, 1, sums);
    }
}

VERSIONS(convolve, (const convolution_work *w, size_t block, size_t group), (w, block, group))

static void convolve_task(void *pointer, size_t task) {
    const convolution_work *w = pointer;
    // All blocks take a group of panels before the next group comes, so that weights are read once.
    w->run(w, task % w->blocks, task / w->blocks);
}

/// Bytes of the integers that x becomes, whole vectors and what is read beyond them.
static size_t integers_size(const ck_convolution *s) {
    return round_up((s->images * s->height * s->width * s->channels + 1) * sizeof(int16_t), 64);
}

static size_t scale_count(const ck_convolution *s) { return s->kernel == 1 ? s->images * s->height * s->width : s->images; }

size_t ck_convolve_workspace(const ck_convolution *shape, ck_weights type) {
    return are_integers(type) ? integers_size(shape) + scale_count(shape) * sizeof(float) : 0;
}

void ck_convolve(
    const ck_context *context, float *out, const ck_convolution *shape, const float *x, const void *packed, ck_weights type,
    const float *scales, const float *bias, const float *residual, void *workspace) {
    convolution_work w = {
        .out = out, .shape = shape, .x = x, .scales = scales, .bias = bias, .residual = residual, .packed = packed,
        .type = type, .rows = shape->images * shape->out_height * shape->out_width, .wide = context->isa == CK_AVX512};
    if (are_integers(type)) {
        size_t groups = scale_count(shape), size = shape->channels * (shape->kernel == 1 ? 1 : shape->height * shape->width);
        float *x_scales = (float *)((char *)workspace + integers_size(shape));
        ((int16_t *)workspace)[groups * size] = 0;
        ck_quantise(context, workspace, type == CK_WORDS ? X_BOUND_WORDS : X_BOUND_BYTES, x_scales, x, groups, size);
        w.x = workspace;
        w.x_scales = x_scales;
        w.accumulate = integer_products(context->isa)->accumulate;
    } else {
        accumulate_run(context->isa, accumulate_generic, &w.accumulate);
    }
    convolve_run(context->isa, convolve_reference, &w.run);
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

/// A panel of numbers of so many bytes; beside each other lie `beside` of an output.
INLINE void pack_panel(const pack_work *w, size_t panel, size_t size, size_t beside) {
    const ck_convolution *s = w->shape;
    size_t taps = s->kernel * s->kernel, depth = depth_of(s, w->type);
    for (size_t tap = 0; tap < taps; tap++)
        for (size_t c = 0; c < depth; c++)
            for (size_t lane = 0; lane < 16; lane++) {
                size_t k = panel * 16 + lane, from = (k * s->channels + c) * taps + tap;
                size_t to = ((panel * taps + tap) * depth + c / beside * beside) * 16 + lane * beside + c % beside;
                char *place = (char *)w->packed + to * size;
                if (k < s->outputs && c < s->channels)
                    memcpy(place, (const char *)w->weights + from * size, size);
                else
                    memset(place, 0, size);
            }
}

static void pack_task(void *pointer, size_t panel) {
    const pack_work *w = pointer;
    if (w->type == CK_FLOATS)
        pack_panel(w, panel, sizeof(float), 1);
    else if (w->type == CK_WORDS)
        pack_panel(w, panel, sizeof(int16_t), 2);
    else
        pack_panel(w, panel, sizeof(int8_t), 2);
}

void ck_convolve_pack(
    const ck_context *context, void *packed, ck_weights type, const ck_convolution *shape, const void *weights) {
    pack_work w = {.shape = shape, .packed = packed, .type = type, .weights = weights};
    ck_parallel(context, (shape->outputs + 15) / 16, pack_task, &w);
}

size_t ck_convolve_packed_count(const ck_convolution *shape, ck_weights type) {
    return round_up(shape->outputs, 16) * shape->kernel * shape->kernel * depth_of(shape, type);
}
