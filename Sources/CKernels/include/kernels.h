// The float kernels of the engine: one operation a file, a scalar reference beside each SIMD version.
//
// Activations are float32 and NHWC, so an image [height, width, channels] and a token sequence
// [tokens, channels] are the same memory. Every kernel takes a context that says how many threads may
// run and which instruction set to use; nothing here keeps state.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// dispatch.c -----------------------------------------------------------------------------------------

/// Which version of a kernel runs. `CK_REFERENCE` is the plain scalar code the others are tested against.
typedef enum {
    CK_REFERENCE = 0,
    CK_GENERIC = 1,  // vectorised for the build's baseline: SSE2, NEON
    CK_AVX2 = 2,     // AVX2 and FMA
    CK_AVX512 = 3,   // AVX-512 F, BW, DQ, VL
} ck_isa;

typedef struct {
    int threads;
    ck_isa isa;
    bool tiles;  // AMX, where ck_detect_tiles allowed it
} ck_context;

/// The best instruction set that this processor and its operating system offer.
ck_isa ck_detect_isa(void);

/// Whether the processor multiplies bfloat16 pairs (AVX-512 BF16).
bool ck_detect_bfloat16(void);

/// Whether the processor multiplies tiles of bfloat16 (AMX). Asks the system to let this process use them.
bool ck_detect_tiles(void);

/// Whether the processor adds up products of bytes and of words (AVX-512 VNNI).
bool ck_detect_int8(void);

/// Processors that this process may run on (its affinity mask), at least 1.
int ck_available_processors(void);

/// Gives freed memory that the C library keeps for reuse back to the system.
void ck_return_freed_memory(void);

// parallel.c -----------------------------------------------------------------------------------------

/// Runs `body(argument, task)` for every task in 0..<count on the process's one OpenMP pool.
void ck_parallel(const ck_context *context, size_t count, void (*body)(void *argument, size_t task), void *argument);

/// Which of the pool's threads is running, from 0; 0 outside ck_parallel.
int ck_thread_index(void);

/// Sets how many threads libraries on the same pool may use when called from this thread.
void ck_limit_threads(int threads);

// checksum.c -----------------------------------------------------------------------------------------

/// A number that tells bytes from damaged ones, though not from forged ones: whether they are cut short, zeroed or changed.
uint64_t ck_checksum(const ck_context *context, const void *bytes, size_t count);

// convert.c ------------------------------------------------------------------------------------------

void ck_float_from_half(const ck_context *context, float *out, const uint16_t *in, size_t count);
/// Rounds to nearest, ties to even; NaN stays NaN.
void ck_bfloat_from_float(const ck_context *context, uint16_t *out, const float *in, size_t count);
void ck_float_from_bfloat(const ck_context *context, float *out, const uint16_t *in, size_t count);

// quantise.c -----------------------------------------------------------------------------------------

/// x [groups, size] -> out [groups, size] in -bound...bound and scales [groups], so that out * scale is near x: the largest
/// magnitude of a group becomes `bound`. Numbers are bytes up to 127 and 16 bits above; `offset` is added to them, and of bytes makes
/// such without a sign if it is 128. The scale of a group with something that is not finite is not a number.
void ck_quantise(
    const ck_context *context, void *out, int bound, int offset, float *scales, const float *x, size_t groups, size_t size);
void ck_float_from_int8(const ck_context *context, float *out, const int8_t *in, size_t count);
/// sums [rows, width], int32 or float -> out = sums * row_scales[row / rows_per_scale] * column_scales [width]
/// + bias [width] (may be null) + residual [rows, width] (may be null); `out` may be `sums`.
void ck_rescale(
    const ck_context *context, float *out, const void *sums, bool are_integers, size_t rows, size_t width,
    const float *row_scales, size_t rows_per_scale, const float *column_scales, const float *bias,
    const float *residual);

// weights --------------------------------------------------------------------------------------------

/// What weights are kept as, and what attention multiplies.
typedef enum {
    CK_FLOATS = 0,
    CK_BFLOATS,  // bfloat16; in attention
    CK_WORDS,    // 16 bits, -CK_WORD_BOUND...CK_WORD_BOUND, with a scale for each output
    CK_BYTES,    // -127...127, likewise; neither in attention nor in Winograd's tiles
    CK_QUADS,    // the same, but multiplied with bytes, four at a time: where ck_multiplies_bytes says so, and in attention where
                 // ck_attention_multiplies_bytes does; else attention takes bfloat16
} ck_weights;

enum { CK_WORD_BOUND = 2047 };

// convolution.c --------------------------------------------------------------------------------------

/// x [images, height, width, channels] -> [images, out_height, out_width, outputs], with `padding` zeros before the image and
/// after it as many as it takes. A product of matrices [rows, channels] [channels, outputs] is one image of height 1 with a
/// kernel of 1.
typedef struct {
    size_t images, height, width, channels, outputs, kernel, stride, padding, out_height, out_width;
} ck_convolution;

