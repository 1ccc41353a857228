// The cross entropy of rows of logits against wanted probabilities, with its gradient. In float64 throughout: the rows
// of a classifier or of a batch's similarities are few and short, and cost nothing beside the network that made them.
#include "kernels.h"
#include <math.h>

double ck_cross_entropy(
    float *dx, float scale, const float *x, const float *targets, size_t rows, size_t width) {
    double total = 0;
    for (size_t row = 0; row < rows; row++) {
        const float *logits = x + row * width, *wanted = targets + row * width;
        double highest = -INFINITY;
        for (size_t i = 0; i < width; i++) highest = logits[i] > highest ? (double)logits[i] : highest;
        double sum = 0, mass = 0;
        for (size_t i = 0; i < width; i++) {
            sum += exp((double)logits[i] - highest);
            mass += (double)wanted[i];
        }
        double level = highest + log(sum);
        for (size_t i = 0; i < width; i++) {
            if (wanted[i] != 0) total += (double)wanted[i] * (level - (double)logits[i]);
            if (dx) {
                double share = exp((double)logits[i] - level);
                dx[row * width + i] = (float)((double)scale * (mass * share - (double)wanted[i]));
            }
        }
    }
    return total;
}
