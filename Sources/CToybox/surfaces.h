/*
 * Colours of the bodies' materials, by patterns that are solid: they go through the body, so they turn with it.
 */
#pragma once

#include "lanes.h"

INLINE lanes spots(lanes3 p, float amount) {
    ints i = floor_ints(p.x), j = floor_ints(p.y), k = floor_ints(p.z);
    /* Every cell has a ball, somewhere in its middle. */
    lanes radius = (0.26f + 0.22f * amount) * (0.8f + 0.4f * hash(i, j, k + 911));
    lanes room = greatest(0.5f - radius, splat(0.0f)) * 2.0f;
    lanes3 off = {
        p.x - to_lanes(i) - 0.5f - (hash(i, j, k) - 0.5f) * room,
        p.y - to_lanes(j) - 0.5f - (hash(i + 313, j, k) - 0.5f) * room,
        p.z - to_lanes(k) - 0.5f - (hash(i, j + 577, k) - 0.5f) * room};
    return choose(dot3(off, off) < radius * radius, splat(1.0f), splat(0.0f));
}

/* p: in the body's space. */
OUTLINED lanes3 pattern_color(const toybox_material *m, lanes3 p) {
    lanes3 base = color3(m->base), second = color3(m->second);
    if (m->pattern == TOYBOX_PLAIN) return base;
    lanes3 axis = splat3(m->axis), q = add3(scale3(p, splat(m->scale)), splat3(m->phase));
    lanes along = dot3(p, axis) * m->scale + m->phase.x;
    ints marked;
    switch (m->pattern) {
    case TOYBOX_STRIPES: {
        lanes wave =
            0.22f * sine_of_turns(q.x * 0.31f + q.y * 0.23f) + 0.16f * sine_of_turns(q.z * 0.43f - q.y * 0.21f);
        marked = triangle(along + wave) < m->amount;
        break;
    }
    case TOYBOX_SPOTS: marked = spots(q, m->amount) > 0.5f; break;
    case TOYBOX_PATCHES:
        marked = noise3(q) + 0.3f * noise3(scale3(q, splat(2.1f))) > 1.0f - 0.7f * m->amount;
        break;
    case TOYBOX_BANDS: {
        lanes rung = along - 3.0f * floor_lanes(along * (1.0f / 3.0f));
        return choose3(rung < 1.0f, base, choose3(rung < 2.0f, second, color3(m->third)));
    }
    case TOYBOX_CHECKS: marked = ((floor_ints(q.x) + floor_ints(q.y) + floor_ints(q.z)) & 1) != 0; break;
    case TOYBOX_HALVES: marked = along > 0.0f; break;
    case TOYBOX_ZIGZAG: marked = triangle(along + 0.5f * triangle(q.x + q.z)) < m->amount; break;
    default: {
        lanes3 across = subtract3(p, scale3(axis, dot3(p, axis)));
        marked = triangle(length3(across) * m->scale + m->phase.x) < m->amount;
    }
    }
    return choose3(marked, second, base);
}
