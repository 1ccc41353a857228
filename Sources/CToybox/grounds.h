/*
 * Colours of the ground, by its kind. `detail` goes from 1 to 0 where the pattern is too fine for the pixel.
 */
#pragma once

#include "lanes.h"

/* Brightness round 1. */
INLINE lanes mottle(lanes x, lanes z, float strength, int32_t seed) {
    return 1.0f + strength * (noise2(x, z, seed) + 0.5f * noise2(x * 2.3f, z * 2.3f, seed + 7) - 0.75f);
}

INLINE lanes line_at_whole(lanes x, float width) {
    return choose(1.0f - triangle(x + 0.5f) < width, splat(1.0f), splat(0.0f));
}

typedef struct {
    lanes3 color;
    lanes gloss, glow;
} ground_look;

INLINE ground_look grass(const toybox_picture *s, lanes x, lanes z, lanes detail) {
    lanes blades = noise2(x * 9.0f, z * 5.0f, 11) * detail;
    lanes3 c = mix3(
        color3(s->ground_base), color3(s->ground_second),
        unit(0.2f + 0.7f * noise2(x * 0.9f, z * 0.9f, 3) + 0.5f * (blades - 0.5f)));
    /* Flowers, one in every cell or none. */
    ints i = floor_ints(x * 2.2f), j = floor_ints(z * 2.2f);
    lanes dx = fraction(x * 2.2f) - 0.3f - 0.4f * hash(i, j, (ints)(5)),
          dz = fraction(z * 2.2f) - 0.3f - 0.4f * hash(i, j, (ints)(6));
    lanes size = 0.11f + 0.09f * hash(i, j, (ints)(7));
    ints flower = (dx * dx + dz * dz < size * size) & (hash(i, j, (ints)(8)) < 0.42f) & (detail > 0.02f);
    lanes3 petal = choose3(
        hash(i, j, (ints)(9)) < 0.5f, color3(s->ground_third),
        mix3(color3(s->ground_third), (lanes3){splat(1), splat(0.85f), splat(0.2f)}, splat(0.8f)));
    return (ground_look){mix3(c, petal, choose(flower, detail, splat(0.0f))), splat(0.0f), splat(0.0f)};
}

INLINE ground_look leaves(const toybox_picture *s, lanes x, lanes z, lanes detail) {
    lanes3 c = scale3(color3(s->ground_base), mottle(x * 1.7f, z * 1.7f, 0.7f, 3));
    for (int n = 0; n < 2; n++) {
        lanes u = x * (n ? 2.6f : 1.9f) + n * 17.3f, v = z * (n ? 2.6f : 1.9f);
        ints i = floor_ints(u), j = floor_ints(v);
        lanes dx = fraction(u) - 0.32f - 0.36f * hash(i, j, (ints)(5)),
              dz = fraction(v) - 0.32f - 0.36f * hash(i, j, (ints)(6));
        lanes turn = hash(i, j, (ints)(4));
        lanes c1 = sine_of_turns(turn + 0.25f), s1 = sine_of_turns(turn);
        lanes a = (dx * c1 + dz * s1) * 3.6f, b = (dz * c1 - dx * s1) * 7.5f;
        ints leaf = a * a + magnitude(b) < 1.0f;
        lanes3 tint = mix3(color3(s->ground_second), color3(s->ground_third), hash(i, j, (ints)(9)));
        c = mix3(c, tint, choose(leaf & (hash(i, j, (ints)(8)) < 0.75f), detail, splat(0.15f)));
    }
    return (ground_look){c, splat(0.0f), splat(0.0f)};
}

INLINE ground_look craters(const toybox_picture *s, lanes x, lanes z, lanes detail) {
    lanes shade = mottle(x * 1.3f, z * 1.3f, 0.35f, 3);
    for (int n = 0; n < 2; n++) {
        float f = n ? 1.3f : 0.55f;
        lanes u = x * f + n * 7.7f, v = z * f + n * 3.1f;
        ints i = floor_ints(u), j = floor_ints(v);
        lanes dx = fraction(u) - 0.4f - 0.2f * hash(i, j, (ints)(5)),
              dz = fraction(v) - 0.4f - 0.2f * hash(i, j, (ints)(6));
        lanes radius = 0.16f + 0.2f * hash(i, j, (ints)(7));
        lanes away = root(dx * dx + dz * dz) / radius;
        /* The bowl is dark towards the sun and bright across; its rim the other way. */
        lanes slope = (dx * s->sun_direction.x + dz * s->sun_direction.z) / radius;
        shade *=
            choose(away < 0.9f, 0.74f - 0.5f * slope, choose(away < 1.12f, 1.1f + 0.35f * slope, splat(1.0f))) *
                detail +
            1.0f - detail;
    }
    return (ground_look){scale3(color3(s->ground_base), shade), splat(0.0f), splat(0.0f)};
}

