/*
 * Signed distances to the shapes: negative within, and never more than the true distance by much.
 */
#pragma once

#include "lanes.h"

/* Distance estimate, exact for balls. */
INLINE lanes ellipsoid_distance(lanes3 p, const float *radii) {
    lanes3 q = {p.x * (1.0f / radii[0]), p.y * (1.0f / radii[1]), p.z * (1.0f / radii[2])};
    lanes3 g = {q.x * (1.0f / radii[0]), q.y * (1.0f / radii[1]), q.z * (1.0f / radii[2])};
    lanes k = length3(q);
    return k * (k - 1.0f) / greatest(length3(g), splat(1e-6f));
}

INLINE lanes round_cone_distance(lanes3 p, const float *size) {
    float lower = size[0], upper = size[1], length = size[2], flattening = size[3];
    float slope = (lower - upper) / length;
    float rise = __builtin_sqrtf(1.0f - slope * slope);
    lanes z = p.z * flattening;
    lanes across = root(p.x * p.x + z * z);
    lanes k = p.y * rise - across * slope;
    lanes below = root(across * across + p.y * p.y) - lower;
    lanes q = p.y - length;
    lanes above = root(across * across + q * q) - upper;
    lanes between = across * rise + p.y * slope - lower;
    lanes d = choose(k < 0.0f, below, choose(k > rise * length, above, between));
    return d * (1.0f / flattening);
}

INLINE lanes box_distance(lanes3 p, const float *size) {
    float edge = size[3];
    lanes3 q = {
        magnitude(p.x) - (size[0] - edge), magnitude(p.y) - (size[1] - edge), magnitude(p.z) - (size[2] - edge)};
    lanes zero = splat(0.0f);
    lanes3 out = {greatest(q.x, zero), greatest(q.y, zero), greatest(q.z, zero)};
    return length3(out) + least(greatest(q.x, greatest(q.y, q.z)), zero) - edge;
}

/* A cone without its tip; a cylinder where both radii are equal. */
INLINE lanes cylinder_distance(lanes3 p, const float *size) {
    float lower = size[0], upper = size[1], half = size[2], edge = size[3];
    lanes across = root(p.x * p.x + p.z * p.z);
    lanes cap_x = across - least(across, choose(p.y < 0.0f, splat(lower), splat(upper)));
    lanes cap_y = magnitude(p.y) - half;
    float side_x = upper - lower, side_y = 2.0f * half;
    lanes t = unit(((upper - across) * side_x + (half - p.y) * side_y) * (1.0f / (side_x * side_x + side_y * side_y)));
    lanes flank_x = across - upper + side_x * t, flank_y = p.y - half + side_y * t;
    ints within = (flank_x < 0.0f) & (cap_y < 0.0f);
    lanes square = least(cap_x * cap_x + cap_y * cap_y, flank_x * flank_x + flank_y * flank_y);
    lanes d = root(square);
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

/* p: in the body's space. */
INLINE lanes part_distance(const toybox_part *part, lanes3 p) {
    if (part->is_mirrored) p.x = magnitude(p.x);
    lanes3 q = turn3(part->frame, subtract3(p, splat3(part->center)));
    switch (part->shape) {
    case TOYBOX_ELLIPSOID: return ellipsoid_distance(q, part->size);
    case TOYBOX_ROUND_CONE: return round_cone_distance(q, part->size);
    case TOYBOX_BOX: return box_distance(q, part->size);
    case TOYBOX_CYLINDER: return cylinder_distance(q, part->size);
    default: return arc_distance(q, part->size);
    }
}