/// out = x convolved with the weights * scales [outputs] (null: 1, but not with quads) + bias [outputs] (may be null) + residual
/// [like out] (may be null). With `gated`, for products of matrices with outputs in two halves of multiples of 16, it is the first half
/// times GELU of the second, [.., outputs / 2]. Words and bytes are multiplied with integers: those that x becomes have a scale for each pixel with a kernel of 1,
/// and else for each image; sums of 128 channels with words, of 512 with bytes and of all with quads are exact, and added as floats.
/// `workspace` holds ck_convolve_workspace bytes, aligned to 64.
void ck_convolve(
    const ck_context *context, float *out, const ck_convolution *shape, const float *x, const void *packed, ck_weights type,
    const float *scales, const float *bias, const float *residual, bool gated, void *workspace);
size_t ck_convolve_workspace(const ck_convolution *shape, ck_weights type);

/// weights [outputs, channels, kernel, kernel], as the type says -> packed, ck_convolve_packed_count numbers: floats
/// [outputs / 16, kernel², channels, 16], integers [outputs / 16, kernel², channels / 2, 16, 2], quads [outputs / 16, kernel²,
/// channels / 4, 16, 4] and then what their sums have too much.
void ck_convolve_pack(
    const ck_context *context, void *packed, ck_weights type, const ck_convolution *shape, const void *weights);
size_t ck_convolve_packed_count(const ck_convolution *shape, ck_weights type);

/// Whether ck_convolve takes quads here: that takes AVX-512 VNNI (or the reference), and sums that stay within 32 bits.
bool ck_multiplies_bytes(const ck_context *context, const ck_convolution *shape);

// winograd.c -----------------------------------------------------------------------------------------

/// The same for 3x3, stride 1 and padding 1, and channels and outputs that are multiples of 16, by minimal filtering of tiles of
/// m x m outputs; m is 2 or 4. What comes in is floats or bfloat16. Weights are floats or words; these have a scale for each output
/// at each point, and are multiplied with words, of which each tile's at each point have one. `workspace` holds ck_winograd_workspace floats.
void ck_winograd(
    const ck_context *context, float *out, const ck_convolution *shape, size_t m, const void *x, bool bfloat16,
    const void *packed, ck_weights type, const float *bias, const float *residual, float *workspace);
size_t ck_winograd_workspace(const ck_convolution *shape, size_t m);

/// weights [outputs, channels, 3, 3] -> packed, ck_winograd_packed_size bytes: floats [(m + 2)², outputs / 16, channels, 16], or words
/// [(m + 2)², outputs / 16, channels / 2, 16, 2] and then their scales. `workspace` holds ck_winograd_pack_workspace floats.
void ck_winograd_pack(
    const ck_context *context, void *packed, ck_weights type, const ck_convolution *shape, size_t m, const float *weights,
    float *workspace);
size_t ck_winograd_pack_workspace(const ck_context *context, const ck_convolution *shape, size_t m, ck_weights type);
size_t ck_winograd_packed_size(const ck_convolution *shape, size_t m, ck_weights type);

// activation.c ---------------------------------------------------------------------------------------

typedef enum { CK_IDENTITY = 0, CK_RELU, CK_SILU, CK_GELU, CK_QUICK_GELU, CK_TANH } ck_activation;

/// out[i] = activation(x[i]); `out` may be `x`.
void ck_activate(const ck_context *context, float *out, const float *x, size_t count, ck_activation activation);

/// x [rows, 2 * width] -> out [rows, width] = x[:, :width] * gelu(x[:, width:]), rounded to bfloat16 if it says so.
void ck_geglu(const ck_context *context, void *out, bool bfloat16, const float *x, size_t rows, size_t width);

/// dx[i] = dy[i] * activation'(z[i]), where `z` is the input for silu and both gelus and the output for relu and tanh.
void ck_activate_backward(
    const ck_context *context, float *dx, const float *dy, const float *z, size_t count, ck_activation activation);

/// dy [rows, width], x [rows, 2 * width] -> dx [rows, 2 * width].
void ck_geglu_backward(
    const ck_context *context, float *dx, const float *dy, const float *x, size_t rows, size_t width);

// combine.c ------------------------------------------------------------------------------------------

/// out[i] = sum over terms of coefficients[t] * x[t][i].
void ck_combine(const ck_context *context, float *out, size_t count, size_t terms, const float *coefficients, const float *const *x);

/// Columns 0..<width of out and residual [rows, stride]: out = bias [width] (may be null) + residual (may be null).
void ck_bias_rows(float *out, size_t rows, size_t width, size_t stride, const float *bias, const float *residual);

