/*
 * A small renderer of toys: bodies made of signed distance shapes on a ground, before a wall or a sky.
 *
 * Lengths are in units of a toy's height, near enough; x points right, y up, z away from the camera, and the ground is
 * y = 0. Colours are linear, 0 to 1. The same arguments give the same bytes on every processor: nothing here calls the
 * mathematical library, and no product and sum are fused.
 */
#pragma once

#include <stdint.h>

typedef struct { float x, y, z; } toybox_vector;
typedef struct { float r, g, b; } toybox_color;

/* Axes as rows: what carries a vector from outside into the frame. Orthonormal. */
typedef struct { toybox_vector x, y, z; } toybox_frame;

enum toybox_shape {
    TOYBOX_ELLIPSOID,  /* size: three radii */
    TOYBOX_ROUND_CONE, /* size: radius at the origin, at the other end, length along y, flattening along z >= 1 */
    TOYBOX_BOX,        /* size: three half sides, radius of the edges, which is within them */
    TOYBOX_CYLINDER,   /* size: radius below, above, half height along y, radius of the edges on top of all three */
    TOYBOX_ARC,        /* size: radius, that of the tube, sine and cosine of half the opening; in xy, round +y */
};

/* One shape of a body. Parts join in their order. */
typedef struct {
    int32_t shape;
    int32_t is_carved;   /* taken away from all parts before it */
    int32_t is_mirrored; /* stands at x and at -x */
    int32_t material;    /* index into the picture's materials */
    float blend;         /* how far the seam to the parts before it is rounded; 0 for none */
    toybox_vector center;
    toybox_frame frame;
    float size[4];
    toybox_vector bound_center; /* a ball that holds it */
    float bound_radius;
} toybox_part;

/* Parts that stand together. */
typedef struct {
    int32_t first_part, part_count;
    int32_t is_subject; /* what the mask is of */
    float scale;
    toybox_vector origin;
    toybox_frame frame;
    toybox_vector bound_center; /* a ball that holds it, in the picture's space */
    float bound_radius;
} toybox_body;

enum toybox_pattern {
    TOYBOX_PLAIN,
    TOYBOX_STRIPES, /* wavy, across the axis */
    TOYBOX_SPOTS,
    TOYBOX_PATCHES,
    TOYBOX_BANDS,  /* base, second and third, one above the other along the axis */
    TOYBOX_CHECKS,
    TOYBOX_HALVES, /* base on one side of a plane across the axis, second on the other */
    TOYBOX_ZIGZAG,
    TOYBOX_RINGS,  /* round the axis' line */
};

typedef struct {
    toybox_color base, second, third;
    int32_t pattern;
    float scale;        /* repeats in a unit */
    float amount;       /* 0 to 1: how much of it is second */
    toybox_vector axis; /* unit length, in the body's space */
    toybox_vector phase;
    float gloss;        /* mirror-like highlight, 0 to 1 */
    float sheen;        /* bright rim, 0 to 1 */
    float glow;         /* light of its own */
} toybox_material;

enum toybox_ground {
    TOYBOX_SMOOTH, TOYBOX_SAND, TOYBOX_SNOW, TOYBOX_GRASS, TOYBOX_LEAVES, TOYBOX_PAVING, TOYBOX_PLANKS, TOYBOX_TILES,
    TOYBOX_CARPET, TOYBOX_CRATERS, TOYBOX_LAVA, TOYBOX_ROCK, TOYBOX_ROWS, TOYBOX_CHECKERED, TOYBOX_ROAD,
};

enum toybox_layer_kind {
    TOYBOX_NO_LAYER, TOYBOX_HILLS, TOYBOX_RIDGE, TOYBOX_PINES, TOYBOX_BUSHES, TOYBOX_SKYLINE, TOYBOX_MESAS,
};

/* What stands on the horizon, as an outline. */
typedef struct {
    int32_t kind;
    float height;    /* over the horizon, as the tangent of an angle */
    float frequency; /* features in a unit of the tangent */
    float offset;
    toybox_color low, high, cap;
} toybox_layer;

enum toybox_wall {
    TOYBOX_NO_WALL, TOYBOX_WALL_TILES, TOYBOX_WALLPAPER, TOYBOX_SHELVES, TOYBOX_BRICKS, TOYBOX_CURTAIN, TOYBOX_FENCE,
};

enum toybox_particles { TOYBOX_NO_PARTICLES, TOYBOX_FLAKES, TOYBOX_BUBBLES, TOYBOX_SPARKS };

typedef struct {
    /* Camera: its place, its right, up and forward, the tangent of half its angle, how far its middle is off. */
    toybox_vector eye;
    toybox_frame view;
    float tangent;
    float shift_x, shift_y;

    /* Light. */
    toybox_vector sun_direction; /* towards it, unit length */
    toybox_color sun, ambient_above, ambient_below;
    float sharpness;       /* of shadows: 4 soft, 32 hard */
    float pool_radius;     /* 0, or the sun is a lamp that lights only so far round the origin */
    float exposure;

    /* Ground. */
    int32_t ground;
    float ground_scale;
    toybox_color ground_base, ground_second, ground_third;
    float ground_gloss;
    float shore; /* water lies beyond this z; a large number for none */
    toybox_color water, foam;
    float caustics;

    /* Sky and haze. */
    toybox_color zenith, horizon, haze;
    float haze_density;
    float clouds;
    toybox_color cloud;
    float stars;
    toybox_vector disc_direction;
    float disc_radius; /* tangent; 0 for none */
    toybox_color disc, disc_second, halo;
    toybox_layer layers[3];

    /* Wall, at this z. */
    int32_t wall;
    float wall_z, wall_scale;
    toybox_color wall_base, wall_second, wall_third;
    float window_x, window_width; /* width 0 for no window */

    int32_t particles;
    toybox_color particle;
    float particle_scale;

    uint32_t seed;

    const toybox_body *bodies;
    int32_t body_count;
    const toybox_part *parts;
    int32_t part_count;
    const toybox_material *materials;
    int32_t material_count;
} toybox_picture;

/* A picture holds at most so many. */
enum { TOYBOX_MAXIMUM_BODIES = 48, TOYBOX_MAXIMUM_PARTS = 512 };

/* Which versions of the code there are; they give the same bytes. */
typedef enum { TOYBOX_PORTABLE, TOYBOX_AVX2 } toybox_code;

/* The fastest one that this processor runs. */
toybox_code toybox_best_code(void);

/*
 * Renders a square picture. pixels: [size, size, 3], sRGB. mask: [size, size], how much of each pixel is the subject.
 * shows_subject 0 leaves the subject out, and its shadow. Returns 0, or -1 where memory is short or there are too many
 * bodies or parts.
 */
int toybox_render(
    const toybox_picture *picture, int32_t size, int32_t shows_subject, toybox_code code, uint8_t *pixels,
    uint8_t *mask);
