/*
 * What rays and points meet: parts near them, distances, materials, normals, shade.
 */
#pragma once

#include "shapes.h"

/* What is drawn. */
typedef struct {
    const toybox_picture *picture;
    const ready_part *parts; /* the picture's, made ready */
    int shows_subject;
} stage;

/* A body's parts that matter to a packet of rays or points. */
typedef struct {
    const toybox_body *body;
    int32_t first, count;
} near_body;

typedef struct {
    int32_t body_count, part_count;
    near_body bodies[TOYBOX_MAXIMUM_BODIES];
    const ready_part *parts[TOYBOX_MAXIMUM_PARTS];
} near_parts;

typedef struct {
    lanes3 origin, direction;
    lanes end; /* how far the ray goes; negative for a lane that is none */
} rays;

/* Whether a ray comes within the ball, which grows by `spread` of the way along the ray. */
INLINE int rays_meet(const rays *r, lanes3 center, float radius, float spread) {
    lanes3 to = subtract3(center, r->origin);
    lanes t = greatest(least(dot3(to, r->direction), r->end), splat(0.0f));
    lanes3 off = subtract3(to, scale3(r->direction, t));
    lanes reach = radius + spread * t;
    return any((dot3(off, off) < reach * reach) & (r->end > 0.0f));
}

INLINE lanes3 into_body(const toybox_body *body, lanes3 p) {
    return scale3(turn3(body->frame, subtract3(p, splat3(body->origin))), splat(1.0f / body->scale));
}

INLINE lanes3 mirrored(toybox_vector v) { return (lanes3){splat(-v.x), splat(v.y), splat(v.z)}; }

OUTLINED void find_along(const stage *s, const rays *r, float spread, near_parts *found) {
    found->body_count = found->part_count = 0;
    for (int32_t b = 0; b < s->picture->body_count; b++) {
        const toybox_body *body = &s->picture->bodies[b];
        if (body->is_subject && !s->shows_subject) continue;
        if (!rays_meet(r, splat3(body->bound_center), body->bound_radius, spread)) continue;
        rays local = {into_body(body, r->origin), turn3(body->frame, r->direction), r->end * (1.0f / body->scale)};
        int32_t first = found->part_count;
        for (int32_t i = 0; i < body->part_count; i++) {
            const ready_part *ready = &s->parts[body->first_part + i];
            const toybox_part *part = &ready->part;
            float radius = part->bound_radius + part->blend;
            if (rays_meet(&local, splat3(part->bound_center), radius, spread) ||
                (part->is_mirrored && rays_meet(&local, mirrored(part->bound_center), radius, spread)))
                found->parts[found->part_count++] = ready;
        }
        if (found->part_count > first)
            found->bodies[found->body_count++] = (near_body){body, first, found->part_count - first};
    }
}

INLINE int points_meet(lanes3 p, ints wanted, lanes3 center, float radius) {
    lanes3 off = subtract3(center, p);
    return any((dot3(off, off) < radius * radius) & wanted);
}

/* Parts within `reach` of a wanted point. */
OUTLINED void find_round(const stage *s, lanes3 p, ints wanted, float reach, near_parts *found) {
    found->body_count = found->part_count = 0;
    for (int32_t b = 0; b < s->picture->body_count; b++) {
        const toybox_body *body = &s->picture->bodies[b];
        if (body->is_subject && !s->shows_subject) continue;
        if (!points_meet(p, wanted, splat3(body->bound_center), body->bound_radius + reach)) continue;
        lanes3 local = into_body(body, p);
        int32_t first = found->part_count;
        for (int32_t i = 0; i < body->part_count; i++) {
            const ready_part *ready = &s->parts[body->first_part + i];
            const toybox_part *part = &ready->part;
            float radius = part->bound_radius + part->blend + reach / body->scale;
            if (points_meet(local, wanted, splat3(part->bound_center), radius) ||
                (part->is_mirrored && points_meet(local, wanted, mirrored(part->bound_center), radius)))
                found->parts[found->part_count++] = ready;
        }
        if (found->part_count > first)
            found->bodies[found->body_count++] = (near_body){body, first, found->part_count - first};
    }
}

