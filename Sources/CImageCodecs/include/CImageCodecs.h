// A small, bounded face of libjpeg, libpng and zlib, and of libheif and libwebp where the build has them.
//
// libjpeg and libpng report errors by a callback that must not return, and leave it with longjmp; libheif
// may throw. Swift frames can be crossed by neither. Here every error ends in a status and a message.
// Nothing is read past `count` bytes and nothing is written past the buffers the caller gives.
#ifndef CIMAGECODECS_H
#define CIMAGECODECS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum jedi_codec_status {
    JEDI_CODEC_OK = 0,
    // The bytes end before the picture does.
    JEDI_CODEC_TRUNCATED,
    // The bytes contradict the format, or the picture's data is damaged.
    JEDI_CODEC_CORRUPT,
    // A valid file of a kind that the library does not decode.
    JEDI_CODEC_UNSUPPORTED,
    // More memory or more scans than the caller allows.
    JEDI_CODEC_OVER_LIMIT,
    JEDI_CODEC_OUT_OF_MEMORY,
} jedi_codec_status;

typedef struct jedi_codec_result {
    jedi_codec_status status;
    // The library's own words, NUL-terminated; empty when the status is OK.
    char message[208];
} jedi_codec_result;

typedef struct jedi_jpeg_options {
    // The size the caller read in the header; a file that says otherwise here is corrupt.
    uint32_t width, height;
    // 1, 2, 4 or 8: each side of the result is ceil(side / scale_denominator).
    uint32_t scale_denominator;
    // Bytes that libjpeg may allocate; the coefficients of a progressive file are the bulk of it.
    size_t maximum_memory;
    // A progressive file with more scans than this is refused.
    int maximum_scans;
} jedi_jpeg_options;

// Decodes a JPEG to RGB, row-major, 3 bytes a pixel. `capacity` must be exactly the size of the result.
jedi_codec_result jedi_jpeg_decode(
    const uint8_t *bytes, size_t count, jedi_jpeg_options options, uint8_t *rgb, size_t capacity);

// Decodes a PNG to RGB, row-major, 3 bytes a pixel, transparency laid over white. `capacity` must be
// width * height * 3, of the size the caller read in the header.
jedi_codec_result jedi_png_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *rgb, size_t capacity);

// Whether pictures of an optional format can be decoded.
typedef enum jedi_codec_presence {
    JEDI_CODEC_PRESENT = 0,
    // The build was made without the library.
    JEDI_CODEC_WITHOUT_LIBRARY,
    // The library is there and lacks a decoder for this coding.
    JEDI_CODEC_WITHOUT_DECODER,
} jedi_codec_presence;

// How the picture in a HEIF file is coded.
typedef enum jedi_heif_coding {
    // HEIC
    JEDI_HEIF_HEVC = 0,
    // AVIF
    JEDI_HEIF_AV1,
} jedi_heif_coding;

jedi_codec_presence jedi_heif_presence(jedi_heif_coding coding);
jedi_codec_presence jedi_webp_presence(void);

// Decodes a HEIF file's primary picture to RGB, row-major, 3 bytes a pixel, cropped, turned and mirrored as
// the file says, transparency laid over white. `width` and `height` are those of the result, which the
// caller read in the header; `capacity` must be width * height * 3.
jedi_codec_result jedi_heif_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *rgb, size_t capacity);

// Decodes a WebP that is no animation to RGB, row-major, 3 bytes a pixel, transparency laid over white.
// `capacity` must be width * height * 3, of the size the caller read in the header.
jedi_codec_result jedi_webp_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *rgb, size_t capacity);

// Encodes RGB, 3 bytes a pixel, as an 8-bit PNG without metadata. On success `*bytes` holds `*count`
// bytes that the caller passes to `jedi_png_free`; otherwise it is NULL.
jedi_codec_result jedi_png_encode(
    const uint8_t *rgb, uint32_t width, uint32_t height, uint8_t **bytes, size_t *count);
void jedi_png_free(uint8_t *bytes);

// Inflates one whole zlib stream. 1 when it ends within `capacity` bytes, `*produced` of them; else 0.
int jedi_zlib_inflate(
    const uint8_t *bytes, size_t count, uint8_t *out, size_t capacity, size_t *produced);

// The CRC-32 of a PNG chunk; start with 0, go on with the last result.
uint32_t jedi_crc32(uint32_t crc, const uint8_t *bytes, size_t count);

#ifdef __cplusplus
}
#endif

#endif