// reduce.c -------------------------------------------------------------------------------------------

/// out [width] += the sum of x [rows, width] over its rows. `workspace` holds ck_sum_rows_workspace floats.
void ck_sum_rows(const ck_context *context, float *out, const float *x, size_t rows, size_t width, float *workspace);
size_t ck_sum_rows_workspace(size_t rows, size_t width);

/// The sum of weight (x - target)² (target null: 0; weight null: 1) and, if dx is not null, its gradient times `scale`.
/// Differences beyond `bound` count linearly (Huber 1964): with d bounded to c as c (2d - c); INFINITY: all as squares.
/// `workspace` holds ck_squares_workspace doubles.
double ck_squared_error(
    const ck_context *context, float *dx, float scale, const float *x, const float *target, const float *weight,
    float bound, size_t count, double *workspace);
size_t ck_squares_workspace(size_t count);

// cross_entropy.c ------------------------------------------------------------------------------------

/// The sum over rows of `targets (log Σ exp x - x)` for x and targets [rows, width] and, if dx is not null, its gradient
/// times `scale`.
double ck_cross_entropy(
    float *dx, float scale, const float *x, const float *targets, size_t rows, size_t width);

// adamw.c --------------------------------------------------------------------------------------------

typedef struct {
    float rate, beta1, beta2, epsilon, decay;
    float correction1;       // 1 - beta1^t
    float root_correction2;  // √(1 - beta2^t)
    float gradient_scale;    // what gradients are multiplied with first
} ck_adamw_step;

/// One step of AdamW, in place.
void ck_adamw(
    const ck_context *context, float *parameters, float *first_moments, float *second_moments, const float *gradients,
    size_t count, const ck_adamw_step *step);

// group_norm.c, layer_norm.c -------------------------------------------------------------------------

/// x [images, pixels, channels] (+ offset [images, channels], may be null), normalised over each group of
/// channels of each image, times weight plus bias, then `activation` (identity, relu or silu).
/// `out` is rounded to bfloat16 if it says so. `workspace` holds ck_group_norm_workspace doubles.
void ck_group_norm(
    const ck_context *context, void *out, bool bfloat16, const float *x, const float *offset, size_t images,
    size_t pixels, size_t channels, size_t groups, const float *weight, const float *bias, float epsilon,
    ck_activation activation, double *workspace);
size_t ck_group_norm_workspace(size_t channels);

/// x [rows, width], normalised over the width; `out` is rounded to bfloat16 if it says so.
void ck_layer_norm(
    const ck_context *context, void *out, bool bfloat16, const float *x, size_t rows, size_t width, const float *weight,
    const float *bias, float epsilon);

/// From dy and x, both [images, pixels, channels]: dx, and d_offset [images, channels] (may be null); adds to d_weight
/// and d_bias (may be null). `workspace` holds ck_group_norm_backward_workspace doubles.
void ck_group_norm_backward(
    const ck_context *context, float *dx, float *d_offset, float *d_weight, float *d_bias, const float *dy,
    const float *x, const float *offset, size_t images, size_t pixels, size_t channels, size_t groups,
    const float *weight, const float *bias, float epsilon, ck_activation activation, double *workspace);
size_t ck_group_norm_backward_workspace(size_t images, size_t channels);

/// From dy and x, both [rows, width]: dx; adds to d_weight and d_bias (may be null). `workspace` holds
/// ck_layer_norm_backward_workspace floats.
void ck_layer_norm_backward(
    const ck_context *context, float *dx, float *d_weight, float *d_bias, const float *dy, const float *x, size_t rows,
    size_t width, const float *weight, float epsilon, float *workspace);
size_t ck_layer_norm_backward_workspace(size_t rows, size_t width);

// attention.c ----------------------------------------------------------------------------------------

/// Keys and values of some tokens: rows of `channels` numbers, floats or bfloat16. Whatever attends to them; what looks at weights or
/// gradients takes floats only.
typedef struct {
    const void *keys;
    const void *values;
    size_t tokens;
    bool bfloat16;
} ck_segment;

/// Softmax attention without ever holding the scores: queries [images, tokens, channels], heads side by side
/// in the channels. Image i attends to segments[members[j]] for first[i] <= j < first[i + 1], in any order.
/// `causal` (one segment an image, as long as the queries) lets token t see keys 0...t only.
/// Every image must see at least one token. `workspace` holds ck_attention_workspace bytes, aligned to 64.
/// `factors` is what queries, keys, values and the softmax's weights are rounded to: floats; bfloat16; quads, which are bytes; or
/// words, integers of which those of queries and keys have the more bits the fewer channels a head has (40: 13, 160: 12). It is
/// floats with `causal` and in the reference, whatever it says. `narrow`, which attention in words or floats cannot be, rounds the
/// result to bfloat16 as well.
/// `logsumexp` [images, heads, tokens], if it is not null, receives the logarithm of each query's sum of
/// exponentials, which the backward pass needs; only with floats.
void ck_attention(
    const ck_context *context, void *out, bool narrow, const float *queries, size_t images, size_t tokens,
    size_t channels, size_t heads, const ck_segment *segments, size_t segment_count, const size_t *first,
    const size_t *members, bool causal, ck_weights factors, float *logsumexp, void *workspace);
