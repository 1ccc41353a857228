#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// jpeglib.h needs size_t and FILE first.
#include <jpeglib.h>
#include <jerror.h>

#include "CImageCodecs.h"

typedef struct decoder {
    // First, so that libjpeg's `err` and `client_data` lead back here.
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    int maximum_scans;
    jedi_codec_result *result;
} decoder;

static decoder *decoder_of(j_common_ptr info) { return (decoder *)info->err; }

static void fail(j_common_ptr info, jedi_codec_status status) {
    decoder *self = decoder_of(info);
    self->result->status = status;
    char message[JMSG_LENGTH_MAX] = "";
    self->errors.format_message(info, message);
    snprintf(self->result->message, sizeof self->result->message, "%s", message);
    longjmp(self->escape, 1);
}

static jedi_codec_status status_of_error(int code) {
    switch (code) {
    case JERR_INPUT_EOF:
    case JERR_INPUT_EMPTY:
        return JEDI_CODEC_TRUNCATED;
    case JERR_OUT_OF_MEMORY:
        return JEDI_CODEC_OUT_OF_MEMORY;
    case JERR_NO_BACKING_STORE:
        return JEDI_CODEC_OVER_LIMIT;
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CCIR601_NOTIMPL:
    case JERR_COMPONENT_COUNT:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_EMPTY_IMAGE:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_SOF_UNSUPPORTED:
        return JEDI_CODEC_UNSUPPORTED;
    default:
        return JEDI_CODEC_CORRUPT;
    }
}

static void on_error(j_common_ptr info) { fail(info, status_of_error(info->err->msg_code)); }

// libjpeg goes on after a warning and fills what is missing with grey. What harms the picture ends
// the decode; stray bytes between segments and odd revision numbers do not.
static void on_message(j_common_ptr info, int level) {
    if (level >= 0) {
        return;
    }
    switch (info->err->msg_code) {
    case JWRN_JPEG_EOF:
        fail(info, JEDI_CODEC_TRUNCATED);
        break;
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
        fail(info, JEDI_CODEC_CORRUPT);
        break;
    default:
        info->err->num_warnings++;
    }
}

static void on_output(j_common_ptr info) { (void)info; }

static void on_progress(j_common_ptr info) {
    decoder *self = decoder_of(info);
    int scans = ((j_decompress_ptr)info)->input_scan_number;
    if (scans > self->maximum_scans) {
        self->result->status = JEDI_CODEC_OVER_LIMIT;
        snprintf(
            self->result->message, sizeof self->result->message, "more than %d progressive scans",
            self->maximum_scans);
        longjmp(self->escape, 1);
    }
}

static void source_start(j_decompress_ptr info) { (void)info; }

// All bytes are in memory from the start: a wish for more means that the file ends too early.
static boolean source_fill(j_decompress_ptr info) {
    info->err->msg_code = JERR_INPUT_EOF;
    fail((j_common_ptr)info, JEDI_CODEC_TRUNCATED);
    return FALSE;
}

static void source_skip(j_decompress_ptr info, long count) {
    if (count <= 0) {
        return;
    }
    if ((size_t)count > info->src->bytes_in_buffer) {
        (void)source_fill(info);
    }
    info->src->next_input_byte += count;
    info->src->bytes_in_buffer -= (size_t)count;
}

static void source_end(j_decompress_ptr info) { (void)info; }

// Every writer in use stores CMYK inverted, as Adobe does, and readers assume it even where the Adobe
// marker was stripped: 255 is no ink.
static void rgb_from_inverted_cmyk(uint8_t *rgb, const uint8_t *cmyk, size_t pixels) {
    for (size_t i = 0; i < pixels; i++) {
        unsigned black = cmyk[4 * i + 3];
        for (size_t c = 0; c < 3; c++) {
            rgb[3 * i + c] = (uint8_t)((cmyk[4 * i + c] * black + 127) / 255);
        }
    }
}

// A progressive file may leave out whole components; libjpeg would show them as flat grey.
static bool has_every_component(j_decompress_ptr info) {
    if (info->coef_bits == NULL) {
        return true;
    }
    for (int component = 0; component < info->num_components; component++) {
        if (info->coef_bits[component][0] < 0) {
            return false;
        }
    }
    return true;
}

