#include "process_group.h"

#include <mpi.h>
#include <string.h>

// Counts of MPI are ints.
enum { PART = 1 << 24 };

int pg_begin(int *rank, int *size) {
    // Of all threads only the one that began calls MPI.
    int provided = 0;
    int error = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    if (error == MPI_SUCCESS) error = MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    if (error == MPI_SUCCESS) error = MPI_Comm_rank(MPI_COMM_WORLD, rank);
    if (error == MPI_SUCCESS) error = MPI_Comm_size(MPI_COMM_WORLD, size);
    return error;
}

void pg_end(void) { MPI_Finalize(); }

void pg_abort(int status) { MPI_Abort(MPI_COMM_WORLD, status); }

int pg_broadcast(void *bytes, size_t count) {
    for (char *at = bytes; count > 0;) {
        size_t part = count < PART ? count : PART;
        int error = MPI_Bcast(at, (int)part, MPI_BYTE, 0, MPI_COMM_WORLD);
        if (error != MPI_SUCCESS) return error;
        at += part;
        count -= part;
    }
    return MPI_SUCCESS;
}

// One process adds and tells the others: MPI_Allreduce need not give all the same last bits.
static int sum(void *values, size_t count, size_t size, MPI_Datatype type) {
    int rank = 0;
    int error = MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    char *at = values;
    for (size_t rest = count; error == MPI_SUCCESS && rest > 0;) {
        size_t part = rest < PART ? rest : PART;
        error = rank == 0 ? MPI_Reduce(MPI_IN_PLACE, at, (int)part, type, MPI_SUM, 0, MPI_COMM_WORLD)
                          : MPI_Reduce(at, NULL, (int)part, type, MPI_SUM, 0, MPI_COMM_WORLD);
        at += part * size;
        rest -= part;
    }
    return error == MPI_SUCCESS ? pg_broadcast(values, count * size) : error;
}

int pg_sum_floats(float *values, size_t count) { return sum(values, count, sizeof *values, MPI_FLOAT); }

int pg_sum_doubles(double *values, size_t count) { return sum(values, count, sizeof *values, MPI_DOUBLE); }

void pg_describe(int error, char *text, size_t capacity) {
    char words[MPI_MAX_ERROR_STRING + 1] = "";
    int length = 0;
    MPI_Error_string(error, words, &length);
    strncpy(text, words, capacity - 1);
    text[capacity - 1] = 0;
}
