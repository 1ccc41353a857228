// Attention in bfloat16 with the processor's own products: AVX-512 BF16, and AMX, whose tiles of 16 rows of 16 sums take
// 32 products each at once.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512bf16,amx-tile,amx-bf16,avx2,fma"))), \
    apply_to = function)
#include "attention.h"

#define DOT2(sum, a, b) (f32x16) _mm512_dpbf16_ps((__m512)(sum), (__m512bh)(a), (__m512bh)(b))
#define MAX16(a, b) (f32x16) _mm512_max_ps((__m512)(a), (__m512)(b))
#define ROUNDED(a, b) (u32x16) _mm512_cvtne2ps_pbh((__m512)(b), (__m512)(a))

#define NAME(x) x##_bfloat16_avx512
#include "attention_bfloat16.h"

#include "attention_bounded.h"

void attend_bfloat16_avx512(const attention_task *t) {
    if (!attend_bounded(t)) attend_any_bfloat16_avx512(t);
}

/// Eight tiles of 16 rows of 64 bytes.
typedef struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_shapes;

static const tile_shapes whole_tiles = {
    .palette = 1, .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64}, .rows = {16, 16, 16, 16, 16, 16, 16, 16}};

/// Tiles 0 to 2 hold sums, 3 to 5 what is read with 6. `rows` is at most 48: three tiles of queries.
INLINE void attend_block_amx(
    const attention_task *t, const uint32_t *keys, size_t count, const uint32_t *q, size_t rows, float *sums,
    float *maximum, float *totals) {
    size_t pairs = pairs_of_channels(t->work->depth), padded = t->work->padded, tiles = rows / 16;
    const uint32_t *values = keys + pairs * BLOCK;
    float scores[QUERIES * BLOCK] __attribute__((aligned(64)));
    uint32_t p[QUERIES * BLOCK / 2] __attribute__((aligned(64)));
    // 1. Scores, 16 keys at a time.
    for (size_t key = 0; key < count; key += 16) {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        for (size_t i = 0; i < pairs; i += 16) {
            _tile_loadd(6, keys + i * BLOCK + key, BLOCK * 4);
            _tile_loadd(3, q + i, pairs * 4);
            _tile_dpbf16ps(0, 3, 6);
            if (tiles > 1) {
                _tile_loadd(4, q + 16 * pairs + i, pairs * 4);
                _tile_dpbf16ps(1, 4, 6);
            }
            if (tiles > 2) {
                _tile_loadd(5, q + 32 * pairs + i, pairs * 4);
                _tile_dpbf16ps(2, 5, 6);
            }
        }
        _tile_stored(0, scores + key, BLOCK * 4);
        if (tiles > 1) _tile_stored(1, scores + 16 * BLOCK + key, BLOCK * 4);
        if (tiles > 2) _tile_stored(2, scores + 32 * BLOCK + key, BLOCK * 4);
    }
    // 2. Probabilities, for whole tiles of tokens.
    soften_rows_bfloat16_avx512(scores, p, sums, maximum, totals, rows, count, padded);
    // 3. What the values add, 48 channels at a time.
    for (size_t row = 0; row < rows; row += 16) {
        const uint32_t *from = p + row * (BLOCK / 2);
        float *to = sums + row * padded;
        for (size_t i = 0; i < padded; i += 48) {
            size_t there = padded - i;
            _tile_loadd(0, to + i, padded * 4);
            if (there > 16) _tile_loadd(1, to + i + 16, padded * 4);
            if (there > 32) _tile_loadd(2, to + i + 32, padded * 4);
            for (size_t pair = 0; 2 * pair < count; pair += 16) {
                const uint32_t *v = values + pair * padded + i;
                _tile_loadd(6, from + pair, BLOCK / 2 * 4);
                _tile_loadd(3, v, padded * 4);
                _tile_dpbf16ps(0, 6, 3);
                if (there > 16) {
                    _tile_loadd(4, v + 16, padded * 4);
                    _tile_dpbf16ps(1, 6, 4);
                }
                if (there > 32) {
                    _tile_loadd(5, v + 32, padded * 4);
                    _tile_dpbf16ps(2, 6, 5);
                }
            }
            _tile_stored(0, to + i, padded * 4);
            if (there > 16) _tile_stored(1, to + i + 16, padded * 4);
            if (there > 32) _tile_stored(2, to + i + 32, padded * 4);
        }
    }
}

void attend_bfloat16_amx(const attention_task *t) {
    _tile_loadconfig(&whole_tiles);
    walk_bfloat16_avx512(t, round_up(t->count, 16), attend_block_amx);
    _tile_release();
}

#pragma clang attribute pop
#else
typedef int attention_no_avx512_bfloat16;
#endif
