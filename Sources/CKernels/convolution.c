// Products and convolutions of weights in panels of 16 outputs: as floats, or as integers of 16 or 8 bits, a half or a quarter of
// the memory, whose products are of integers too.
//
// A convolution is a sum of products of matrices, one for each tap of its kernel, whose rows are the image's pixels as they lie;
// what is beyond the image is a row of zeros, or of what stands for them. Sums stay beside the multipliers until all taps are added.
#include "integer_products.h"

// A task: a block of output pixels and some panels; of both what stays in the second-level cache.
enum { BLOCK_ROWS = 48, PANELS_A_TASK = 8, CHUNK = 1280 };

enum { ROWS_OF_ONE = 2 * PRODUCT_ROWS };  // at a time, with a kernel of 1

enum { BEYOND = 3 };  // numbers that are read behind the last

typedef struct convolution_work {
    float *out;
    const ck_convolution *shape;
    const void *x;          // floats, or integers with scales, one for each pixel with a kernel of 1 and else for each image
    const float *x_scales;  // null with floats
    const float *scales, *bias, *residual;
    const void *packed;
    const int32_t *excess;  // of sums of quads, for each output
    ck_weights type;
    size_t rows, blocks, groups;  // output pixels, and parts of them and of the panels
    void (*run)(const struct convolution_work *, size_t block, size_t group);
    accumulate_function accumulate;
    multiply_quads_function multiply_quads;  // if not null, what whole tiles of a product of matrices are made with
    bool wide;  // MOST_VECTORS panels at a time
    bool flat;  // each output pixel is of the input pixel at its place: a product of matrices
    bool gated;
} convolution_work;

// What is beyond an image.
static const float zeros[CHUNK];
static const uint8_t offsets[CHUNK] = {[0 ... CHUNK - 1] = X_OFFSET_QUADS};

