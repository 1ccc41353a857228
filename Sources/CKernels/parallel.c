// One thread pool for everything: libgomp's, which oneDNN uses too. Its entry points are called directly,
// because clang's own OpenMP pragmas would bring a second runtime and with it a second pool.
#include "kernels.h"
#include <stdatomic.h>

extern void GOMP_parallel(void (*body)(void *), void *argument, unsigned threads, unsigned flags);
extern void omp_set_num_threads(int threads);
extern int omp_get_thread_num(void);

typedef struct {
    void (*body)(void *, size_t);
    void *argument;
    size_t count;
    atomic_size_t next;
} work;

static void run_tasks(void *pointer) {
    work *w = pointer;
    for (;;) {
        size_t task = atomic_fetch_add_explicit(&w->next, 1, memory_order_relaxed);
        if (task >= w->count) return;
        w->body(w->argument, task);
    }
}

void ck_parallel(const ck_context *context, size_t count, void (*body)(void *, size_t), void *argument) {
    size_t threads = context->threads < 1 ? 1 : (size_t)context->threads;
    if (threads > count) threads = count;
    if (threads <= 1) {
        for (size_t task = 0; task < count; task++) body(argument, task);
        return;
    }
    work w = {.body = body, .argument = argument, .count = count};
    atomic_init(&w.next, 0);
    GOMP_parallel(run_tasks, &w, (unsigned)threads, 0);
}

void ck_limit_threads(int threads) { omp_set_num_threads(threads < 1 ? 1 : threads); }

int ck_thread_index(void) { return omp_get_thread_num(); }
