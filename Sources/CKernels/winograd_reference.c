// The scalar reference of ck_winograd: the transforms as matrices, in float64.
#include "winograd.h"

typedef struct {
    double input[POINTS][POINTS], weight[POINTS][3], output[OUTPUTS][POINTS];
} transforms;

static const transforms two = {
    .input = {{1, 0, -1}, {0, 1, 1}, {0, -1, 1}, {0, -1, 0, 1}},
    .weight = {{1}, {.5, .5, .5}, {.5, -.5, .5}, {0, 0, 1}},
    .output = {{1, 1, 1}, {0, 1, -1, 1}},
};

// a = 5/8, b = 3/2: input rows are the coefficients of the polynomials that vanish at all points but one.
static const transforms four = {
    .input =
        {{0.87890625, 0, -2.640625, 0, 1},
         {0, -1.40625, -2.25, 0.625, 1},
         {0, 1.40625, -2.25, -0.625, 1},
         {0, -0.5859375, -0.390625, 1.5, 1},
         {0, 0.5859375, -0.390625, -1.5, 1},
         {0, 0.87890625, 0, -2.640625, 0, 1}},
    .weight =
        {{1 / 0.87890625},
         {-1 / 1.4526367187500000, -0.625 / 1.4526367187500000, -0.390625 / 1.4526367187500000},
         {-1 / 1.4526367187500000, 0.625 / 1.4526367187500000, -0.390625 / 1.4526367187500000},
         {1 / 8.3671875, 1.5 / 8.3671875, 2.25 / 8.3671875},
         {1 / 8.3671875, -1.5 / 8.3671875, 2.25 / 8.3671875},
         {0, 0, 1}},
    .output =
        {{1, 1, 1, 1, 1},
         {0, 0.625, -0.625, 1.5, -1.5},
         {0, 0.390625, 0.390625, 2.25, 2.25},
         {0, 0.244140625, -0.244140625, 3.375, -3.375, 1}},
};

static const transforms *transforms_of(size_t m) { return m == 2 ? &two : &four; }

static void input_reference(const winograd_work *w, size_t index) {
    const size_t n = w->tile + 2;
    const transforms *t = transforms_of(w->tile);
    place p = place_of(w, index);
    for (size_t c = 0; c < w->channels; c++) {
        double d[POINTS][POINTS] = {0};
        for (size_t i = 0; i < n && index < w->count; i++)
            for (size_t j = 0; j < n; j++) {
                size_t row = p.top + i - 1, column = p.left + j - 1;  // of the padding they are too large
                if (row < w->height && column < w->width)
                    d[i][j] = get_one(w->x, ((p.image * w->height + row) * w->width + column) * w->channels + c, w->bfloat16);
            }
        for (size_t a = 0; a < n; a++)
            for (size_t b = 0; b < n; b++) {
                double v = 0;
                for (size_t i = 0; i < n; i++)
                    for (size_t j = 0; j < n; j++) v += t->input[a][i] * d[i][j] * t->input[b][j];
                w->inputs[(a * n + b) * w->inputs_stride + index * w->channels + c] = (float)v;
            }
    }
}

static void round_reference(const winograd_work *w, size_t index) {
    for (size_t point = 0; point < (w->tile + 2) * (w->tile + 2); point++) {
        float *row = inputs_at(w, point, index), largest = 0, strange = 0;
        for (size_t c = 0; c < w->channels; c++) {
            largest = fmaxf(largest, fabsf(row[c]));
            strange += row[c] - row[c];
        }
        float scale = (largest + strange) / X_BOUND_WORDS;
        w->input_scales[point * w->rows + index] = scale;
        for (size_t c = 0; c < w->channels; c++) {
            int16_t number = word_of(row[c] * inverse_of(scale));
            memcpy((int16_t *)(void *)row + c, &number, sizeof number);
        }
    }
}

static void pack_reference(const pack_work *w, size_t panel, float *out, size_t stride) {
    const size_t n = w->tile + 2;
    const transforms *t = transforms_of(w->tile);
    for (size_t c = 0; c < w->channels; c++)
        for (size_t lane = 0; lane < 16; lane++) {
            const float *g = w->weights + ((panel * 16 + lane) * w->channels + c) * 9;
            for (size_t a = 0; a < n; a++)
                for (size_t b = 0; b < n; b++) {
                    double u = 0;
                    for (size_t i = 0; i < 3; i++)
                        for (size_t j = 0; j < 3; j++) u += t->weight[a][i] * g[i * 3 + j] * t->weight[b][j];
                    out[(a * n + b) * stride + c * 16 + lane] = (float)u;
                }
        }
}

static void multiply_reference(const winograd_work *w, size_t task) {
    size_t groups = panel_groups(w), point = task / groups, first = task % groups * PANELS_A_TASK * 16;
    for (size_t k = first; k < w->outputs && k < first + PANELS_A_TASK * 16; k++)
        for (size_t row = 0; row < w->rows; row++) {
            const float *inputs = inputs_at(w, point, row);
            size_t panel = (point * w->outputs + k / 16 * 16) * w->channels;
            double sum = 0;
            for (size_t c = 0; c < w->channels; c++) {
                int16_t word;
                memcpy(&word, (const int16_t *)(const void *)inputs + c, sizeof word);
                sum += w->type == CK_FLOATS
                           ? (double)inputs[c] * ((const float *)w->weights)[panel + c * 16 + k % 16]
                           : (double)word * ((const int16_t *)w->weights)[panel + (c / 2 * 16 + k % 16) * 2 + c % 2];
            }
            if (w->type == CK_WORDS)
                sum *= w->input_scales[point * w->rows + row] * w->weight_scales[point * w->outputs + k];
            w->sums[point * w->sums_stride + row * w->outputs + k] = (float)sum;
        }
}

static void output_reference(const winograd_work *w, size_t index) {
    const size_t m = w->tile, n = m + 2;
    const transforms *t = transforms_of(m);
    place p = place_of(w, index);
    for (size_t a = 0; a < m && p.top + a < w->height; a++)
        for (size_t b = 0; b < m && p.left + b < w->width; b++)
            for (size_t k = 0; k < w->outputs; k++) {
                size_t at = ((p.image * w->height + p.top + a) * w->width + p.left + b) * w->outputs + k;
                double y = (w->bias ? w->bias[k] : 0) + (w->residual ? w->residual[at] : 0);
                for (size_t i = 0; i < n; i++)
                    for (size_t j = 0; j < n; j++)
                        y += t->output[a][i] * t->output[b][j] *
                             w->sums[(i * n + j) * w->sums_stride + index * w->outputs + k];
                w->out[at] = (float)y;
            }
}

const winograd_version winograd_reference = {
    {input_reference, input_reference}, round_reference, {output_reference, output_reference}, multiply_reference,
    {pack_reference, pack_reference}};
