/*
 * Eight rays at once: clang's vectors, one AVX register or two of SSE or NEON. Only operations that IEEE 754 rounds
 * exactly are used, so that lanes hold the same bits everywhere.
 */
#pragma once

#include "include/toybox.h"

/* Vectors pass only between functions of one file, so their calling convention does not matter. */
#pragma clang diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline, unused))
#define OUTLINED static __attribute__((noinline, unused))

typedef float lanes __attribute__((ext_vector_type(8)));
typedef int32_t ints __attribute__((ext_vector_type(8)));
typedef uint32_t bits __attribute__((ext_vector_type(8)));

typedef struct {
    lanes x, y, z;
} lanes3;

INLINE lanes splat(float value) { return (lanes)(value); }
INLINE lanes choose(ints mask, lanes yes, lanes no) { return mask ? yes : no; }
INLINE ints choose_ints(ints mask, ints yes, ints no) { return mask ? yes : no; }
INLINE lanes least(lanes a, lanes b) { return a < b ? a : b; }
INLINE lanes greatest(lanes a, lanes b) { return a > b ? a : b; }
INLINE lanes clamp(lanes x, float low, float high) { return least(greatest(x, splat(low)), splat(high)); }
INLINE lanes unit(lanes x) { return clamp(x, 0.0f, 1.0f); }
INLINE lanes magnitude(lanes x) { return (lanes)((ints)x & 0x7FFFFFFF); }
INLINE lanes root(lanes x) { return __builtin_elementwise_sqrt(x); }
INLINE lanes mix(lanes a, lanes b, lanes t) { return a + (b - a) * t; }
INLINE lanes smooth(float from, float to, lanes x) {
    lanes t = unit((x - from) * (1.0f / (to - from)));
    return t * t * (3.0f - 2.0f * t);
}
/* Of numbers that an int32 holds. */
INLINE ints floor_ints(lanes x) {
    ints whole = __builtin_convertvector(x, ints);
    return whole + (x < __builtin_convertvector(whole, lanes));
}
INLINE lanes to_lanes(ints x) { return __builtin_convertvector(x, lanes); }
INLINE lanes floor_lanes(lanes x) { return to_lanes(floor_ints(x)); }
INLINE lanes fraction(lanes x) { return x - floor_lanes(x); }
/* 0 at whole numbers, 1 half-way. */
INLINE lanes triangle(lanes x) { return 1.0f - magnitude(2.0f * fraction(x) - 1.0f); }
/* Sine of a number of turns, to 1e-3. */
INLINE lanes sine_of_turns(lanes turns) {
    lanes x = turns - floor_lanes(turns + 0.5f);
    lanes y = x * (8.0f - 16.0f * magnitude(x));
    return y * (0.775f + 0.225f * magnitude(y));
}
INLINE int any(ints mask) { return __builtin_reduce_or(mask) != 0; }
INLINE float greatest_lane(lanes x) { return __builtin_reduce_max(x); }

INLINE lanes3 splat3(toybox_vector v) { return (lanes3){splat(v.x), splat(v.y), splat(v.z)}; }
INLINE lanes3 color3(toybox_color c) { return (lanes3){splat(c.r), splat(c.g), splat(c.b)}; }
INLINE lanes3 add3(lanes3 a, lanes3 b) { return (lanes3){a.x + b.x, a.y + b.y, a.z + b.z}; }
INLINE lanes3 subtract3(lanes3 a, lanes3 b) { return (lanes3){a.x - b.x, a.y - b.y, a.z - b.z}; }
INLINE lanes3 multiply3(lanes3 a, lanes3 b) { return (lanes3){a.x * b.x, a.y * b.y, a.z * b.z}; }
INLINE lanes3 scale3(lanes3 a, lanes s) { return (lanes3){a.x * s, a.y * s, a.z * s}; }
INLINE lanes3 along3(lanes3 o, lanes3 d, lanes t) { return (lanes3){o.x + d.x * t, o.y + d.y * t, o.z + d.z * t}; }
INLINE lanes dot3(lanes3 a, lanes3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
INLINE lanes length3(lanes3 a) { return root(dot3(a, a)); }
INLINE lanes3 normalize3(lanes3 a) { return scale3(a, 1.0f / greatest(length3(a), splat(1e-12f))); }
INLINE lanes3 choose3(ints mask, lanes3 yes, lanes3 no) {
    return (lanes3){choose(mask, yes.x, no.x), choose(mask, yes.y, no.y), choose(mask, yes.z, no.z)};
}
INLINE lanes3 mix3(lanes3 a, lanes3 b, lanes t) {
    return (lanes3){mix(a.x, b.x, t), mix(a.y, b.y, t), mix(a.z, b.z, t)};
}
INLINE lanes3 turn3(toybox_frame f, lanes3 v) {
    return (lanes3){
        f.x.x * v.x + f.x.y * v.y + f.x.z * v.z, f.y.x * v.x + f.y.y * v.y + f.y.z * v.z,
        f.z.x * v.x + f.z.y * v.y + f.z.z * v.z};
}

/* Noise. Hashes are 0 to 1. */
INLINE bits stir(bits h) {
    h ^= h >> 15;
    h *= 0x2C1B3C6Du;
    h ^= h >> 12;
    h *= 0x297A2D39u;
    h ^= h >> 15;
    return h;
}
INLINE lanes to_unit(bits h) { return to_lanes((ints)(h >> 8)) * (1.0f / 16777216.0f); }
INLINE bits hash_bits(ints x, ints y, ints z) {
    return stir((bits)x * 0x9E3779B1u ^ ((bits)y * 0x85EBCA77u + 0x1B873593u) ^ (bits)z * 0xC2B2AE3Du);
}
INLINE lanes hash(ints x, ints y, ints z) { return to_unit(hash_bits(x, y, z)); }

INLINE lanes noise1(lanes x, int32_t seed) {
    ints i = floor_ints(x);
    lanes f = x - to_lanes(i);
    f = f * f * (3.0f - 2.0f * f);
    ints s = (ints)(seed);
    return mix(hash(i, s, s), hash(i + 1, s, s), f);
}
OUTLINED lanes noise2(lanes x, lanes y, int32_t seed) {
    ints i = floor_ints(x), j = floor_ints(y), s = (ints)(seed);
    lanes f = x - to_lanes(i), g = y - to_lanes(j);
    f = f * f * (3.0f - 2.0f * f);
    g = g * g * (3.0f - 2.0f * g);
    return mix(mix(hash(i, j, s), hash(i + 1, j, s), f), mix(hash(i, j + 1, s), hash(i + 1, j + 1, s), f), g);
}
OUTLINED lanes noise3(lanes3 p) {
    ints i = floor_ints(p.x), j = floor_ints(p.y), k = floor_ints(p.z);
    lanes f = p.x - to_lanes(i), g = p.y - to_lanes(j), h = p.z - to_lanes(k);
    f = f * f * (3.0f - 2.0f * f);
    g = g * g * (3.0f - 2.0f * g);
    h = h * h * (3.0f - 2.0f * h);
    lanes low = mix(mix(hash(i, j, k), hash(i + 1, j, k), f), mix(hash(i, j + 1, k), hash(i + 1, j + 1, k), f), g);
    k += 1;
    lanes high = mix(mix(hash(i, j, k), hash(i + 1, j, k), f), mix(hash(i, j + 1, k), hash(i + 1, j + 1, k), f), g);
    return mix(low, high, h);
}
