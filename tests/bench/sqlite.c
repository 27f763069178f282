/*
 * sqlite.c - what classifying costs inside SQLite: samples for table.pl, from one connection, rounds taking turns.
 *
 *   sqlite sql ROWS.txt N ROUNDS build/sqlite/mailbounce build/bench/noopsqlite
 *   sqlite own ROWS.txt N ROUNDS build/sqlite/mailbounce build/bench/noopsqlite OWN.rules
 *
 * The rows are in memory. It must not know the core: it sees what a user of the shell sees.
 */
#include <sqlite3.h>

#include "rows.h"

static sqlite3 *db;

static void
stop(const char *sql)
{
    fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
    exit(1);
}

static void
run(const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        stop(sql);
}

/* Runs a query and returns ns. own: bound to ?1, NULL for none. */
static double
query(const char *sql, const char *own)
{
    sqlite3_stmt *statement;
    double start, took;
    int rc;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        stop(sql);
    if (own != NULL)
        sqlite3_bind_text(statement, 1, own, -1, SQLITE_STATIC);
    start = now();
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW)
        ;
    took = now() - start;
    if (rc != SQLITE_DONE)
        stop(sql);
    sqlite3_finalize(statement);
    return took;
}

/* The parser makes the plan; what a statement costs includes that. */
static void
load(const rows *r, int n, char **libraries)
{
    sqlite3_stmt *insert;
    char *error = NULL;
    size_t i;
    int k;

    if (sqlite3_open(":memory:", &db) != SQLITE_OK || sqlite3_enable_load_extension(db, 1) != SQLITE_OK)
        stop("open");
    for (k = 0; k < n; k++)
        if (sqlite3_load_extension(db, libraries[k], NULL, &error) != SQLITE_OK) {
            fprintf(stderr, "%s: %s\n", libraries[k], error);
            exit(1);
        }
    run("CREATE TABLE bounce (id INTEGER PRIMARY KEY, d TEXT); CREATE TABLE few (id INTEGER PRIMARY KEY, d TEXT); "
        "BEGIN");
    if (sqlite3_prepare_v2(db, "INSERT INTO bounce (d) VALUES (?1)", -1, &insert, NULL) != SQLITE_OK)
        stop("INSERT");
    for (i = 0; i < r->n; i++) {
        sqlite3_bind_text(insert, 1, r->row[i].data, (int)r->row[i].len, SQLITE_STATIC);
        sqlite3_step(insert);
        if (sqlite3_reset(insert) != SQLITE_OK)
            stop("INSERT");
    }
    sqlite3_finalize(insert);
    run("COMMIT; INSERT INTO few SELECT * FROM bounce LIMIT 10");
}

static bool
exists(const char *function)
{
    sqlite3_stmt *statement;
    bool found;

    if (sqlite3_prepare_v2(db, "SELECT 1 FROM pragma_function_list WHERE name = ?1", -1, &statement, NULL) != SQLITE_OK)
        stop("function_list");
    sqlite3_bind_text(statement, 1, function, -1, SQLITE_STATIC);
    found = sqlite3_step(statement) == SQLITE_ROW;
    sqlite3_finalize(statement);
    return found;
}

static void
a_row(const char *name, const char *sql, const rows *r)
{
    sample(name, query(sql, NULL) / (double)r->n);
}

static void
measure_sql(const rows *r, int rounds)
{
    bool counts = exists("bounce_counts");

    query("SELECT count(touch(d)), count(classify_bounce(d)) FROM few", NULL);
    while (rounds-- > 0) {
        a_row("sqlite.touch", "SELECT count(touch(d)) FROM bounce", r);
        a_row("sqlite.classify", "SELECT count(classify_bounce(d)) FROM bounce", r);
        a_row("sqlite.like", "SELECT count(*) FILTER (WHERE d LIKE '%user unknown%') FROM bounce", r);
        a_row("sqlite.lower", "SELECT count(lower(d)) FROM bounce", r);
        a_row("sqlite.type", "SELECT count(bounce_type(d)) FROM bounce", r);
        a_row("sqlite.event", "SELECT count(bounce_event_of(d)) FROM bounce", r);
        a_row("sqlite.explain", "SELECT count(bounce_explain(d)) FROM bounce", r);
        if (counts) {
            a_row("sqlite.group", "SELECT classify_bounce(d), count(*) FROM bounce GROUP BY 1 ORDER BY 2 DESC, 1", r);
            a_row("sqlite.counts", "SELECT bounce_counts(d) FROM bounce", r);
        }
    }
    if (!counts)
        note("SQLite", "no bounce_counts() in this build");
}

static char *
read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);

    if (file == NULL || text == NULL || fread(text, 1, (1 << 20) - 1, file) == 0) {
        perror(path);
        exit(1);
    }
    fclose(file);
    return text;
}

static void
measure_own(const rows *r, int rounds, const char *path)
{
    static const char subquery[] = "SELECT count(classify_bounce(d, (SELECT group_concat(rule, char(10)) FROM (SELECT "
                                   "rule FROM own ORDER BY n)))) FROM bounce";
    char *text = read_text(path);
    char *literal = sqlite3_mprintf("SELECT count(classify_bounce(d, %Q)) FROM bounce", text);
    char *changed = malloc(strlen(text) + 32);
    char *line;
    char *insert;

    if (changed == NULL)
        exit(1);
    run("CREATE TABLE own (n INTEGER PRIMARY KEY, rule TEXT)");
    for (line = strtok(strcpy(changed, text), "\n"); line != NULL; line = strtok(NULL, "\n")) {
        insert = sqlite3_mprintf("INSERT INTO own (rule) VALUES (%Q)", line);
        run(insert);
        sqlite3_free(insert);
    }
    while (rounds-- > 0) {
        a_row("sqlite.own_none", "SELECT count(classify_bounce(d)) FROM bounce", r);
        a_row("sqlite.own_literal", literal, r);
        sample("sqlite.own_parameter", query("SELECT count(classify_bounce(d, ?1)) FROM bounce", text) / (double)r->n);
        a_row("sqlite.own_subquery", subquery, r);
        /* another text each time: it is compiled in this query */
        sprintf(changed, "%s# round %d\n", text, rounds);
        sample("sqlite.own_ten_none", query("SELECT count(classify_bounce(d)) FROM few", NULL) / 1e6);
        sample("sqlite.own_ten", query("SELECT count(classify_bounce(d, ?1)) FROM few", changed) / 1e6);
    }
    sqlite3_free(literal);
    free(changed);
    free(text);
}

int
main(int argc, char **argv)
{
    rows r;

    if (argc < 7) {
        fprintf(stderr, "usage: see the head of sqlite.c\n");
        return 2;
    }
    r = rows_read(argv[2], (size_t)atol(argv[3]));
    load(&r, 2, argv + 5);
    if (strcmp(argv[1], "own") == 0 && argc == 8)
        measure_own(&r, atoi(argv[4]), argv[7]);
    else
        measure_sql(&r, atoi(argv[4]));
    return sqlite3_close(db) != SQLITE_OK;
}