/// Whether rounding to bfloat16 makes attention faster here.
bool ck_bfloat16_attention_pays(const ck_context *context);
/// Whether attention can multiply bytes here: with AVX-512 VNNI and VBMI; not with AMX, which is as fast in bfloat16.
bool ck_attention_multiplies_bytes(const ck_context *context);
size_t ck_attention_workspace(
    const ck_context *context, size_t channels, size_t heads, const ck_segment *segments, size_t segment_count,
    bool causal, ck_weights factors);

// attention_weights.c --------------------------------------------------------------------------------

/// weights [keys of all segments] = how much each key counts: the softmax's weights of queries [rows, channels] over all
/// segments (at most 1024), summed over the rows and averaged over the heads. `workspace` holds
/// ck_attention_weights_workspace floats.
void ck_attention_weights(
    const ck_context *context, float *weights, const float *queries, size_t rows, size_t channels, size_t heads,
    const ck_segment *segments, size_t segment_count, float *workspace);
size_t ck_attention_weights_workspace(size_t heads, size_t keys);

// attention_backward.c -------------------------------------------------------------------------------

/// Where the gradients of a segment are added up; each may be null.
typedef struct {
    float *keys;
    float *values;
} ck_segment_gradient;

/// From the forward pass's arguments, its output, `logsumexp` and the output's gradient: writes d_queries and adds to
/// the gradients of every segment. `tables` is as ck_attention_backward_workspace filled it, `workspace` holds as many
/// bytes as that returned, aligned to 64.
void ck_attention_backward(
    const ck_context *context, float *d_queries, const ck_segment_gradient *gradients, const float *d_out,
    const float *out, const float *logsumexp, const float *queries, size_t images, size_t tokens, size_t channels,
    size_t heads, const ck_segment *segments, size_t segment_count, const size_t *first, const size_t *members,
    bool causal, size_t *tables, void *workspace);
size_t ck_attention_backward_workspace(
    const ck_context *context, size_t *tables, const ck_segment_gradient *gradients, size_t images, size_t tokens,
    size_t channels, size_t heads, const ck_segment *segments, size_t segment_count, const size_t *first,
    const size_t *members);
/// Entries of `tables`.
size_t ck_attention_backward_tables(size_t images, size_t segment_count);

// layout.c -------------------------------------------------------------------------------------------

/// x [images, height, width, channels] -> out [images, out_height, out_width, channels], each pixel doubled;
/// the output extents are twice the input's or one less.
void ck_upsample_2x(
    const ck_context *context, float *out, const float *x, size_t images, size_t height, size_t width,
    size_t channels, size_t out_height, size_t out_width);

/// out [rows, a + b] = rows of x [rows, a] followed by rows of y [rows, b].
void ck_concatenate(const ck_context *context, float *out, const float *x, size_t a, const float *y, size_t b, size_t rows);

/// in [images, rows, columns] -> out [images, columns, rows].
void ck_transpose(const ck_context *context, float *out, const float *in, size_t images, size_t rows, size_t columns);

/// Rows y0..<y1 of the output of a convolution as a matrix [(y1 - y0) * out_width, kernel * kernel * channels],
/// from one image [height, width, channels]; zero outside the image.
void ck_im2col(
    float *out, const float *image, size_t height, size_t width, size_t channels, size_t kernel, size_t stride,
    size_t padding, size_t out_width, size_t y0, size_t y1);

/// The inverse walk: adds every element of such a matrix to where ck_im2col took it from.
void ck_col2im(
    float *image, const float *columns, size_t height, size_t width, size_t channels, size_t kernel, size_t stride,
    size_t padding, size_t out_width, size_t y0, size_t y1);

/// The gradient of ck_upsample_2x: each input pixel takes the sum of its outputs' gradients.
void ck_upsample_2x_backward(
    const ck_context *context, float *dx, const float *dy, size_t images, size_t height, size_t width,
    size_t channels, size_t out_height, size_t out_width);

/// The inverse of ck_concatenate; x or y may be null.
void ck_split(const ck_context *context, float *x, size_t a, float *y, size_t b, const float *joined, size_t rows);

/// table[indices[i]] += rows[i], rows of `width` floats.
void ck_scatter_rows(float *table, const float *rows, const size_t *indices, size_t count, size_t width);

#ifdef __cplusplus
}
#endif
