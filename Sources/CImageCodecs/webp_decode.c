#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "CImageCodecs.h"
#include "over_white.h"

#if __has_include(<webp/decode.h>)
#include <webp/decode.h>

static jedi_codec_result failure(jedi_codec_status status, const char *message) {
    jedi_codec_result result = {status, ""};
    snprintf(result.message, sizeof result.message, "%s", message);
    return result;
}

static jedi_codec_result result_of(VP8StatusCode code) {
    switch (code) {
    case VP8_STATUS_OK:
        return failure(JEDI_CODEC_OK, "");
    case VP8_STATUS_OUT_OF_MEMORY:
        return failure(JEDI_CODEC_OUT_OF_MEMORY, "");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
        return failure(JEDI_CODEC_UNSUPPORTED, "a feature that libwebp does not know");
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA:
        return failure(JEDI_CODEC_TRUNCATED, "the file ends too early");
    default:
        return failure(JEDI_CODEC_CORRUPT, "its data contradict the format");
    }
}

jedi_codec_presence jedi_webp_presence(void) { return JEDI_CODEC_PRESENT; }

jedi_codec_result jedi_webp_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *rgb, size_t capacity) {
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) {
        return failure(JEDI_CODEC_UNSUPPORTED, "libwebp is of another version than its headers");
    }
    VP8StatusCode code = WebPGetFeatures(bytes, count, &config.input);
    if (code != VP8_STATUS_OK) {
        return result_of(code);
    }
    if (config.input.has_animation) {
        return failure(JEDI_CODEC_UNSUPPORTED, "an animation");
    }
    if (config.input.width != (int)width || config.input.height != (int)height) {
        return failure(JEDI_CODEC_CORRUPT, "the size is stated twice and differs");
    }
    if (capacity != (size_t)width * height * 3) {
        return failure(JEDI_CODEC_CORRUPT, "the result has another size than its buffer");
    }

    bool opaque = !config.input.has_alpha;
    size_t stride = (size_t)width * (opaque ? 3 : 4);
    uint8_t *pixels = opaque ? rgb : malloc(stride * height);
    if (pixels == NULL) {
        return failure(JEDI_CODEC_OUT_OF_MEMORY, "");
    }
    config.output.colorspace = opaque ? MODE_RGB : MODE_RGBA;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = pixels;
    config.output.u.RGBA.stride = (int)stride;
    config.output.u.RGBA.size = stride * height;
    code = WebPDecode(bytes, count, &config);
    if (!opaque) {
        if (code == VP8_STATUS_OK) {
            over_white(rgb, pixels, (size_t)width * height);
        }
        free(pixels);
    }
    return result_of(code);
}

#else

jedi_codec_presence jedi_webp_presence(void) { return JEDI_CODEC_WITHOUT_LIBRARY; }

jedi_codec_result jedi_webp_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *rgb, size_t capacity) {
    (void)bytes, (void)count, (void)width, (void)height, (void)rgb, (void)capacity;
    jedi_codec_result result = {JEDI_CODEC_UNSUPPORTED, "this build has no libwebp"};
    return result;
}

#endif
