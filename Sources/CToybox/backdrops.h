/*
 * What is behind: skies with suns, moons, stars and clouds, outlines on the horizon, walls.
 */
#pragma once

#include "lanes.h"

INLINE lanes3 stars_over(const toybox_picture *s, lanes3 d, lanes3 c) {
    lanes depth = greatest(d.z, splat(0.2f));
    lanes u = d.x / depth * 17.0f + 100.0f, v = d.y / depth * 17.0f + 100.0f;
    ints i = floor_ints(u), j = floor_ints(v), seed = (ints)((int32_t)(s->seed & 0xFFFF));
    lanes dx = fraction(u) - 0.25f - 0.5f * hash(i, j, seed),
          dy = fraction(v) - 0.25f - 0.5f * hash(i, j, seed + 1);
    lanes bright = hash(i, j, seed + 2);
    lanes radius = 0.05f + 0.10f * bright * bright;
    lanes spot = unit(1.6f - root(dx * dx + dy * dy) / radius) *
                 choose(hash(i, j, seed + 3) < s->stars, 0.4f + bright, splat(0.0f));
    return add3(c, scale3((lanes3){splat(1.0f), splat(0.97f), splat(0.88f)}, unit(spot)));
}

INLINE lanes3 disc_over(const toybox_picture *s, lanes3 d, lanes3 c) {
    lanes facing = dot3(d, splat3(s->disc_direction));
    lanes across = root(greatest(1.0f - facing * facing, splat(0.0f))) / greatest(facing, splat(0.05f));
    lanes halo = 1.0f / (1.0f + across * across * 30.0f);
    c = add3(c, scale3(color3(s->halo), halo * halo));
    lanes inside = unit((s->disc_radius - across) * (40.0f / (1.0f + 8.0f * s->disc_radius)) + 0.5f);
    lanes3 q = scale3(d, splat(1.7f / s->disc_radius));
    lanes blotch = 0.6f * noise3(q) + 0.4f * noise3(scale3(q, splat(2.7f)));
    lanes3 face = mix3(color3(s->disc), color3(s->disc_second), smooth(0.5f, 0.56f, blotch));
    return mix3(c, face, choose(facing > 0.0f, inside, splat(0.0f)));
}

INLINE lanes3 clouds_over(const toybox_picture *s, lanes3 d, lanes3 c) {
    lanes depth = 1.0f / (greatest(d.y, splat(0.0f)) + 0.22f);
    lanes u = d.x * depth * 1.6f, v = d.z * depth * 1.1f - d.y * 2.0f;
    int32_t seed = (int32_t)(s->seed & 0xFFF);
    lanes n = 0.55f * noise2(u, v * 1.6f, seed) + 0.3f * noise2(u * 2.3f, v * 3.1f, seed + 1) +
              0.15f * noise2(u * 5.1f, v * 6.3f, seed + 2);
    lanes cover = smooth(0.62f - 0.3f * s->clouds, 0.82f - 0.3f * s->clouds, n) * smooth(0.02f, 0.12f, d.y);
    return mix3(c, scale3(color3(s->cloud), 0.82f + 0.3f * n), cover * 0.92f);
}

/* How high an outline stands at `a`, and how light its face is there. */
INLINE lanes outline(const toybox_layer *l, lanes a, lanes *tone) {
    lanes x = a * l->frequency + l->offset;
    int32_t seed = (int32_t)(l->offset * 16.0f);
    switch (l->kind) {
    case TOYBOX_HILLS:
        *tone = splat(0.0f);
        return l->height * (0.55f + 0.3f * sine_of_turns(x * 0.31f) + 0.15f * sine_of_turns(x * 0.83f + 0.3f));
    case TOYBOX_RIDGE: {
        lanes peak = triangle(x * 0.5f) * (0.55f + 0.45f * noise1(floor_lanes(x * 0.5f) * 3.7f, seed));
        lanes rough = 0.3f * triangle(x * 1.7f + 0.3f) + 0.16f * triangle(x * 4.3f + 0.1f);
        *tone = choose(fraction(x * 0.5f) < 0.5f, splat(0.85f), splat(0.2f)) + 0.3f * (triangle(x * 4.3f) - 0.5f);
        return l->height * (0.18f + 0.62f * peak + 0.42f * rough * (0.3f + peak));
    }
    case TOYBOX_PINES: {
        ints cell = floor_ints(x);
        lanes r = hash(cell, (ints)(seed), (ints)(1));
        lanes top = magnitude(fraction(x) - 0.5f) * 2.0f;
        *tone = r * 0.8f + 0.2f * (1.0f - top);
        return l->height * (0.25f + (0.5f + 0.35f * r) * (1.0f - top));
    }
    case TOYBOX_BUSHES: {
        ints cell = floor_ints(x);
        lanes r = hash(cell, (ints)(seed), (ints)(1));
        lanes off = fraction(x) * 2.0f - 1.0f;
        *tone = r * 0.7f + 0.3f * (1.0f - off * off);
        return l->height * (0.35f + 0.35f * r + 0.3f * root(greatest(1.0f - off * off, splat(0.0f))));
    }
    case TOYBOX_SKYLINE: {
        ints cell = floor_ints(x);
        lanes r = hash(cell, (ints)(seed), (ints)(1)), q = hash(cell, (ints)(seed), (ints)(2));
        *tone = q;
        return l->height * (0.3f + 0.7f * r) * choose(fraction(x) < 0.06f, splat(0.25f), splat(1.0f));
    }
    default: { /* mesas */
        lanes n = sine_of_turns(x * 0.37f) + 0.6f * sine_of_turns(x * 0.61f + 0.4f);
        *tone = 0.5f + 0.5f * sine_of_turns(x * 3.1f);
        return l->height * (0.12f + 0.88f * smooth(0.25f, 0.55f, n));
    }
    }
}

