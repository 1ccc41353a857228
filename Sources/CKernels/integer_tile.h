// A tile of sums of products of 16-bit numbers and, where the processor has them, of bytes.

typedef int32_t NAME(sums) __attribute__((vector_size(LANES * 4)));
typedef int16_t NAME(words) __attribute__((vector_size(LANES * 4)));
typedef int8_t NAME(bytes) __attribute__((vector_size(LANES * 2)));
typedef float NAME(floats) __attribute__((vector_size(LANES * 4)));

enum { NAME(REGISTERS) = 16 / LANES };  // of 16 outputs

INLINE NAME(words) NAME(load)(const void *weights, size_t at, ck_weights type) {
    NAME(words) words;
    if (type == CK_WORDS) {
        memcpy(&words, (const int16_t *)weights + at, sizeof words);
        return words;
    }
    NAME(bytes) bytes;
    memcpy(&bytes, (const int8_t *)weights + at, sizeof bytes);
    return __builtin_convertvector(bytes, NAME(words));
}

/// sum [PRODUCT_ROWS, registers] += the products of pairs of rows, and of weights of which each pair's are `step` numbers after the
/// last one's, and each 16 outputs' `stride` numbers.
INLINE void NAME(multiply)(
    NAME(sums) (*sum)[MOST_VECTORS * NAME(REGISTERS)], int registers, const int16_t *const *rows, const void *weights, size_t step,
    size_t stride, size_t pairs, ck_weights type) {
    enum { R = NAME(REGISTERS) };
    for (size_t pair = 0; pair < pairs; pair++) {
        NAME(words) factor[MOST_VECTORS * R];
        _Pragma("clang loop unroll(full)") for (int i = 0; i < registers; i++)
            factor[i] = NAME(load)(weights, pair * step + i / R * stride + i % R * LANES * 2, type);
        _Pragma("clang loop unroll(full)") for (int r = 0; r < PRODUCT_ROWS; r++) {
            int32_t both;
            memcpy(&both, rows[r] + 2 * pair, sizeof both);
            NAME(words) x = (NAME(words))((NAME(sums)){0} + both);
            _Pragma("clang loop unroll(full)") for (int i = 0; i < registers; i++) sum[r][i] = DOT2(sum[r][i], factor[i], x);
        }
    }
}

INLINE void NAME(tile)(
    float *sums, const int16_t *const *rows, size_t depth, const void *panels, size_t panel_stride, ck_weights type,
    int vectors) {
    enum { R = NAME(REGISTERS) };
    size_t exact = type == CK_WORDS ? EXACT_WORDS : EXACT_BYTES;
    for (size_t begin = 0; begin < depth; begin += exact) {
        size_t pairs = ((depth - begin < exact ? depth - begin : exact) + 1) / 2;
        NAME(sums) sum[PRODUCT_ROWS][MOST_VECTORS * R];
        const int16_t *x[PRODUCT_ROWS];
        _Pragma("clang loop unroll(full)") for (int r = 0; r < PRODUCT_ROWS; r++) {
            x[r] = rows[r] + begin;
            _Pragma("clang loop unroll(full)") for (int i = 0; i < vectors * R; i++) sum[r][i] = (NAME(sums)){0};
        }
        NAME(multiply)(sum, vectors * R, x, weights_at(panels, begin * 16, type), 32, panel_stride, pairs, type);
        _Pragma("clang loop unroll(full)") for (int r = 0; r < PRODUCT_ROWS; r++)
            _Pragma("clang loop unroll(full)") for (int i = 0; i < vectors * R; i++) {
                float *at = sums + (r * vectors * R + i) * LANES;
                NAME(floats) known;
                memcpy(&known, at, sizeof known);
                known += __builtin_convertvector(sum[r][i], NAME(floats));
                memcpy(at, &known, sizeof known);
            }
    }
}

static void NAME(accumulate)(
    float *sums, const void *const *rows, size_t depth, const void *panels, size_t panel_stride, ck_weights type,
    int vectors) {
    const int16_t *const *x = (const int16_t *const *)rows;
    if (type == CK_WORDS && vectors == 1)
        NAME(tile)(sums, x, depth, panels, panel_stride, CK_WORDS, 1);
    else if (vectors == 1)
        NAME(tile)(sums, x, depth, panels, panel_stride, CK_BYTES, 1);
#if LANES == 16
    else if (type == CK_WORDS)
        NAME(tile)(sums, x, depth, panels, panel_stride, CK_WORDS, MOST_VECTORS);
    else
        NAME(tile)(sums, x, depth, panels, panel_stride, CK_BYTES, MOST_VECTORS);
#endif
}

