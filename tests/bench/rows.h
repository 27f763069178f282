/*
 * rows.h - what the measuring programs share: the rows that generate.c made, the clock, and how a sample is told.
 */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mailbounce.h"

typedef struct rows {
    char *text;
    bnc_slice *row;
    size_t n;
} rows;

/* Reads at most so many rows. */
static inline rows
rows_read(const char *path, size_t most)
{
    rows r = {NULL, NULL, 0};
    FILE *file = fopen(path, "rb");
    size_t size = 0;
    size_t room = 0;
    char *to, *start;
    size_t i;
    long end;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (end = ftell(file)) < 0 ||
        (r.text = malloc((size_t)end + 1)) == NULL) {
        perror(path);
        exit(1);
    }
    rewind(file);
    size = fread(r.text, 1, (size_t)end, file);
    fclose(file);
    for (i = 0, to = start = r.text; i < size && r.n < most; i++) {
        char c = r.text[i];

        if (c == '\n') {
            if (r.n == room) {
                room = room * 2 + 1024;
                r.row = realloc(r.row, room * sizeof(*r.row));
                if (r.row == NULL)
                    exit(1);
            }
            r.row[r.n].data = start;
            r.row[r.n++].len = (size_t)(to - start);
            start = to;
            continue;
        }
        if (c == '\\' && i + 1 < size) {
            c = r.text[++i];
            c = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
        }
        *to++ = c;
    }
    return r;
}

static inline double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* One line for table.pl: a measurement in a round. */
static inline void
sample(const char *name, double value)
{
    printf("%s\t%.6g\n", name, value);
    fflush(stdout);
}

/* A remark below the table. */
static inline void
note(const char *name, const char *text)
{
    printf("note\t%s: %s\n", name, text);
}

#endif
