/*
 * The whole: rays, light, pixels.
 */
#pragma once

#include "backdrops.h"
#include "bodies.h"
#include "grounds.h"
#include "surfaces.h"

#include <stddef.h>
#include <stdlib.h>

/* What a packet of rays saw. */
typedef struct {
    lanes3 color;  /* as stored, 0 to 1 */
    ints identity; /* what kind of thing: equal numbers, same thing */
    ints is_subject;
} sight;

/* A film's curve and the picture file's gamma. */
INLINE lanes developed(lanes x) {
    x = greatest(x, splat(0.0f));
    lanes y = (x * (2.51f * x + 0.03f)) / (x * (2.43f * x + 0.59f) + 0.14f);
    return root(unit(y));
}

typedef struct {
    lanes3 albedo;
    lanes gloss, sheen, glow;
} surface;

INLINE lanes3
lit(const toybox_picture *s, const surface *look, lanes3 p, lanes3 n, lanes3 view, lanes open, lanes sun,
    float wrap) {
    lanes3 light = splat3(s->sun_direction);
    lanes facing = unit((dot3(n, light) + wrap) * (1.0f / (1.0f + wrap)));
    if (s->pool_radius > 0.0f) {
        lanes away = root(p.x * p.x + p.z * p.z) * (1.0f / s->pool_radius);
        sun *= 1.0f - smooth(0.75f, 1.05f, away);
    }
    sun *= facing;
    lanes3 ambient = mix3(color3(s->ambient_below), color3(s->ambient_above), 0.5f + 0.5f * n.y);
    lanes3 arriving = add3(scale3(color3(s->sun), sun), scale3(ambient, open));
    lanes3 c =
        multiply3(look->albedo, add3(arriving, (lanes3){look->glow * 1.6f, look->glow * 1.6f, look->glow * 1.6f}));
    lanes3 half = normalize3(subtract3(light, view));
    lanes h = unit(dot3(n, half));
    h = h * h;
    h = h * h;
    h = h * h;
    h = h * h;
    h = h * h;
    h = h * h;
    c = add3(c, scale3(color3(s->sun), look->gloss * h * sun * 0.7f));
    lanes edge = 1.0f - unit(-dot3(n, view));
    lanes rim = edge * edge * edge;
    return add3(c, scale3(color3(s->ambient_above), rim * look->sheen * open * (0.6f + 0.4f * n.y)));
}

INLINE lanes3 hazed(const toybox_picture *s, lanes3 c, lanes t) {
    lanes x = t * s->haze_density;
    lanes clear = 1.0f / (1.0f + x + 0.5f * x * x);
    return mix3(color3(s->haze), c, clear);
}

INLINE lanes3 see_bodies(
    const stage *scene, const near_parts *near, const rays *r, lanes t, ints hit, ints *identity,
    ints *is_subject) {
    const toybox_picture *s = scene->picture;
    lanes3 p = along3(r->origin, r->direction, choose(hit, t, splat(1.0f)));
    lanes3 n = normal_at(near, p);
    nearest which = nearest_surface(s, near, p);
    surface look = {{splat(0.0f), splat(0.0f), splat(0.0f)}, splat(0.0f), splat(0.0f), splat(0.0f)};
    ints left = hit;
    while (any(left)) {
        int32_t m = -1;
        for (int lane = 0; lane < 8; lane++)
            if (left[lane]) m = which.material[lane];
        const toybox_material *material = &s->materials[m];
        ints same = left & (which.material == m);
        look.albedo = choose3(same, pattern_color(material, which.local), look.albedo);
        look.gloss = choose(same, splat(material->gloss), look.gloss);
        look.sheen = choose(same, splat(material->sheen), look.sheen);
        look.glow = choose(same, splat(material->glow), look.glow);
        left &= ~same;
    }
    *identity = which.body * 1024 + which.material;
    ints subject = (ints)(0);
    for (int32_t b = 0; b < near->body_count; b++)
        if (near->bodies[b].body->is_subject) subject |= which.body == (int32_t)(near->bodies[b].body - s->bodies);
    *is_subject = subject & hit;
    lanes open = openness(scene, p, n, hit);
    ints turned = hit & (dot3(n, splat3(s->sun_direction)) > -0.15f);
    lanes sun = sunlight(scene, p, n, turned);
    return hazed(s, lit(s, &look, p, n, r->direction, open, sun, 0.15f), t);
}

