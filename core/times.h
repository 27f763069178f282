/*
 * times.h - times inside the core; users' side is in state.h.
 */
#ifndef BNC_TIMES_H
#define BNC_TIMES_H

#include "state.h"

/* As bnc_time_read, but numbers are always Unix seconds. */
bnc_status bnc_time_read_seconds(bnc_slice text, int64_t *time, bnc_error *error);

/* The UTC day of a time, counted from the first one that there is. */
int64_t bnc_time_day(int64_t time);

#endif
