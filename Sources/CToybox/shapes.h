/*
 * Signed distances to the shapes: negative within, and never more than the true distance by much.
 */
#pragma once

#include "lanes.h"

/* A part, with what its distance needs time and again. */
typedef struct {
    toybox_part part;
    int32_t is_turned;
    float derived[3];
} ready_part;

/* Distance estimate, exact for balls. inverse: of the three radii. */
INLINE lanes ellipsoid_distance(lanes3 p, const float *inverse) {
    lanes3 q = {p.x * inverse[0], p.y * inverse[1], p.z * inverse[2]};
    lanes3 g = {q.x * inverse[0], q.y * inverse[1], q.z * inverse[2]};
    lanes k = length3(q);
    return k * (k - 1.0f) / greatest(length3(g), splat(1e-6f));
}

/* derived: sine and cosine of the flank's slope, inverse of the flattening. */
INLINE lanes round_cone_distance(lanes3 p, const float *size, const float *derived) {
    float lower = size[0], upper = size[1], length = size[2], flattening = size[3];
    float slope = derived[0], rise = derived[1];
    lanes z = p.z * flattening;
    lanes across = root(p.x * p.x + z * z);
    lanes k = p.y * rise - across * slope;
    lanes below = root(across * across + p.y * p.y) - lower;
    lanes q = p.y - length;
    lanes above = root(across * across + q * q) - upper;
    lanes between = across * rise + p.y * slope - lower;
    lanes d = choose(k < 0.0f, below, choose(k > rise * length, above, between));
    return d * derived[2];
}

INLINE lanes box_distance(lanes3 p, const float *size) {
    float edge = size[3];
    lanes3 q = {
        magnitude(p.x) - (size[0] - edge), magnitude(p.y) - (size[1] - edge), magnitude(p.z) - (size[2] - edge)};
    lanes zero = splat(0.0f);
    lanes3 out = {greatest(q.x, zero), greatest(q.y, zero), greatest(q.z, zero)};
    return length3(out) + least(greatest(q.x, greatest(q.y, q.z)), zero) - edge;
}

/* A cone without its tip; a cylinder where both radii are equal. derived: inverse square of the flank's length. */
INLINE lanes cylinder_distance(lanes3 p, const float *size, const float *derived) {
    float lower = size[0], upper = size[1], half = size[2], edge = size[3];
    lanes across = root(p.x * p.x + p.z * p.z);
    lanes cap_x = across - least(across, choose(p.y < 0.0f, splat(lower), splat(upper)));
    lanes cap_y = magnitude(p.y) - half;
    float side_x = upper - lower, side_y = 2.0f * half;
    lanes t = unit(((upper - across) * side_x + (half - p.y) * side_y) * derived[0]);
    lanes flank_x = across - upper + side_x * t, flank_y = p.y - half + side_y * t;
    ints within = (flank_x < 0.0f) & (cap_y < 0.0f);
    lanes d = root(least(cap_x * cap_x + cap_y * cap_y, flank_x * flank_x + flank_y * flank_y));
    return choose(within, -d, d) - edge;
}

INLINE lanes arc_distance(lanes3 p, const float *size) {
    float radius = size[0], tube = size[1], sine = size[2], cosine = size[3];
    lanes x = magnitude(p.x);
    ints beyond = cosine * x > sine * p.y;
    lanes k = choose(beyond, x * sine + p.y * cosine, root(x * x + p.y * p.y));
    lanes square = x * x + p.y * p.y + p.z * p.z + radius * radius - 2.0f * radius * k;
    return root(greatest(square, splat(0.0f))) - tube;
}

INLINE ready_part made_ready(const toybox_part *part) {
    ready_part ready = {.part = *part};
    const float *size = part->size;
    toybox_frame f = part->frame;
    ready.is_turned = f.x.x != 1.0f || f.y.y != 1.0f || f.z.z != 1.0f;
    if (part->shape == TOYBOX_ELLIPSOID) {
        for (int i = 0; i < 3; i++) ready.derived[i] = 1.0f / size[i];
    } else if (part->shape == TOYBOX_ROUND_CONE) {
        ready.derived[0] = (size[0] - size[1]) / size[2];
        ready.derived[1] = root(splat(1.0f - ready.derived[0] * ready.derived[0]))[0];
        ready.derived[2] = 1.0f / size[3];
    } else if (part->shape == TOYBOX_CYLINDER) {
        float x = size[1] - size[0], y = 2.0f * size[2];
        ready.derived[0] = 1.0f / (x * x + y * y);
    }
    return ready;
}

/* p: in the body's space; its x is a magnitude already where the part is mirrored. */
INLINE lanes part_distance(const ready_part *ready, lanes3 p) {
    const toybox_part *part = &ready->part;
    lanes3 q = subtract3(p, splat3(part->center));
    if (ready->is_turned) q = turn3(part->frame, q);
    switch (part->shape) {
    case TOYBOX_ELLIPSOID: return ellipsoid_distance(q, ready->derived);
    case TOYBOX_ROUND_CONE: return round_cone_distance(q, part->size, ready->derived);
    case TOYBOX_BOX: return box_distance(q, part->size);
    case TOYBOX_CYLINDER: return cylinder_distance(q, part->size, ready->derived);
    default: return arc_distance(q, part->size);
    }
}
