/* For any processor. */
#include "versions.h"
#include "picture.h"

int toybox_render_portable(
    const toybox_picture *picture, int32_t size, int shows_subject, uint8_t *pixels, uint8_t *mask) {
    return render(picture, size, shows_subject, pixels, mask);
}