INLINE lanes3 see_ground(const stage *scene, const rays *r, lanes t, ints hit, lanes pixel, ints *identity) {
    const toybox_picture *s = scene->picture;
    lanes3 up = {splat(0.0f), splat(1.0f), splat(0.0f)};
    lanes3 p = along3(r->origin, r->direction, t);
    p.y = splat(0.0f);
    lanes footprint = t * pixel / greatest(-r->direction.y, splat(0.02f));
    ground_look g = ground_at(s, p.x, p.z, footprint);
    if (any(hit & (p.z > s->shore - 2.0f))) g = water_at(s, p.x, p.z, color3(s->horizon), g);
    *identity = choose_ints(p.z > s->shore, (ints)(-3), (ints)(-2));
    lanes open = openness(scene, p, up, hit);
    lanes sun = sunlight(scene, p, up, hit);
    if (s->caustics > 0.0f) {
        lanes a = noise2(p.x * 1.6f, p.z * 1.6f, 31), b = noise2(p.x * 1.9f + 5.0f, p.z * 1.7f, 37);
        lanes net = 1.0f - unit(magnitude(a - b) * 5.0f);
        sun *= 1.0f + s->caustics * (net * net * 1.6f - 0.3f);
    }
    surface look = {g.color, g.gloss * s->ground_gloss, splat(0.0f), g.glow};
    return hazed(s, lit(s, &look, p, up, r->direction, open, sun, 0.0f), least(t, splat(22.0f)));
}

INLINE lanes3 see_wall(const stage *scene, const rays *r, lanes t, ints hit, ints *covers) {
    const toybox_picture *s = scene->picture;
    lanes3 n = {splat(0.0f), splat(0.0f), splat(-1.0f)};
    lanes3 p = along3(r->origin, r->direction, t);
    lanes glow;
    lanes3 c = wall_at(s, p.x, p.y, covers, &glow);
    lanes open = 0.55f + 0.45f * unit(p.y * 1.4f); /* darker where it meets the ground */
    lanes sun = sunlight(scene, p, n, hit & *covers);
    surface look = {c, splat(0.0f), splat(0.0f), glow};
    return hazed(s, lit(s, &look, p, n, r->direction, open, sun, 0.0f), t);
}

/* x, y: where in the picture, 0 to 1 from the top left. */
OUTLINED sight look_at(const stage *scene, lanes x, lanes y, float pixel) {
    const toybox_picture *s = scene->picture;
    lanes u = (2.0f * x - 1.0f + s->shift_x) * s->tangent, v = (1.0f - 2.0f * y + s->shift_y) * s->tangent;
    lanes3 direction =
        normalize3(add3(splat3(s->view.z), add3(scale3(splat3(s->view.x), u), scale3(splat3(s->view.y), v))));
    rays r = {splat3(s->eye), direction, splat(60.0f)};
    sight seen = {{splat(0.0f), splat(0.0f), splat(0.0f)}, (ints)(-1), (ints)(0)};

    lanes ground = choose(direction.y < -1e-4f, -r.origin.y / least(direction.y, splat(-1e-4f)), splat(1e6f));
    lanes wall = splat(1e6f);
    if (s->wall)
        wall = choose(direction.z > 1e-4f, (s->wall_z - r.origin.z) / greatest(direction.z, splat(1e-4f)), wall);
    if (s->wall != TOYBOX_FENCE) r.end = least(r.end, wall);
    r.end = least(r.end, ground);

    near_parts near;
    find_along(scene, &r, pixel, &near);
    lanes met = near.body_count ? march(&near, &r, pixel < 0.006f ? 0.1f * pixel : 0.0006f) : splat(1e6f);
    ints bodies = met < 1e5f, left = ~bodies;
    if (any(bodies)) {
        ints identity, is_subject;
        lanes3 c = see_bodies(scene, &near, &r, met, bodies, &identity, &is_subject);
        seen.color = choose3(bodies, c, seen.color);
        seen.identity = choose_ints(bodies, identity, seen.identity);
        seen.is_subject = is_subject;
    }
    if (s->wall) {
        ints hit = left & (wall < ground) & (wall < 1e5f), covers;
        if (any(hit)) {
            lanes3 c = see_wall(scene, &r, wall, hit, &covers);
            hit &= covers;
            seen.color = choose3(hit, c, seen.color);
            seen.identity = choose_ints(hit, (ints)(-4), seen.identity);
            left &= ~hit;
        }
    }
    ints soil = left & (ground < 1e5f);
    if (any(soil)) {
        ints identity;
        lanes3 c = see_ground(scene, &r, choose(soil, ground, splat(1.0f)), soil, pixel, &identity);
        seen.color = choose3(soil, c, seen.color);
        seen.identity = choose_ints(soil, identity, seen.identity);
        left &= ~soil;
    }
    if (any(left)) {
        seen.color = choose3(left, sky_at(s, direction), seen.color);
        seen.identity = choose_ints(left, (ints)(-1), seen.identity);
    }
    if (s->particles && any(~bodies)) seen.color = choose3(bodies, seen.color, particles_over(s, x, y, seen.color));
    seen.color.x = developed(seen.color.x * s->exposure);
    seen.color.y = developed(seen.color.y * s->exposure);
    seen.color.z = developed(seen.color.z * s->exposure);
    return seen;
}