INLINE ground_look lava(const toybox_picture *s, lanes x, lanes z, lanes detail, lanes coarse) {
    lanes wander = noise2(x * 1.1f, z * 1.1f, 3) + 0.45f * noise2(x * 2.7f, z * 2.7f, 5) +
                   0.2f * noise2(x * 6.1f, z * 6.1f, 9);
    /* Far away cracks run together: a dull glow is left. */
    lanes crack = mix(splat(0.2f), 1.0f - unit(magnitude(wander - 0.82f) * 11.0f), coarse);
    lanes glow = crack * crack;
    lanes3 rock = scale3(color3(s->ground_base), mix(splat(1.0f), mottle(x * 4.0f, z * 4.0f, 0.7f, 13), detail));
    return (ground_look){
        mix3(rock, mix3(color3(s->ground_second), color3(s->ground_third), glow), crack), splat(0.1f), glow * 1.3f};
}

INLINE ground_look planks(const toybox_picture *s, lanes x, lanes z, lanes detail) {
    lanes u = x * 1.15f;
    ints board = floor_ints(u);
    lanes tone = hash(board, board, (ints)(3));
    lanes grain = noise2(x * 14.0f + tone * 50.0f, z * 1.3f, 3) * detail;
    lanes3 c =
        mix3(color3(s->ground_base), color3(s->ground_second), unit(0.15f + 0.55f * tone + 0.45f * (grain - 0.4f)));
    lanes seam = line_at_whole(u, 0.035f) * detail;
    return (ground_look){scale3(c, 1.0f - 0.55f * seam), splat(0.25f), splat(0.0f)};
}

INLINE ground_look slabs(const toybox_picture *s, lanes x, lanes z, lanes detail, float variety, float gloss) {
    ints i = floor_ints(x), j = floor_ints(z);
    lanes3 c = mix3(
        color3(s->ground_base), color3(s->ground_second),
        mix(splat(0.5f), hash(i, j, (ints)(3)), detail) * variety);
    lanes joint = greatest(line_at_whole(x, 0.05f), line_at_whole(z, 0.05f)) * detail;
    return (ground_look){mix3(c, color3(s->ground_third), joint), gloss * (1.0f - joint), splat(0.0f)};
}

INLINE ground_look carpet(const toybox_picture *s, lanes x, lanes z, lanes detail) {
    lanes away = root(x * x + z * z);
    lanes band = triangle(away * 0.9f);
    lanes3 c = choose3(
        away > 2.9f, color3(s->ground_third),
        choose3(band < 0.34f, color3(s->ground_second), color3(s->ground_base)));
    lanes pile = noise2(x * 19.0f, z * 19.0f, 3) * detail + 0.5f * (1.0f - detail);
    return (ground_look){scale3(c, 0.86f + 0.28f * pile), splat(0.0f), splat(0.0f)};
}

INLINE ground_look road(const toybox_picture *s, lanes x, lanes z, lanes detail) {
    lanes3 tar = scale3(color3(s->ground_base), mottle(x * 9.0f, z * 9.0f, 0.25f, 3));
    ints stripe = (magnitude(z - 2.2f) < 0.09f) & (fraction(x * 0.45f) < 0.6f);
    ints kerb = (z > 4.0f) & (z < 4.3f);
    lanes3 c = choose3(z > 4.3f, slabs(s, x, z, detail, 1.0f, 0.0f).color, tar);
    c = choose3(stripe, color3(s->ground_third), c);
    return (ground_look){choose3(kerb, color3(s->ground_second), c), splat(0.05f), splat(0.0f)};
}

