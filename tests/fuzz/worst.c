/*
 * worst.c - how long classifying takes on texts made to be slow: prints ns per byte, the slowest first.
 *
 *   worst [LIMIT]   fails when a text takes more than LIMIT ns per byte, or grows faster than its length
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "counting.h"
#include "worst_texts.h"

static bnc_engine *engine;

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The least time of a few rounds: others use the machine too. */
static double
measure(const char *text, size_t len)
{
    double least = 1e18;
    bnc_verdict verdict;
    bnc_error error;
    bnc_slice diagnostic = {text, len};
    int round, calls;
    double start, took;

    for (round = 0; round < 7; round++) {
        start = now();
        calls = 0;
        do {
            if (bnc_classify(engine, diagnostic, NULL, &verdict, &error) != BNC_OK)
                exit(1);
            calls++;
            took = now() - start;
        } while (took < 2e5);
        if (took / calls < least)
            least = took / calls;
    }
    return least;
}

typedef struct row {
    char name[WORST_NAME];
    double per_byte, growth; /* growth: time of the whole over four times that of a quarter */
} row;

static row rows[1024];
static int n_rows;

static void
try_text(const char *name, const char *text, size_t len)
{
    row *r = &rows[n_rows++];
    double whole = measure(text, len);

    snprintf(r->name, sizeof(r->name), "%s", name);
    r->per_byte = whole / (double)len;
    r->growth = whole / measure(text, len / 4) / 4;
}

static int
slower(const void *a, const void *b)
{
    const row *x = a;
    const row *y = b;

    return x->per_byte < y->per_byte ? 1 : x->per_byte > y->per_byte ? -1 : 0;
}

int
main(int argc, char **argv)
{
    double limit = argc > 1 ? atof(argv[1]) : 0;
    counting memory = {0};
    bnc_allocator allocator = counting_allocator(&memory);
    int bad = 0;
    int k;

    if (bnc_engine_create(&allocator, bnc_builtin_rules(), &engine) != BNC_OK)
        return 1;
    worst_texts(try_text, bnc_builtin_rules(), false, 200);
    qsort(rows, (size_t)n_rows, sizeof(rows[0]), slower);
    printf("ns/byte  growth  text, repeated to %d bytes\n", BNC_HEAD);
    for (k = 0; k < n_rows; k++) {
        bool slow = limit > 0 && (rows[k].per_byte > limit || (rows[k].growth > 2 && rows[k].per_byte > limit / 4));

        bad += slow;
        if (k < 40 || slow)
            printf("%7.1f  %6.2f  %s%s\n", rows[k].per_byte, rows[k].growth, rows[k].name, slow ? "   SLOW" : "");
    }
    bnc_engine_destroy(engine);
    return bad > 0;
}