#ifdef DOT4
/// sum [PRODUCT_ROWS, registers] += the products of rows of bytes without a sign and of panels.
INLINE void NAME(add_quads)(
    NAME(sums) (*sum)[MOST_VECTORS * NAME(REGISTERS)], const void *const *rows, size_t depth, const int8_t *panels,
    size_t panel_stride, int vectors) {
    enum { R = NAME(REGISTERS) };
    for (size_t c = 0; c < depth; c += 4) {
        NAME(sums) factor[MOST_VECTORS * R];
        _Pragma("clang loop unroll(full)") for (int i = 0; i < vectors * R; i++)
            memcpy(&factor[i], panels + c * 16 + i / R * panel_stride + i % R * LANES * 4, sizeof factor[i]);
        _Pragma("clang loop unroll(full)") for (int r = 0; r < PRODUCT_ROWS; r++) {
            int32_t four;
            memcpy(&four, (const uint8_t *)rows[r] + c, sizeof four);
            NAME(sums) x = (NAME(sums)){0} + four;
            _Pragma("clang loop unroll(full)") for (int i = 0; i < vectors * R; i++) sum[r][i] = DOT4(sum[r][i], x, factor[i]);
        }
    }
}

INLINE void NAME(tile_of_quads)(
    int32_t *sums, const void *const *rows, size_t depth, const int8_t *panels, size_t panel_stride, int vectors) {
    enum { R = NAME(REGISTERS) };
    NAME(sums) sum[PRODUCT_ROWS][MOST_VECTORS * R];
    _Pragma("clang loop unroll(full)") for (int r = 0; r < PRODUCT_ROWS; r++)
        _Pragma("clang loop unroll(full)") for (int i = 0; i < vectors * R; i++)
            memcpy(&sum[r][i], sums + (r * vectors * R + i) * LANES, sizeof sum[r][i]);
    NAME(add_quads)(sum, rows, depth, panels, panel_stride, vectors);
    _Pragma("clang loop unroll(full)") for (int r = 0; r < PRODUCT_ROWS; r++)
        _Pragma("clang loop unroll(full)") for (int i = 0; i < vectors * R; i++)
            memcpy(sums + (r * vectors * R + i) * LANES, &sum[r][i], sizeof sum[r][i]);
}

static void NAME(accumulate_quads)(
    float *sums, const void *const *rows, size_t depth, const void *panels, size_t panel_stride, ck_weights type,
    int vectors) {
    (void)type;
    if (vectors == 1)
        NAME(tile_of_quads)((int32_t *)(void *)sums, rows, depth, panels, panel_stride, 1);
    else
        NAME(tile_of_quads)((int32_t *)(void *)sums, rows, depth, panels, panel_stride, MOST_VECTORS);
}

INLINE NAME(floats) NAME(load_floats)(const float *at) {
    NAME(floats) v;
    memcpy(&v, at, sizeof v);
    return v;
}

static void NAME(multiply_quads)(
    const quads_end *into, const void *const *rows, size_t depth, const void *panels, size_t panel_stride) {
    enum { REGISTERS_A_ROW = MOST_VECTORS * NAME(REGISTERS) };
    NAME(sums) sum[PRODUCT_ROWS][REGISTERS_A_ROW] = {0};
    NAME(add_quads)(sum, rows, depth, panels, panel_stride, MOST_VECTORS);
    const quads_end end = *into;  // which what is written could else change
    _Pragma("clang loop unroll(full)") for (int i = 0; i < REGISTERS_A_ROW; i++) {
        NAME(sums) excess;
        memcpy(&excess, end.excess + i * LANES, sizeof excess);
        NAME(floats) scales = NAME(load_floats)(end.scales + i * LANES), bias = {0};
        if (end.bias) bias = NAME(load_floats)(end.bias + i * LANES);
        _Pragma("clang loop unroll(full)") for (int r = 0; r < PRODUCT_ROWS; r++) {
            NAME(floats) y = __builtin_convertvector(sum[r][i] - excess, NAME(floats)) * (end.x_scales[r] * scales) + bias;
            if (end.residual) y += NAME(load_floats)(end.residual + r * end.residual_stride + i * LANES);
            memcpy(end.out + r * end.stride + i * LANES, &y, sizeof y);
        }
    }
}
#endif