/* x, z: on the ground. footprint: how much of it a pixel covers. */
OUTLINED ground_look ground_at(const toybox_picture *s, lanes x, lanes z, lanes footprint) {
    float scale = s->ground_scale;
    lanes detail = unit(1.5f - footprint * scale * 6.0f), coarse = unit(1.8f - footprint * scale * 2.0f);
    x *= scale;
    z *= scale;
    lanes3 base = color3(s->ground_base), second = color3(s->ground_second);
    lanes none = splat(0.0f);
    switch (s->ground) {
    case TOYBOX_SAND: {
        lanes ripple = sine_of_turns(z * 1.4f + 0.35f * noise2(x * 0.8f, z * 0.8f, 5) + 0.15f * x) * detail;
        lanes grain = (noise2(x * 23.0f, z * 23.0f, 9) - 0.5f) * detail;
        return (ground_look){
            mix3(
                base, second,
                unit(0.35f + 0.2f * ripple + 0.35f * grain + 0.4f * (noise2(x * 0.5f, z * 0.5f, 3) - 0.5f))),
            none, none};
    }
    case TOYBOX_SNOW: {
        lanes drift = noise2(x * 0.6f, z * 0.9f, 3) + 0.4f * noise2(x * 1.7f, z * 2.4f, 5);
        lanes glint = choose(noise2(x * 31.0f, z * 31.0f, 9) > 0.93f, detail, none);
        lanes3 c = mix3(base, second, unit(drift * 0.9f - 0.2f));
        return (ground_look){scale3(c, 1.0f + 0.25f * glint), none, none};
    }
    case TOYBOX_GRASS: return grass(s, x, z, detail);
    case TOYBOX_LEAVES: return leaves(s, x, z, detail);
    case TOYBOX_PAVING: return slabs(s, x + 0.5f * to_lanes(floor_ints(z) & 1), z, detail, 1.0f, 0.02f);
    case TOYBOX_PLANKS: return planks(s, x, z, detail);
    case TOYBOX_TILES: return slabs(s, x, z, detail, 0.35f, 0.5f);
    case TOYBOX_CARPET: return carpet(s, x, z, detail);
    case TOYBOX_CRATERS: return craters(s, x, z, detail);
    case TOYBOX_LAVA: return lava(s, x, z, detail, coarse);
    case TOYBOX_ROCK: {
        lanes n = 0.82f + (noise2(x * 1.2f, z * 1.2f, 3) - 0.5f) * coarse +
                  (0.5f * noise2(x * 2.9f, z * 2.9f, 5) + 0.25f * noise2(x * 7.0f, z * 7.0f, 9) - 0.375f) * detail;
        lanes3 c = mix3(base, second, unit(n * 1.3f - 0.6f));
        return (ground_look){mix3(c, color3(s->ground_third), smooth(1.15f, 1.25f, n)), none, none};
    }
    case TOYBOX_ROWS: {
        lanes row = triangle(x * 0.9f + 0.06f * noise2(x, z * 2.0f, 5));
        lanes straw = noise2(x * 12.0f, z * 4.0f, 9) * detail + 0.5f * (1.0f - detail);
        return (ground_look){mix3(base, second, unit(row * 0.8f + 0.5f * (straw - 0.5f))), none, none};
    }
    case TOYBOX_CHECKERED: {
        lanes odd = to_lanes((floor_ints(x) + floor_ints(z)) & 1);
        return (ground_look){mix3(base, second, mix(splat(0.5f), odd, detail)), splat(0.35f), none};
    }
    case TOYBOX_ROAD: return road(s, x, z, detail);
    default: return (ground_look){scale3(base, mottle(x, z, 0.15f, 3)), none, none};
    }
}

/* Sea or lake, and the foam on its edge. */
OUTLINED ground_look water_at(const toybox_picture *s, lanes x, lanes z, lanes3 sky, ground_look land) {
    lanes edge = z - s->shore - 0.35f * sine_of_turns(x * 0.11f) - 0.12f * sine_of_turns(x * 0.37f + 0.2f);
    lanes wave =
        sine_of_turns(z * 0.8f + 0.5f * noise2(x * 0.35f, z * 1.2f, 21)) * unit(4.0f / greatest(z, splat(1.0f)));
    lanes3 deep = scale3(color3(s->water), 0.9f + 0.22f * wave);
    deep = mix3(deep, sky, least(0.1f + 0.02f * edge, splat(0.45f)));
    lanes3 c = mix3(color3(s->foam), deep, smooth(0.0f, 1.1f, edge));
    ints foam = (edge < 0.22f) | ((edge > 0.7f) & (edge < 0.85f) & (noise2(x * 1.3f, z * 0.4f, 23) > 0.5f));
    c = choose3(foam, color3(s->foam), c);
    /* Sand is darker where it is wet. */
    land.color = scale3(land.color, 1.0f - 0.3f * smooth(-0.9f, -0.1f, edge));
    ints wet = edge > 0.0f;
    return (ground_look){choose3(wet, c, land.color), choose(wet, splat(0.5f), land.gloss), land.glow};
}
