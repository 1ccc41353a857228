// Weights in panels of 16 outputs, as convolution.c reads them.
#include "convolution.h"

typedef struct {
    const ck_convolution *shape;
    void *packed;
    ck_weights type;
    const void *weights;
} pack_work;

/// A panel of numbers of so many bytes, of which so many lie beside each other of an output.
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

/// A panel of quads, and what its sums have too much because the bytes that they are multiplied with have no sign.
static void pack_quads(const pack_work *w, size_t panel) {
    pack_panel(w, panel, sizeof(int8_t), 4);
    size_t count = w->shape->kernel * w->shape->kernel * depth_of(w->shape, CK_QUADS) * 16;
    const int8_t *numbers = (const int8_t *)w->packed + panel * count;
    int32_t *excess = (int32_t *)(void *)((char *)w->packed + numbers_of(w->shape, CK_QUADS)) + panel * 16;
    for (size_t lane = 0; lane < 16; lane++) {
        excess[lane] = 0;
        for (size_t i = 0; i < count; i += 64)
            for (size_t j = 0; j < 4; j++) excess[lane] += X_OFFSET_QUADS * numbers[i + lane * 4 + j];
    }
}

static void pack_task(void *pointer, size_t panel) {
    const pack_work *w = pointer;
    if (w->type == CK_FLOATS)
        pack_panel(w, panel, sizeof(float), 1);
    else if (w->type == CK_WORDS)
        pack_panel(w, panel, sizeof(int16_t), 2);
    else if (w->type == CK_BYTES)
        pack_panel(w, panel, sizeof(int8_t), 2);
    else
        pack_quads(w, panel);
}

void ck_convolve_pack(
    const ck_context *context, void *packed, ck_weights type, const ck_convolution *shape, const void *weights) {
    pack_work w = {.shape = shape, .packed = packed, .type = type, .weights = weights};
    ck_parallel(context, (shape->outputs + 15) / 16, pack_task, &w);
}

size_t ck_convolve_packed_count(const ck_convolution *shape, ck_weights type) {
    return numbers_of(shape, type) + (type == CK_QUADS ? round_up(shape->outputs, 16) * sizeof(int32_t) : 0);
}