/// Bytes of a number of x.
static size_t size_of_factor(ck_weights type) {
    return type == CK_QUADS ? sizeof(uint8_t) : are_integers(type) ? sizeof(int16_t) : sizeof(float);
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
INLINE float x_scale_of(const convolution_work *w, size_t output, origin at) {
    size_t pixel = at.image;
    if (!w->x_scales) return 1;
    if (w->flat) return w->x_scales[output];
    return w->shape->kernel > 1 || pixel_at(w->shape, at, 0, 0, &pixel) ? w->x_scales[pixel] : 0;
}

/// Numbers of an output pixel.
INLINE size_t width_of(const convolution_work *w) { return w->shape->outputs / (w->gated ? 2 : 1); }

/// Panels of `out` that a task makes: with gates they take as many others.
INLINE size_t group_of(const convolution_work *w) { return PANELS_A_TASK / (w->gated ? 2 : 1); }

// The scalar reference, in float64 --------------------------------------------------------------------

INLINE double product_at(const convolution_work *w, size_t pixel, size_t c, size_t panel, size_t lane) {
    const ck_convolution *s = w->shape;
    size_t x = pixel * s->channels + c, pair = (panel + c / 2 * 2) * 16 + lane * 2 + c % 2;
    if (w->type == CK_QUADS)
        return (((const uint8_t *)w->x)[x] - X_OFFSET_QUADS) *
               ((const int8_t *)w->packed)[(panel + c / 4 * 4) * 16 + lane * 4 + c % 4];
    if (w->type == CK_FLOATS) return (double)((const float *)w->x)[x] * ((const float *)w->packed)[(panel + c) * 16 + lane];
    double number = ((const int16_t *)w->x)[x];
    return number * (w->type == CK_WORDS ? ((const int16_t *)w->packed)[pair] : ((const int8_t *)w->packed)[pair]);
}

static double output_at(const convolution_work *w, size_t row, size_t k) {
    const ck_convolution *s = w->shape;
    size_t taps = s->kernel * s->kernel, depth = depth_of(s, w->type);
    origin at = origin_of(s, row);
    double sum = 0;
    for (size_t tap = 0, pixel; tap < taps; tap++)
        for (size_t c = 0; c < s->channels && pixel_at(s, at, tap / s->kernel, tap % s->kernel, &pixel); c++)
            sum += product_at(w, pixel, c, (k / 16 * taps + tap) * depth, k % 16);
    return sum * x_scale_of(w, row, at) * (w->scales ? w->scales[k] : 1) + (w->bias ? w->bias[k] : 0) +
           (w->residual ? w->residual[row * s->outputs + k] : 0);
}

static void convolve_reference(const convolution_work *w, size_t block, size_t group) {
    size_t width = width_of(w), first = group * group_of(w) * 16;
    for (size_t row = block * BLOCK_ROWS; row < w->rows && row < (block + 1) * BLOCK_ROWS; row++)
        for (size_t k = first; k < width && k < first + group_of(w) * 16; k++) {
            double y = output_at(w, row, k), gate = w->gated ? output_at(w, row, width + k) : 0;
            w->out[row * width + k] = (float)(w->gated ? y * 0.5 * gate * erfc(-gate * 0.70710678118654752) : y);
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
    if (vectors == MOST_VECTORS)
        accumulate_floats(sums, (const float *const *)rows, depth, panels, panel_stride, MOST_VECTORS);
    else
        accumulate_floats(sums, (const float *const *)rows, depth, panels, panel_stride, 1);
}

VERSIONS(
    accumulate,
    (float *sums, const void *const *rows, size_t depth, const void *panels, size_t panel_stride, ck_weights type, int vectors),
    (sums, rows, depth, panels, panel_stride, type, vectors))

/// Scales, adds and writes what a row of a panel came to.
INLINE void finish(const convolution_work *w, float *out, const float *sums, float x_scale, size_t pixel, size_t k) {
    size_t at = pixel * w->shape->outputs + k, count = w->shape->outputs - k;
    f32x16 y = load16(sums);
    if (w->excess) {
        i32x16 excess;
        memcpy(&excess, w->excess + k, sizeof excess);
        y = __builtin_convertvector((i32x16)y - excess, f32x16);
    }
    if (w->x_scales) y *= splat(x_scale);
    if (count >= 16) {
        if (w->scales) y *= load16(w->scales + k);
        if (w->bias) y += load16(w->bias + k);
        if (w->residual) y += load16(w->residual + at);
        store16(out, y);
        return;
    }
    if (w->scales) y *= load_some(w->scales + k, count);
    if (w->bias) y += load_some(w->bias + k, count);
    if (w->residual) y += load_some(w->residual + at, count);
    store_some(out, y, count);
}

/// MOST_VECTORS panels of quads for PRODUCT_ROWS pixels, which are where `rows` says.
INLINE void finish_quads(
    const convolution_work *w, float *out, size_t stride, const void *const *rows, size_t pixel, size_t panel) {
    const ck_convolution *s = w->shape;
    size_t depth = depth_of(s, CK_QUADS), k = panel * 16, at = pixel * s->outputs + k;
    quads_end end = {
        .excess = w->excess + k, .scales = w->scales + k, .bias = w->bias ? w->bias + k : NULL,
        .residual = w->residual ? w->residual + at : NULL, .residual_stride = s->outputs, .out = out,
        .stride = stride};
    memcpy(end.x_scales, w->x_scales + pixel, sizeof end.x_scales);
    w->multiply_quads(&end, rows, depth, weights_at(w->packed, panel * depth * 16, CK_QUADS), depth * 16);
}

/// Where the rows of PRODUCT_ROWS output pixels, or of `there` of them, begin under a tap, from channel c on; false if none is in an
/// image.
INLINE bool rows_at(
    const convolution_work *w, const origin *origins, size_t first, size_t there, size_t tap, size_t c, const void **rows) {
    const ck_convolution *s = w->shape;
    bool any = false;
    for (size_t r = 0; r < PRODUCT_ROWS; r++) {
        size_t pixel = first + r;
        bool inside = r < there && (w->flat || pixel_at(s, origins[r], tap / s->kernel, tap % s->kernel, &pixel));
        const void *beyond = w->type == CK_QUADS ? (const void *)offsets : (const void *)zeros;
        rows[r] = inside ? (const char *)w->x + (pixel * s->channels + c) * size_of_factor(w->type) : beyond;
        any |= inside;
    }
    return any;
}

/// out [count, vectors * 16] = `vectors` panels for some rows of a block; `sums` is where they are summed, whole groups of
/// PRODUCT_ROWS.
INLINE void convolve_panels(
    const convolution_work *w, float *out, size_t stride, const origin *origins, size_t first, size_t count, size_t panel,
    int vectors, float *sums) {
    const ck_convolution *s = w->shape;
    size_t taps = s->kernel * s->kernel, depth = depth_of(s, w->type), done = 0;
    const void *rows[PRODUCT_ROWS];
    if (w->multiply_quads && vectors == MOST_VECTORS && (panel + MOST_VECTORS) * 16 <= s->outputs)
        for (; done + PRODUCT_ROWS <= count; done += PRODUCT_ROWS) {
            rows_at(w, origins + done, first + done, PRODUCT_ROWS, 0, 0, rows);
            finish_quads(w, out + done * stride, stride, rows, first + done, panel);
        }
    memset(sums, 0, round_up(count - done, PRODUCT_ROWS) * vectors * 16 * sizeof(float));
    for (size_t tap = 0; tap < taps; tap++)
        for (size_t c = 0; c < s->channels; c += CHUNK) {
            const void *weights = weights_at(w->packed, ((panel * taps + tap) * depth + c) * 16, w->type);
            // What sums of quads have too much, they have of all taps.
            for (size_t row = done; row < count; row += PRODUCT_ROWS)
                if (rows_at(w, origins + row, first + row, count - row, tap, c, rows) || w->type == CK_QUADS)
                    w->accumulate(
                        sums + (row - done) * vectors * 16, rows, s->channels - c < CHUNK ? s->channels - c : CHUNK, weights,
                        taps * depth * 16, w->type, vectors);
        }
    for (size_t row = done; row < count; row++)
        for (int v = 0; v < vectors; v++)
            finish(
                w, out + row * stride + 16 * v, sums + ((row - done) * vectors + v) * 16,
                x_scale_of(w, first + row, origins[row]), first + row, (panel + v) * 16);
}

/// The same, of which the outputs' second half are gates; out [count, vectors * 16] is the first half's alone.
INLINE void convolve_gated(
    const convolution_work *w, float *out, size_t stride, const origin *origins, size_t first, size_t count, size_t panel,
    int vectors, float *sums) {
    float values[ROWS_OF_ONE * MOST_VECTORS * 16] __attribute__((aligned(64)));
    float gates[ROWS_OF_ONE * MOST_VECTORS * 16] __attribute__((aligned(64)));
    size_t width = (size_t)vectors * 16;
    convolve_panels(w, values, width, origins, first, count, panel, vectors, sums);
    convolve_panels(w, gates, width, origins, first, count, w->shape->outputs / 32 + panel, vectors, sums);
    for (size_t row = 0; row < count; row++)
        for (size_t i = 0; i < width; i += 16)
            store16(out + row * stride + i, load16(values + row * width + i) * gelu16(load16(gates + row * width + i)));
}

INLINE void convolve_body(const convolution_work *w, size_t block, size_t group) {
    size_t width = width_of(w), panels = (width + 15) / 16, begin = group * group_of(w);
    size_t end = begin + group_of(w) < panels ? begin + group_of(w) : panels;
    size_t first = block * BLOCK_ROWS, count = w->rows - first < BLOCK_ROWS ? w->rows - first : BLOCK_ROWS;
    float sums[BLOCK_ROWS * MOST_VECTORS * 16] __attribute__((aligned(64)));
    origin origins[BLOCK_ROWS];
    origins[0] = origin_of(w->shape, first);
    for (size_t row = 1; row < count && !w->flat; row++) origins[row] = origin_after(w->shape, origins[row - 1]);
    // Of a kernel of 1 the outputs are much of what is moved: a few rows at a time, and all panels of these, lie together.
    size_t step = w->shape->kernel == 1 ? ROWS_OF_ONE : BLOCK_ROWS;
    for (size_t row = 0; row < count; row += step) {
        size_t some = count - row < step ? count - row : step;
        for (size_t panel = begin; panel < end;) {
            float *out = w->out + (first + row) * width + panel * 16;
            bool most = w->wide && panel + MOST_VECTORS <= end;
            if (w->gated && most)
                convolve_gated(w, out, width, origins + row, first + row, some, panel, MOST_VECTORS, sums);
            else if (w->gated)
                convolve_gated(w, out, width, origins + row, first + row, some, panel, 1, sums);
            else if (most)
                convolve_panels(w, out, width, origins + row, first + row, some, panel, MOST_VECTORS, sums);
            else
                convolve_panels(w, out, width, origins + row, first + row, some, panel, 1, sums);
            panel += most ? MOST_VECTORS : 1;
        }
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
    return round_up((s->images * s->height * s->width * s->channels + BEYOND) * sizeof(int16_t), 64);
}

static size_t scale_count(const ck_convolution *s) { return s->kernel == 1 ? s->images * s->height * s->width : s->images; }

size_t ck_convolve_workspace(const ck_convolution *shape, ck_weights type) {
    return are_integers(type) ? integers_size(shape) + scale_count(shape) * sizeof(float) : 0;
}

bool ck_multiplies_bytes(const ck_context *context, const ck_convolution *shape) {
    bool bears = shape->kernel * shape->kernel * depth_of(shape, CK_QUADS) <= EXACT_QUADS;
    return bears && (context->isa == CK_REFERENCE || integer_products(context->isa)->accumulate_quads);
}

void ck_convolve(
    const ck_context *context, float *out, const ck_convolution *shape, const float *x, const void *packed, ck_weights type,
    const float *scales, const float *bias, const float *residual, bool gated, void *workspace) {
    convolution_work w = {
        .out = out, .shape = shape, .x = x, .scales = scales, .bias = bias, .residual = residual, .packed = packed,
        .gated = gated, .type = type, .rows = shape->images * shape->out_height * shape->out_width, .wide = context->isa == CK_AVX512,
        .flat = shape->kernel == 1 && shape->stride == 1 && shape->padding == 0 && shape->out_height == shape->height &&
                shape->out_width == shape->width};
    if (are_integers(type)) {
        size_t groups = scale_count(shape), size = shape->channels * (shape->kernel == 1 ? 1 : shape->height * shape->width);
        float *x_scales = (float *)((char *)workspace + integers_size(shape));
        memset((char *)workspace + groups * size * size_of_factor(type), 0, BEYOND * size_of_factor(type));
        int bound = type == CK_WORDS ? X_BOUND_WORDS : type == CK_BYTES ? X_BOUND_BYTES : INT8_MAX;
        ck_quantise(context, workspace, bound, type == CK_QUADS ? X_OFFSET_QUADS : 0, x_scales, x, groups, size);
        w.x = workspace;
        w.x_scales = x_scales;
        const integer_kernels *kernels = integer_products(context->isa);
        w.accumulate = type == CK_QUADS ? kernels->accumulate_quads : kernels->accumulate;
        // Whole rows are read then, which what is beyond an image has not.
        if (type == CK_QUADS && w.flat) w.multiply_quads = kernels->multiply_quads;
        if (type == CK_QUADS) w.excess = (const int32_t *)(const void *)((const char *)packed + numbers_of(shape, type));
    } else {
        accumulate_run(context->isa, accumulate_generic, &w.accumulate);
    }
    convolve_run(context->isa, convolve_reference, &w.run);
    w.blocks = (w.rows + BLOCK_ROWS - 1) / BLOCK_ROWS;
    w.groups = ((width_of(&w) + 15) / 16 + group_of(&w) - 1) / group_of(&w);
    ck_parallel(context, w.blocks * w.groups, convolve_task, &w);
}
