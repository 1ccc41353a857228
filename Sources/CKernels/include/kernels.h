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
} ck_context;

/// The best instruction set that this processor and its operating system offer.
ck_isa ck_detect_isa(void);

/// Whether the processor multiplies bfloat16 pairs (AVX-512 BF16).
bool ck_detect_bfloat16(void);

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

// convert.c ------------------------------------------------------------------------------------------

void ck_float_from_half(const ck_context *context, float *out, const uint16_t *in, size_t count);
/// Rounds to nearest, ties to even; NaN stays NaN.
void ck_bfloat_from_float(const ck_context *context, uint16_t *out, const float *in, size_t count);
void ck_float_from_bfloat(const ck_context *context, float *out, const uint16_t *in, size_t count);

// activation.c ---------------------------------------------------------------------------------------

typedef enum { CK_IDENTITY = 0, CK_RELU, CK_SILU, CK_GELU, CK_QUICK_GELU, CK_TANH } ck_activation;

/// out[i] = activation(x[i]); `out` may be `x`.
void ck_activate(const ck_context *context, float *out, const float *x, size_t count, ck_activation activation);

/// x [rows, 2 * width] -> out [rows, width] = x[:, :width] * gelu(x[:, width:]).
void ck_geglu(const ck_context *context, float *out, const float *x, size_t rows, size_t width);

// combine.c ------------------------------------------------------------------------------------------

/// out[i] = sum over terms of coefficients[t] * x[t][i].
void ck_combine(const ck_context *context, float *out, size_t count, size_t terms, const float *coefficients, const float *const *x);

/// Columns 0..<width of out and residual [rows, stride]: out = bias [width] (may be null) + residual (may be null).
void ck_bias_rows(float *out, size_t rows, size_t width, size_t stride, const float *bias, const float *residual);

// group_norm.c, layer_norm.c -------------------------------------------------------------------------

/// x [images, pixels, channels] (+ offset [images, channels], may be null), normalised over each group of
/// channels of each image, times weight plus bias, then `activation` (identity, relu or silu).
/// `workspace` holds ck_group_norm_workspace doubles.
void ck_group_norm(
    const ck_context *context, float *out, const float *x, const float *offset, size_t images, size_t pixels,
    size_t channels, size_t groups, const float *weight, const float *bias, float epsilon,
    ck_activation activation, double *workspace);
size_t ck_group_norm_workspace(size_t channels);

/// x [rows, width], normalised over the width.
void ck_layer_norm(
    const ck_context *context, float *out, const float *x, size_t rows, size_t width, const float *weight,
    const float *bias, float epsilon);

// attention.c ----------------------------------------------------------------------------------------

/// Keys and values of some tokens: rows of `channels` floats.
typedef struct {
    const float *keys;
    const float *values;
    size_t tokens;
} ck_segment;

/// Softmax attention without ever holding the scores: queries [images, tokens, channels], heads side by side
/// in the channels. Image i attends to segments[members[j]] for first[i] <= j < first[i + 1], in any order.
/// `causal` (one segment an image, as long as the queries) lets token t see keys 0...t only.
/// Every image must see at least one token. `workspace` holds ck_attention_workspace bytes, aligned to 64.
void ck_attention(
    const ck_context *context, float *out, const float *queries, size_t images, size_t tokens, size_t channels,
    size_t heads, const ck_segment *segments, size_t segment_count, const size_t *first, const size_t *members,
    bool causal, void *workspace);
size_t ck_attention_workspace(
    const ck_context *context, size_t channels, size_t heads, const ck_segment *segments, size_t segment_count);

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

#ifdef __cplusplus
}
#endif
