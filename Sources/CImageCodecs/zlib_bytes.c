#include <zlib.h>

#include "CImageCodecs.h"

int jedi_zlib_inflate(
    const uint8_t *bytes, size_t count, uint8_t *out, size_t capacity, size_t *produced) {
    uLongf length = capacity;
    int status = uncompress(out, &length, bytes, count);
    *produced = status == Z_OK ? length : 0;
    return status == Z_OK;
}

uint32_t jedi_crc32(uint32_t crc, const uint8_t *bytes, size_t count) {
    return (uint32_t)crc32_z(crc, bytes, count);
}