INLINE lanes join(lanes a, lanes b, float blend) {
    if (blend <= 0.0f) return least(a, b);
    lanes h = greatest(blend - magnitude(a - b), splat(0.0f));
    return least(a, b) - h * h * (0.25f / blend);
}

/* Whether a ball may be nearer than `d` to any point. */
INLINE int may_be_nearer(lanes3 p, lanes3 center, float radius, lanes d) {
    lanes3 off = subtract3(center, p);
    lanes reach = greatest(d, splat(0.0f)) + radius;
    return any(dot3(off, off) < reach * reach);
}

INLINE lanes3 folded(lanes3 p) { return (lanes3){magnitude(p.x), p.y, p.z}; }

/* Distances to what is nearest, without the parts and bodies that are farther from every point than others. */
OUTLINED lanes distance(const near_parts *near, lanes3 p) {
    lanes nearest = splat(1e3f);
    for (int32_t b = 0; b < near->body_count; b++) {
        const near_body *n = &near->bodies[b];
        const toybox_body *body = n->body;
        if (b && !may_be_nearer(p, splat3(body->bound_center), body->bound_radius, nearest)) continue;
        lanes3 local = into_body(body, p), fold = folded(local);
        lanes d = splat(1e3f);
        for (int32_t i = n->first; i < n->first + n->count; i++) {
            const ready_part *ready = near->parts[i];
            const toybox_part *part = &ready->part;
            lanes3 q = part->is_mirrored ? fold : local;
            if (part->is_carved) {
                d = -join(-d, part_distance(ready, q), part->blend);
            } else if (
                i == n->first ||
                may_be_nearer(q, splat3(part->bound_center), part->bound_radius + part->blend, d)) {
                d = join(d, part_distance(ready, q), part->blend);
            }
        }
        nearest = least(nearest, d * body->scale);
    }
    return nearest;
}

/* Which surface is nearest. */
typedef struct {
    ints body, material;
    lanes3 local; /* the point in that body's space */
} nearest;

OUTLINED nearest nearest_surface(const toybox_picture *picture, const near_parts *near, lanes3 p) {
    nearest found = {(ints)(-1), (ints)(0), p};
    lanes best = splat(1e3f);
    for (int32_t b = 0; b < near->body_count; b++) {
        const near_body *n = &near->bodies[b];
        lanes3 local = into_body(n->body, p), fold = folded(local);
        lanes d = splat(1e3f);
        ints material = (ints)(0);
        for (int32_t i = n->first; i < n->first + n->count; i++) {
            const toybox_part *part = &near->parts[i]->part;
            lanes e = part_distance(near->parts[i], part->is_mirrored ? fold : local);
            if (part->is_carved) {
                ints inside = -e > d;
                material = choose_ints(inside, (ints)(part->material), material);
                d = greatest(d, -e);
            } else {
                ints nearer = e < d;
                material = choose_ints(nearer, (ints)(part->material), material);
                d = least(d, e);
            }
        }
        ints nearer = d * n->body->scale < best;
        best = choose(nearer, d * n->body->scale, best);
        found.body = choose_ints(nearer, (ints)((int32_t)(n->body - picture->bodies)), found.body);
        found.material = choose_ints(nearer, material, found.material);
        found.local = choose3(nearer, local, found.local);
    }
    return found;
}

/*
 * How far each ray goes until it meets a surface; where it meets none, a number above its end. fineness: how near is
 * near enough, as a share of the way.
 */
