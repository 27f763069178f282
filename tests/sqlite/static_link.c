/*
 * static_link.c - a program that links mailbounce in. Prints two answers; checks that all memory comes back.
 */
#include <stdio.h>

#include "mailbounce_sqlite.h"

static int
print_row(void *context, int n, char **values, char **names)
{
    (void)context;
    (void)n;
    (void)names;
    printf("%s\n", values[0]);
    return 0;
}

int
main(void)
{
    sqlite3 *db;
    int round;

    sqlite3_auto_extension((void (*)(void))sqlite3_mailbounce_init);
    for (round = 0; round < 2; round++) {
        if (sqlite3_open(":memory:", &db) != SQLITE_OK)
            return 1;
        if (sqlite3_exec(db, round == 0 ? "SELECT classify_bounce('550 user unknown')" : "SELECT bounce_type('550 user unknown')",
                         print_row, NULL, NULL) != SQLITE_OK)
            return 1;
        if (sqlite3_close(db) != SQLITE_OK)
            return 1;
    }
    sqlite3_reset_auto_extension();
    sqlite3_shutdown();
    return sqlite3_memory_used() != 0;
}
