// What training needs of MPI, in plain C types: mpi.h is all macros, which Swift does not see.
#ifndef PROCESS_GROUP_H
#define PROCESS_GROUP_H

#include <stddef.h>

/// Begins. Returns 0, or MPI's error.
int pg_begin(int *rank, int *size);
/// Ends; every process must come to it.
void pg_end(void);
/// Ends all processes of the group at once.
void pg_abort(int status);

/// Puts the sums over all processes in the place of the values: the same bits everywhere. Returns 0, or MPI's error.
int pg_sum_floats(float *values, size_t count);
int pg_sum_doubles(double *values, size_t count);
/// Puts the first process's bytes in the place of the others'.
int pg_broadcast(void *bytes, size_t count);
/// MPI's words for an error, at most `capacity` bytes with the final 0.
void pg_describe(int error, char *text, size_t capacity);

#endif
