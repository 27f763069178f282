/*
 * generate/table.h - for the build tools: tables of cells between tabs, read whole. Knows nothing of what is in them.
 */
#ifndef BNC_GENERATE_TABLE_H
#define BNC_GENERATE_TABLE_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 2048
#define CELLS 16

typedef struct table {
    const char *path;
    char *cell[ROWS][CELLS];
    int rows, columns;
} table;

/* Says what is wrong in which line of a file, and ends the program. */
static void
fail(const char *path, int line, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s:%d: ", path, line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

/* Without a number of columns, the first row has as many as all must have. */
static void
read_table(table *t, const char *path, int columns)
{
    static char line[1 << 16];
    FILE *file = fopen(path, "rb");
    char *at, *tab;
    int n;

    if (file == NULL)
        fail(path, 0, "can't be opened");
    t->path = path;
    t->rows = 0;
    t->columns = columns;
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        if (t->rows == ROWS)
            fail(path, t->rows + 1, "more than %d rows", ROWS);
        for (n = 0, at = line; at != NULL; n++, at = tab) {
            tab = strchr(at, '\t');
            if (tab != NULL)
                *tab++ = '\0';
            if (n == CELLS)
                fail(path, t->rows + 1, "more than %d columns", CELLS);
            t->cell[t->rows][n] = strdup(at);
        }
        if (t->columns == 0)
            t->columns = n;
        if (n != t->columns)
            fail(path, t->rows + 1, "%d columns instead of %d", n, t->columns);
        t->rows++;
    }
    fclose(file);
}

#endif