INLINE lanes3 layer_over(const toybox_picture *s, const toybox_layer *l, lanes a, lanes e, lanes3 c) {
    lanes tone;
    lanes height = outline(l, a, &tone);
    lanes up = unit(e / greatest(height, splat(1e-3f)));
    lanes3 face = mix3(color3(l->low), color3(l->high), unit(0.6f * tone + 0.4f * up));
    if (l->kind == TOYBOX_RIDGE) {
        ints snow = e > l->height * (0.52f + 0.12f * triangle(a * l->frequency * 5.0f));
        face = choose3(snow, scale3(color3(l->cap), 0.72f + 0.35f * tone), face);
    }
    if (l->kind == TOYBOX_SKYLINE) {
        lanes u = a * l->frequency * 5.0f + l->offset * 5.0f, v = e * l->frequency * 7.0f;
        ints pane = (fraction(u) > 0.3f) & (fraction(u) < 0.75f) & (fraction(v) > 0.35f) & (fraction(v) < 0.8f);
        pane &= hash(floor_ints(u), floor_ints(v), (ints)(3)) < 0.6f;
        face = choose3(pane & (e < height * 0.93f), color3(l->cap), face);
    }
    if (l->kind == TOYBOX_MESAS) {
        lanes bed = triangle(e * 26.0f);
        face = mix3(face, color3(l->cap), 0.35f * bed);
    }
    (void)s;
    return mix3(c, face, choose(e < height, splat(1.0f), splat(0.0f)));
}

/* Sky and horizon in the direction d. */
OUTLINED lanes3 sky_at(const toybox_picture *s, lanes3 d) {
    lanes up = greatest(d.y, splat(0.0f));
    lanes3 c = mix3(color3(s->horizon), color3(s->zenith), unit(root(up) * 1.25f));
    c = mix3(c, color3(s->haze), unit(1.0f - up * 7.0f) * 0.5f);
    if (s->stars > 0.0f) c = stars_over(s, d, c);
    if (s->disc_radius > 0.0f) c = disc_over(s, d, c);
    if (s->clouds > 0.0f) c = clouds_over(s, d, c);
    lanes depth = greatest(d.z, splat(0.15f));
    lanes a = d.x / depth, e = d.y / depth;
    for (int i = 0; i < 3; i++)
        if (s->layers[i].kind && any(e < s->layers[i].height * 1.1f)) c = layer_over(s, &s->layers[i], a, e, c);
    return c;
}

/* A shelf of books: rows of boards, between them backs of all colours. */
INLINE lanes3 shelves(const toybox_picture *s, lanes x, lanes y) {
    ints row = floor_ints(y);
    lanes v = fraction(y), u = x * 5.2f + to_lanes(row) * 3.7f;
    ints book = floor_ints(u);
    lanes r = hash(book, row, (ints)(3)), q = hash(book, row, (ints)(4)),
          top = 0.66f + 0.24f * hash(book, row, (ints)(5));
    lanes3 back = mix3(color3(s->wall_second), color3(s->wall_third), r);
    back = choose3(q < 0.25f, (lanes3){splat(0.05f), splat(0.22f), splat(0.2f)}, back);
    back = choose3(q > 0.78f, (lanes3){splat(0.75f), splat(0.62f), splat(0.38f)}, back);
    lanes round = fraction(u) - 0.5f;
    back = scale3(back, 1.05f - 1.7f * round * round);
    ints band = (magnitude(v - 0.5f) < 0.03f) & (q > 0.4f);
    back = choose3(band, (lanes3){splat(0.8f), splat(0.66f), splat(0.3f)}, back);
    lanes3 board = color3(s->wall_base);
    lanes3 c = choose3((v < top) & (v > 0.1f), back, scale3(board, splat(0.28f)));
    c = choose3(v <= 0.1f, board, c);
    ints upright = fraction(x * 0.4f) < 0.045f;
    return choose3(upright, scale3(board, splat(0.9f)), c);
}