static void refuse(jedi_codec_result *result, jedi_codec_status status, const char *message) {
    result->status = status;
    snprintf(result->message, sizeof result->message, "%s", message);
}

// The part that libjpeg may leave by longjmp; it owns nothing but what `info` owns.
static void decode(
    j_decompress_ptr info, decoder *self, jedi_jpeg_options options, uint8_t *rgb, size_t capacity) {
    jpeg_read_header(info, TRUE);
    if (info->image_width != options.width || info->image_height != options.height) {
        refuse(self->result, JEDI_CODEC_CORRUPT, "the size is stated twice and differs");
        return;
    }
    bool cmyk = info->jpeg_color_space == JCS_CMYK || info->jpeg_color_space == JCS_YCCK;
    if (info->jpeg_color_space == JCS_UNKNOWN) {
        refuse(self->result, JEDI_CODEC_UNSUPPORTED, "unknown colour space");
        return;
    }
    info->out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
    info->scale_num = 1;
    info->scale_denom = options.scale_denominator;
    info->dct_method = JDCT_ISLOW;
    info->do_fancy_upsampling = TRUE;
    info->do_block_smoothing = FALSE;
    jpeg_calc_output_dimensions(info);
    size_t width = info->output_width, height = info->output_height;
    if (capacity != width * height * 3) {
        refuse(self->result, JEDI_CODEC_CORRUPT, "the result has another size than its buffer");
        return;
    }

    jpeg_start_decompress(info);
    if (!has_every_component(info)) {
        refuse(self->result, JEDI_CODEC_CORRUPT, "a colour component is missing");
        return;
    }
    // Lives in libjpeg's own pool, so that a longjmp frees it.
    JSAMPARRAY line = NULL;
    if (cmyk) {
        line = info->mem->alloc_sarray((j_common_ptr)info, JPOOL_IMAGE, (JDIMENSION)(width * 4), 1);
    }
    while (info->output_scanline < height) {
        uint8_t *target = rgb + (size_t)info->output_scanline * width * 3;
        if (cmyk) {
            jpeg_read_scanlines(info, line, 1);
            rgb_from_inverted_cmyk(target, line[0], width);
        } else {
            JSAMPROW row = target;
            jpeg_read_scanlines(info, &row, 1);
        }
    }
    // Reads on to the end marker, so that a file cut after its last block is seen to be cut.
    jpeg_finish_decompress(info);
}

// setjmp stands in a function of its own: what it changes belongs to the caller, and so keeps its value.
static void attempt(
    j_decompress_ptr info, decoder *self, const uint8_t *bytes, size_t count, jedi_jpeg_options options,
    uint8_t *rgb, size_t capacity) {
    if (setjmp(self->escape) != 0) {
        return;
    }
    jpeg_create_decompress(info);
    info->mem->max_memory_to_use = (long)options.maximum_memory;
    self->progress.progress_monitor = on_progress;
    info->progress = &self->progress;
    self->source.init_source = source_start;
    self->source.fill_input_buffer = source_fill;
    self->source.skip_input_data = source_skip;
    self->source.resync_to_restart = jpeg_resync_to_restart;
    self->source.term_source = source_end;
    self->source.next_input_byte = bytes;
    self->source.bytes_in_buffer = count;
    info->src = &self->source;
    decode(info, self, options, rgb, capacity);
}

jedi_codec_result jedi_jpeg_decode(
    const uint8_t *bytes, size_t count, jedi_jpeg_options options, uint8_t *rgb, size_t capacity) {
    jedi_codec_result result = {JEDI_CODEC_OK, ""};
    struct jpeg_decompress_struct info;
    decoder self;
    memset(&info, 0, sizeof info);
    memset(&self, 0, sizeof self);
    self.result = &result;
    self.maximum_scans = options.maximum_scans;
    info.err = jpeg_std_error(&self.errors);
    self.errors.error_exit = on_error;
    self.errors.emit_message = on_message;
    self.errors.output_message = on_output;
    attempt(&info, &self, bytes, count, options, rgb, capacity);
    jpeg_destroy_decompress(&info);
    return result;
}
