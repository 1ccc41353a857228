// A tile of sums of products of 16-bit numbers.

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
    NAME(sums) (*sum)[2 * NAME(REGISTERS)], int registers, const int16_t *const *rows, const void *weights, size_t step,
    size_t stride, size_t pairs, ck_weights type) {
    enum { R = NAME(REGISTERS) };
    for (size_t pair = 0; pair < pairs; pair++) {
        NAME(words) factor[2 * R];
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
        NAME(sums) sum[PRODUCT_ROWS][2 * R];
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
        NAME(tile)(sums, x, depth, panels, panel_stride, CK_WORDS, 2);
    else
        NAME(tile)(sums, x, depth, panels, panel_stride, CK_BYTES, 2);
#endif
}
