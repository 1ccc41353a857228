// AdamW (Loshchilov and Hutter, arXiv 1711.05101), as PyTorch computes it.
#include "simd.h"
#include "slices.h"

static void adamw_reference(float *p, float *m, float *v, const float *g, size_t count, const ck_adamw_step *s) {
    for (size_t i = 0; i < count; i++) {
        float d = g[i] * s->gradient_scale;
        m[i] = m[i] + (1 - s->beta1) * (d - m[i]);
        v[i] = s->beta2 * v[i] + (1 - s->beta2) * d * d;
        p[i] = p[i] * (1 - s->rate * s->decay) -
               s->rate / s->correction1 * m[i] / (sqrtf(v[i]) / s->root_correction2 + s->epsilon);
    }
}

INLINE void adamw_body(float *p, float *m, float *v, const float *g, size_t count, const ck_adamw_step *s) {
    f32x16 beta1 = splat(1 - s->beta1), beta2 = splat(s->beta2), rest2 = splat(1 - s->beta2);
    f32x16 kept = splat(1 - s->rate * s->decay), rate = splat(s->rate / s->correction1);
    for (size_t i = 0; i < count; i += 16) {
        size_t n = count - i;
        f32x16 d = (n >= 16 ? load16(g + i) : load_some(g + i, n)) * splat(s->gradient_scale);
        f32x16 a = n >= 16 ? load16(m + i) : load_some(m + i, n), b = n >= 16 ? load16(v + i) : load_some(v + i, n);
        f32x16 x = n >= 16 ? load16(p + i) : load_some(p + i, n);
        a = a + beta1 * (d - a);
        b = beta2 * b + rest2 * d * d;
        f32x16 root = __builtin_elementwise_sqrt(b);
        x = x * kept - rate * a / (root / splat(s->root_correction2) + splat(s->epsilon));
        if (n >= 16) {
            store16(m + i, a);
            store16(v + i, b);
            store16(p + i, x);
        } else {
            store_some(m + i, a, n);
            store_some(v + i, b, n);
            store_some(p + i, x, n);
        }
    }
}

VERSIONS(
    adamw, (float *p, float *m, float *v, const float *g, size_t count, const ck_adamw_step *s), (p, m, v, g, count, s))

typedef struct {
    void (*run)(float *, float *, float *, const float *, size_t, const ck_adamw_step *);
    float *p, *m, *v;
    const float *g;
    size_t count;
    const ck_adamw_step *step;
} adamw_work;

static void adamw_task(void *pointer, size_t task) {
    adamw_work *w = pointer;
    slice s = slice_of(w->count, task);
    w->run(w->p + s.begin, w->m + s.begin, w->v + s.begin, w->g + s.begin, s.end - s.begin, w->step);
}

void ck_adamw(
    const ck_context *context, float *parameters, float *first_moments, float *second_moments, const float *gradients,
    size_t count, const ck_adamw_step *step) {
    adamw_work w = {.p = parameters, .m = first_moments, .v = second_moments, .g = gradients, .count = count,
                    .step = step};
    adamw_run(context->isa, adamw_reference, &w.run);
    ck_parallel(context, slice_count(count), adamw_task, &w);
}
