/*
 * Programs in sessions of their own. Errors are negative errno values.
 */
#pragma once

#include <sys/types.h>

/* A pipe that no program started later inherits; ends[0], the end to read from, does not block. */
int jedi_pipe(int ends[2]);

/*
 * Starts a program, by path or to be found in PATH, as the leader of a session and a process group of its own, in "/",
 * with signals as any program expects them, nothing to read, and both outputs going to one descriptor. No other file
 * stays open in it.
 */
int jedi_spawn_session(char *const arguments[], char *const environment[], int output, pid_t *process);
