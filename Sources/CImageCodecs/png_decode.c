#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "CImageCodecs.h"
#include "over_white.h"

typedef struct source {
    const uint8_t *bytes;
    size_t count, position;
    jedi_codec_result *result;
} source;

static void on_error(png_structp png, png_const_charp message) {
    source *self = png_get_error_ptr(png);
    // A status that is already set says more than libpng's general message.
    if (self->result->status == JEDI_CODEC_OK) {
        bool memory = strstr(message, "emory") != NULL;
        self->result->status = memory ? JEDI_CODEC_OUT_OF_MEMORY : JEDI_CODEC_CORRUPT;
        snprintf(self->result->message, sizeof self->result->message, "%s", message);
    }
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void on_read(png_structp png, png_bytep target, size_t count) {
    source *self = png_get_io_ptr(png);
    if (count > self->count - self->position) {
        self->result->status = JEDI_CODEC_TRUNCATED;
        snprintf(self->result->message, sizeof self->result->message, "the file ends too early");
        png_error(png, "truncated");
    }
    memcpy(target, self->bytes + self->position, count);
    self->position += count;
}

// What libpng may allocate for one chunk of palette or profile; the picture's rows are not counted.
static const png_alloc_size_t chunk_limit = 1 << 20;

// The part that libpng may leave by longjmp. What it allocates is kept in `*scratch`.
static void decode(
    png_structp png, png_infop info, source *self, uint32_t width, uint32_t height, uint8_t *rgb,
    size_t capacity, uint8_t **scratch) {
    png_set_read_fn(png, self, on_read);
    png_set_user_limits(png, width, height);
    png_set_chunk_malloc_max(png, chunk_limit);
    png_set_chunk_cache_max(png, 16);
    // Nothing but the pixels is wanted: profiles and texts are skipped unread, gamma is ignored.
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);

    png_read_info(png, info);
    if (png_get_image_width(png, info) != width || png_get_image_height(png, info) != height) {
        png_error(png, "the size is stated twice and differs");
    }
    png_set_expand(png);
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    size_t channels = png_get_channels(png, info);
    size_t stride = (size_t)width * channels;
    if ((channels != 3 && channels != 4) || png_get_rowbytes(png, info) != stride
        || capacity != (size_t)width * height * 3) {
        png_error(png, "unexpected pixel layout");
    }

    // Opaque pixels go straight to the result. Others need alpha beside them until they are final:
    // a row, or the whole picture when interlaced passes come back to it.
    bool opaque = channels == 3;
    if (!opaque) {
        *scratch = malloc(passes == 1 ? stride : stride * height);
        if (*scratch == NULL) {
            png_error(png, "Out of memory");
        }
    }
    for (int pass = 0; pass < passes; pass++) {
        for (size_t y = 0; y < height; y++) {
            uint8_t *target = rgb + y * width * 3;
            uint8_t *row = opaque ? target : *scratch + (passes == 1 ? 0 : y * stride);
            png_read_row(png, row, NULL);
            if (!opaque && pass == passes - 1) {
                over_white(target, row, width);
            }
        }
    }
    png_read_end(png, NULL);
}

// setjmp stands in a function of its own: what it changes belongs to the caller, and so keeps its value.
static void attempt(
    png_structp png, png_infop info, source *self, uint32_t width, uint32_t height, uint8_t *rgb,
    size_t capacity, uint8_t **scratch) {
    if (setjmp(png_jmpbuf(png)) == 0) {
        decode(png, info, self, width, height, rgb, capacity, scratch);
    }
}

jedi_codec_result jedi_png_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *rgb, size_t capacity) {
    jedi_codec_result result = {JEDI_CODEC_OK, ""};
    source self = {bytes, count, 0, &result};
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &self, on_error, on_warning);
    png_infop info = png == NULL ? NULL : png_create_info_struct(png);
    uint8_t *scratch = NULL;
    if (info == NULL) {
        result.status = JEDI_CODEC_OUT_OF_MEMORY;
        snprintf(result.message, sizeof result.message, "Out of memory");
    } else {
        attempt(png, info, &self, width, height, rgb, capacity, &scratch);
    }
    free(scratch);
    png_destroy_read_struct(&png, &info, NULL);
    return result;
}