/* One pixel's worth of what a ray saw. */
typedef struct {
    float r, g, b;
    int32_t identity, is_subject;
} dot;

INLINE float furthest(const dot *a, const dot *b) {
    float r = a->r - b->r, g = a->g - b->g, c = a->b - b->b;
    r = r < 0 ? -r : r;
    g = g < 0 ? -g : g;
    c = c < 0 ? -c : c;
    return r > g ? (r > c ? r : c) : (g > c ? g : c);
}

INLINE uint8_t byte_of(float x) { return (uint8_t)(x <= 0.0f ? 0 : x >= 1.0f ? 255 : (int)(x * 255.0f + 0.5f)); }

/* Every pixel once, through its middle, in blocks of 4 x 2. */
OUTLINED void look_once(const stage *scene, int32_t size, dot *dots) {
    const toybox_picture *s = scene->picture;
    float pixel = 1.0f / (float)size, spread = 2.0f * s->tangent * pixel;
    for (int32_t top = 0; top < size; top += 2)
        for (int32_t left = 0; left < size; left += 4) {
            lanes x = {0, 1, 2, 3, 0, 1, 2, 3}, y = {0, 0, 0, 0, 1, 1, 1, 1};
            sight seen =
                look_at(scene, (x + ((float)left + 0.5f)) * pixel, (y + ((float)top + 0.5f)) * pixel, spread);
            for (int lane = 0; lane < 8; lane++) {
                int32_t column = left + (lane & 3), row = top + (lane >> 2);
                if (column < size && row < size)
                    dots[(size_t)row * size + column] = (dot){
                        seen.color.x[lane], seen.color.y[lane], seen.color.z[lane], seen.identity[lane],
                        seen.is_subject[lane] != 0};
            }
        }
}

/* Where neighbours differ a pixel is looked at again, at eight places; elsewhere once was enough. */
OUTLINED void look_closer(const stage *scene, int32_t size, const dot *dots, uint8_t *pixels, uint8_t *mask) {
    const toybox_picture *s = scene->picture;
    /* One in every row and in every column of an 8 x 8 grid. */
    const lanes across = {0.5625f, 0.4375f, 0.8125f, 0.3125f, 0.1875f, 0.0625f, 0.6875f, 0.9375f};
    const lanes down = {0.3125f, 0.6875f, 0.5625f, 0.1875f, 0.8125f, 0.4375f, 0.9375f, 0.0625f};
    float pixel = 1.0f / (float)size, spread = 2.0f * s->tangent * pixel;
    for (int32_t row = 0; row < size; row++)
        for (int32_t column = 0; column < size; column++) {
            size_t at = (size_t)row * size + column;
            dot here = dots[at];
            int differs = 0;
            for (int32_t j = row > 0 ? -1 : 0; j <= (row + 1 < size) && !differs; j++)
                for (int32_t i = column > 0 ? -1 : 0; i <= (column + 1 < size); i++) {
                    const dot *other = &dots[at + (ptrdiff_t)j * size + i];
                    if (other->identity != here.identity || ((i == 0 || j == 0) && furthest(other, &here) > 0.14f))
                        differs = 1;
                }
            float alpha = here.is_subject ? 1.0f : 0.0f;
            if (differs) {
                sight seen = look_at(scene, (across + (float)column) * pixel, (down + (float)row) * pixel, spread);
                here = (dot){0};
                alpha = 0.0f;
                for (int lane = 0; lane < 8; lane++) {
                    here.r += seen.color.x[lane] * 0.125f;
                    here.g += seen.color.y[lane] * 0.125f;
                    here.b += seen.color.z[lane] * 0.125f;
                    alpha += seen.is_subject[lane] ? 0.125f : 0.0f;
                }
            }
            pixels[at * 3] = byte_of(here.r);
            pixels[at * 3 + 1] = byte_of(here.g);
            pixels[at * 3 + 2] = byte_of(here.b);
            mask[at] = byte_of(alpha);
        }
}

static int render(const toybox_picture *s, int32_t size, int shows_subject, uint8_t *pixels, uint8_t *mask) {
    dot *dots = malloc((size_t)size * size * sizeof(dot));
    ready_part *parts = malloc(((size_t)s->part_count + 1) * sizeof(ready_part));
    int status = -1;
    if (dots && parts) {
        for (int32_t i = 0; i < s->part_count; i++) parts[i] = made_ready(&s->parts[i]);
        stage scene = {s, parts, shows_subject};
        look_once(&scene, size, dots);
        look_closer(&scene, size, dots, pixels, mask);
        status = 0;
    }
    free(dots);
    free(parts);
    return status;
}
