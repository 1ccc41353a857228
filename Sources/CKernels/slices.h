// Splitting a flat range into tasks that are worth a thread.
#pragma once
#include <stddef.h>

typedef struct {
    size_t begin, end;
} slice;

enum { SLICE_ELEMENTS = 32768 };

static inline size_t slice_count(size_t elements) { return (elements + SLICE_ELEMENTS - 1) / SLICE_ELEMENTS; }

static inline slice slice_of(size_t elements, size_t task) {
    slice s = {task * SLICE_ELEMENTS, (task + 1) * SLICE_ELEMENTS};
    if (s.end > elements) s.end = elements;
    return s;
}

/// Rows per task so that a task has about SLICE_ELEMENTS elements.
static inline size_t rows_per_task(size_t width) {
    size_t rows = SLICE_ELEMENTS / (width ? width : 1);
    return rows ? rows : 1;
}