OUTLINED lanes march(const near_parts *near, const rays *r, float fineness) {
    lanes start = splat(1e6f), end = splat(-1.0f);
    for (int32_t b = 0; b < near->body_count; b++) {
        const toybox_body *body = near->bodies[b].body;
        lanes3 to = subtract3(splat3(body->bound_center), r->origin);
        lanes along = dot3(to, r->direction);
        float radius = body->bound_radius;
        lanes inside = radius * radius - (dot3(to, to) - along * along);
        ints meets = inside > 0.0f;
        lanes half = root(greatest(inside, splat(0.0f)));
        start = choose(meets, least(start, along - half), start);
        end = choose(meets, greatest(end, along + half), end);
    }
    lanes t = greatest(start, splat(0.0f));
    end = least(end, r->end);
    ints moving = t < end;
    lanes hit = splat(1e6f);
    for (int step = 0; step < 72 && any(moving); step++) {
        lanes d = distance(near, along3(r->origin, r->direction, t));
        ints meets = moving & (d < fineness * t);
        hit = choose(meets, t, hit);
        moving &= ~meets;
        t = choose(moving, t + 0.9f * d, t);
        moving &= t < end;
    }
    return hit;
}

OUTLINED lanes3 normal_at(const near_parts *near, lanes3 p) {
    const float e = 0.003f;
    lanes a = distance(near, (lanes3){p.x + e, p.y - e, p.z - e});
    lanes b = distance(near, (lanes3){p.x - e, p.y - e, p.z + e});
    lanes c = distance(near, (lanes3){p.x - e, p.y + e, p.z - e});
    lanes d = distance(near, (lanes3){p.x + e, p.y + e, p.z + e});
    return normalize3((lanes3){a - b - c + d, -a - b + c + d, -a + b - c + d});
}

/* How open the surroundings are, 0 to 1. The ground counts; so does the light that it sends back. */
OUTLINED lanes openness(const stage *s, lanes3 p, lanes3 n, ints wanted) {
    static const float steps[3] = {0.05f, 0.14f, 0.32f}, weights[3] = {2.4f, 1.4f, 0.9f};
    near_parts near;
    find_round(s, p, wanted, 0.55f, &near);
    lanes shade = splat(0.0f);
    for (int i = 0; i < 3; i++) {
        lanes3 q = along3(p, n, splat(steps[i]));
        lanes d = least(distance(&near, q), greatest(q.y, splat(0.0f)));
        shade += greatest(steps[i] - d, splat(0.0f)) * (weights[i] / (1.0f + 2.0f * steps[i]));
    }
    return 1.0f / (1.0f + 1.9f * shade);
}

/* How much of the sun arrives at p, 0 to 1. */
OUTLINED lanes sunlight(const stage *s, lanes3 p, lanes3 n, ints wanted) {
    float sharpness = s->picture->sharpness;
    rays r = {
        along3(p, n, splat(0.015f)), splat3(s->picture->sun_direction), choose(wanted, splat(7.0f), splat(-1.0f))};
    near_parts near;
    find_along(s, &r, 1.0f / sharpness, &near);
    lanes light = splat(1.0f);
    if (!near.body_count) return light;
    lanes start = splat(1e6f), end = splat(-1.0f);
    for (int32_t b = 0; b < near.body_count; b++) {
        const toybox_body *body = near.bodies[b].body;
        lanes along = dot3(subtract3(splat3(body->bound_center), r.origin), r.direction);
        float reach = body->bound_radius * 1.2f;
        start = least(start, along - reach);
        end = greatest(end, along + reach);
    }
    lanes t = greatest(start, splat(0.02f));
    end = least(end, r.end);
    ints moving = wanted & (t < end);
    for (int step = 0; step < 40 && any(moving); step++) {
        lanes d = distance(&near, along3(r.origin, r.direction, t));
        light = choose(moving, least(light, 0.5f + 0.5f * sharpness * d / t), light);
        moving &= light > 0.0f;
        t += clamp(d, 0.02f, 0.5f);
        moving &= t < end;
    }
    light = unit(light);
    return light * light * (3.0f - 2.0f * light);
}