/* x, y: on the wall. covers: where there is a wall at all. */
OUTLINED lanes3 wall_at(const toybox_picture *s, lanes x, lanes y, ints *covers, lanes *glow) {
    lanes3 base = color3(s->wall_base), second = color3(s->wall_second), third = color3(s->wall_third), c = base;
    float scale = s->wall_scale;
    lanes u = x * scale, v = y * scale;
    *covers = (ints)(-1);
    *glow = splat(0.0f);
    switch (s->wall) {
    case TOYBOX_WALL_TILES: {
        lanes tone = hash(floor_ints(u), floor_ints(v), (ints)(3));
        lanes grout = choose((fraction(u) < 0.06f) | (fraction(v) < 0.06f), splat(1.0f), splat(0.0f));
        c = mix3(choose3(tone > 0.8f, second, scale3(base, 0.92f + 0.13f * tone)), third, grout);
        break;
    }
    case TOYBOX_WALLPAPER: {
        c = choose3(fraction(u) < 0.5f, base, second);
        ints board = y < 0.42f;
        c = choose3(board, scale3(third, choose(y > 0.37f, splat(0.75f), splat(1.0f))), c);
        break;
    }
    case TOYBOX_SHELVES: c = shelves(s, u, v); break;
    case TOYBOX_BRICKS: {
        ints row = floor_ints(v * 2.0f);
        lanes w = u + 0.5f * to_lanes(row & 1);
        lanes tone = hash(floor_ints(w), row, (ints)(3));
        ints joint = (fraction(w) < 0.05f) | (fraction(v * 2.0f) < 0.1f);
        c = choose3(joint, third, mix3(base, second, tone));
        break;
    }
    case TOYBOX_CURTAIN: {
        lanes fold = 0.5f + 0.5f * sine_of_turns(u * 1.1f + 0.12f * sine_of_turns(u * 0.23f + y * 0.05f));
        c = scale3(mix3(base, second, fold), 0.35f + 0.65f * fold);
        c = choose3(y < 0.12f, third, c);
        break;
    }
    default: { /* fence */
        lanes w = magnitude(fraction(u) - 0.5f);
        lanes top = 1.25f - 0.8f * greatest(w - 0.05f, splat(0.0f));
        ints picket = (w < 0.34f) & (y < top);
        ints rail = (magnitude(y - 0.35f) < 0.07f) | (magnitude(y - 0.95f) < 0.07f);
        *covers = picket | rail;
        c = choose3(picket, scale3(base, 1.0f - 0.5f * w), scale3(base, splat(0.7f)));
    }
    }
    if (s->window_width > 0.0f) {
        lanes dx = magnitude(x - s->window_x), dy = magnitude(y - 2.25f);
        float half = s->window_width;
        ints frame = (dx < half + 0.12f) & (dy < 1.05f),
             pane = (dx < half) & (dy < 0.93f) & (dx > 0.05f) & (magnitude(y - 2.35f) > 0.05f);
        lanes3 view = mix3(color3(s->horizon), color3(s->zenith), unit((y - 1.2f) * 0.45f));
        c = choose3(pane, view, choose3(frame, (lanes3){splat(0.85f), splat(0.84f), splat(0.8f)}, c));
        *glow = choose(pane, splat(1.0f), splat(0.0f));
    }
    return c;
}

/* Snow, bubbles or sparks in the air, over what is behind them. x, y: 0 to 1 in the picture. */
INLINE lanes3 particles_over(const toybox_picture *s, lanes x, lanes y, lanes3 c) {
    for (int n = 0; n < 2; n++) {
        float scale = s->particle_scale * (n ? 1.9f : 1.0f);
        lanes u = x * scale + 7.7f * n, v = y * scale;
        ints i = floor_ints(u), j = floor_ints(v), seed = (ints)((int32_t)(s->seed & 0xFFFF) + n);
        lanes radius = 0.08f + 0.13f * hash(i, j, seed);
        lanes dx = fraction(u) - 0.25f - 0.5f * hash(i, j, seed + 11),
              dy = fraction(v) - 0.25f - 0.5f * hash(i, j, seed + 12);
        lanes away = root(dx * dx + dy * dy) / radius,
              shows = choose(hash(i, j, seed + 13) < 0.45f, splat(1.0f), splat(0.0f));
        lanes cover;
        if (s->particles == TOYBOX_BUBBLES) {
            ints glint =
                (dx + 0.35f * radius) * (dx + 0.35f * radius) + (dy + 0.35f * radius) * (dy + 0.35f * radius) <
                0.06f * radius * radius;
            cover = choose(
                away < 1.0f, choose(glint, splat(0.95f), 0.12f + 0.5f * smooth(0.7f, 1.0f, away)), splat(0.0f));
        } else {
            cover = unit(1.5f - 1.3f * away) * 0.9f;
        }
        c = mix3(c, color3(s->particle), cover * shows);
    }
    return c;
}
