// C++, because libheif is: what it throws must end here.
#include <cstdio>
#include <cstring>
#include <new>

#include "CImageCodecs.h"
#include "over_white.h"

#if __has_include(<libheif/heif.h>)
#include <libheif/heif.h>

namespace {

struct context {
    heif_context *handle = heif_context_alloc();
    ~context() { heif_context_free(handle); }
};

struct image_handle {
    heif_image_handle *handle = nullptr;
    ~image_handle() {
        if (handle != nullptr) heif_image_handle_release(handle);
    }
};

struct image {
    heif_image *handle = nullptr;
    ~image() {
        if (handle != nullptr) heif_image_release(handle);
    }
};

struct options {
    heif_decoding_options *handle = heif_decoding_options_alloc();
    ~options() { heif_decoding_options_free(handle); }
};

jedi_codec_result failure(jedi_codec_status status, const char *message) {
    jedi_codec_result result = {status, ""};
    std::snprintf(result.message, sizeof result.message, "%s", message);
    return result;
}

jedi_codec_status status_of(const heif_error &error) {
    switch (error.subcode) {
    case heif_suberror_End_of_data:
        return JEDI_CODEC_TRUNCATED;
    case heif_suberror_Security_limit_exceeded:
        return JEDI_CODEC_OVER_LIMIT;
    default:
        break;
    }
    switch (error.code) {
    case heif_error_Memory_allocation_error:
        return JEDI_CODEC_OUT_OF_MEMORY;
    case heif_error_Unsupported_filetype:
    case heif_error_Unsupported_feature:
        return JEDI_CODEC_UNSUPPORTED;
    default:
        return JEDI_CODEC_CORRUPT;
    }
}

jedi_codec_result failure(const heif_error &error) {
    return failure(status_of(error), error.message == nullptr ? "" : error.message);
}

void start() {
    static const heif_error started = heif_init(nullptr);
    (void)started;
}

jedi_codec_result decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *rgb, size_t capacity) {
    if (capacity != (size_t)width * height * 3) {
        return failure(JEDI_CODEC_CORRUPT, "the result has another size than its buffer");
    }
    start();
    context file;
    if (file.handle == nullptr) return failure(JEDI_CODEC_OUT_OF_MEMORY, "");
    // Tiles are decoded on this thread: what they throw can be caught.
    heif_context_set_max_decoding_threads(file.handle, 0);
    heif_error error = heif_context_read_from_memory_without_copy(file.handle, bytes, count, nullptr);
    if (error.code != heif_error_Ok) return failure(error);
    image_handle primary;
    error = heif_context_get_primary_image_handle(file.handle, &primary.handle);
    if (error.code != heif_error_Ok) return failure(error);
    if (heif_image_handle_get_width(primary.handle) != (int)width
        || heif_image_handle_get_height(primary.handle) != (int)height) {
        return failure(JEDI_CODEC_CORRUPT, "the size is stated twice and differs");
    }

    bool opaque = !heif_image_handle_has_alpha_channel(primary.handle);
    options how;
    if (how.handle == nullptr) return failure(JEDI_CODEC_OUT_OF_MEMORY, "");
    how.handle->convert_hdr_to_8bit = 1;
    how.handle->strict_decoding = 1;
    image decoded;
    error = heif_decode_image(
        primary.handle, &decoded.handle, heif_colorspace_RGB,
        opaque ? heif_chroma_interleaved_RGB : heif_chroma_interleaved_RGBA, how.handle);
    if (error.code != heif_error_Ok) return failure(error);
    int stride = 0;
    const uint8_t *plane =
        heif_image_get_plane_readonly(decoded.handle, heif_channel_interleaved, &stride);
    size_t row = (size_t)width * (opaque ? 3 : 4);
    if (plane == nullptr || stride < 0 || (size_t)stride < row
        || heif_image_get_width(decoded.handle, heif_channel_interleaved) != (int)width
        || heif_image_get_height(decoded.handle, heif_channel_interleaved) != (int)height
        || heif_image_get_bits_per_pixel_range(decoded.handle, heif_channel_interleaved) != 8) {
        return failure(JEDI_CODEC_CORRUPT, "the picture is not as its header says");
    }
    for (size_t y = 0; y < height; y++) {
        uint8_t *target = rgb + y * width * 3;
        if (opaque) {
            std::memcpy(target, plane + y * stride, row);
        } else {
            over_white(target, plane + y * stride, width);
        }
    }
    return {JEDI_CODEC_OK, ""};
}

}  // namespace

jedi_codec_presence jedi_heif_presence(jedi_heif_coding coding) {
    try {
        start();
        bool there = heif_have_decoder_for_format(
            coding == JEDI_HEIF_AV1 ? heif_compression_AV1 : heif_compression_HEVC);
        return there ? JEDI_CODEC_PRESENT : JEDI_CODEC_WITHOUT_DECODER;
    } catch (...) {
        return JEDI_CODEC_WITHOUT_DECODER;
    }
}

jedi_codec_result jedi_heif_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *rgb, size_t capacity) {
    try {
        return decode(bytes, count, width, height, rgb, capacity);
    } catch (const std::bad_alloc &) {
        return failure(JEDI_CODEC_OUT_OF_MEMORY, "");
    } catch (const std::exception &error) {
        return failure(JEDI_CODEC_CORRUPT, error.what());
    } catch (...) {
        return failure(JEDI_CODEC_CORRUPT, "the decoder gave up");
    }
}

#else

jedi_codec_presence jedi_heif_presence(jedi_heif_coding coding) {
    (void)coding;
    return JEDI_CODEC_WITHOUT_LIBRARY;
}

jedi_codec_result jedi_heif_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *rgb, size_t capacity) {
    (void)bytes, (void)count, (void)width, (void)height, (void)rgb, (void)capacity;
    return {JEDI_CODEC_UNSUPPORTED, "this build has no libheif"};
}

#endif
