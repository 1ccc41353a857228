#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "CImageCodecs.h"

typedef struct sink {
    uint8_t *bytes;
    size_t count, capacity;
    jedi_codec_result result;
} sink;

static void on_error(png_structp png, png_const_charp message) {
    sink *self = png_get_error_ptr(png);
    if (self->result.status == JEDI_CODEC_OK) {
        self->result.status = JEDI_CODEC_CORRUPT;
        snprintf(self->result.message, sizeof self->result.message, "%s", message);
    }
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void out_of_memory(sink *self) {
    self->result.status = JEDI_CODEC_OUT_OF_MEMORY;
    snprintf(self->result.message, sizeof self->result.message, "Out of memory");
}

static void on_write(png_structp png, png_bytep bytes, size_t count) {
    sink *self = png_get_io_ptr(png);
    if (count > self->capacity - self->count) {
        size_t capacity = 2 * self->capacity + count + 65536;
        uint8_t *larger = realloc(self->bytes, capacity);
        if (larger == NULL) {
            out_of_memory(self);
            png_error(png, "Out of memory");
        }
        self->bytes = larger;
        self->capacity = capacity;
    }
    memcpy(self->bytes + self->count, bytes, count);
    self->count += count;
}

static void on_flush(png_structp png) { (void)png; }

static void encode(
    png_structp png, png_infop info, sink *self, const uint8_t *rgb, uint32_t width, uint32_t height) {
    png_set_write_fn(png, self, on_write, on_flush);
    // Stated, so that the bytes do not follow a library's change of default.
    png_set_compression_level(png, 6);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_ALL_FILTERS);
    png_set_IHDR(
        png, info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE,
        PNG_FILTER_TYPE_BASE);
    png_write_info(png, info);
    for (size_t y = 0; y < height; y++) {
        png_write_row(png, rgb + y * width * 3);
    }
    png_write_end(png, NULL);
}

// setjmp stands in a function of its own: what it changes belongs to the caller, and so keeps its value.
static void attempt(
    png_structp png, png_infop info, sink *self, const uint8_t *rgb, uint32_t width, uint32_t height) {
    if (setjmp(png_jmpbuf(png)) == 0) {
        encode(png, info, self, rgb, width, height);
    }
}

jedi_codec_result jedi_png_encode(
    const uint8_t *rgb, uint32_t width, uint32_t height, uint8_t **bytes, size_t *count) {
    sink self = {NULL, 0, 0, {JEDI_CODEC_OK, ""}};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &self, on_error, on_warning);
    png_infop info = png == NULL ? NULL : png_create_info_struct(png);
    if (info == NULL) {
        out_of_memory(&self);
    } else {
        attempt(png, info, &self, rgb, width, height);
    }
    png_destroy_write_struct(&png, &info);
    if (self.result.status != JEDI_CODEC_OK) {
        free(self.bytes);
        self.bytes = NULL;
        self.count = 0;
    }
    *bytes = self.bytes;
    *count = self.count;
    return self.result;
}

void jedi_png_free(uint8_t *bytes) { free(bytes); }
