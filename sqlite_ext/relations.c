/*
 * sqlite_ext/relations.c - the core's relations as eponymous virtual tables, read-only.
 *
 * What it must not know: the columns of any relation; the core tells them. bounce_rules_check, which has an
 * argument, is the one table of its own kind.
 */
#include "binding.h"

#include <stdio.h>
#include <string.h>

/* ---- constant relations ---- */

typedef struct relation_table {
    sqlite3_vtab base;
    const bnc_relation *relation;
} relation_table;

typedef struct relation_cursor {
    sqlite3_vtab_cursor base;
    int row;
} relation_cursor;

static int
relation_connect(sqlite3 *db, void *data, int n, const char *const *arguments, sqlite3_vtab **table, char **message)
{
    const bnc_relation *relation = data;
    relation_table *t;
    char schema[512];
    size_t used;
    int i, rc;

    (void)n;
    (void)arguments;
    (void)message;
    used = (size_t)snprintf(schema, sizeof(schema), "CREATE TABLE x(");
    for (i = 0; i < relation->n_columns; i++)
        used += (size_t)snprintf(schema + used, sizeof(schema) - used, "%s%s %s", i > 0 ? ", " : "",
                                 relation->columns[i].name,
                                 relation->columns[i].kind == BNC_COLUMN_BOOLEAN ? "INTEGER" : "TEXT");
    snprintf(schema + used, sizeof(schema) - used, ")");
    rc = sqlite3_declare_vtab(db, schema);
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
    t = sqlite3_malloc(sizeof(*t));
    if (t == NULL)
        return SQLITE_NOMEM;
    memset(t, 0, sizeof(*t));
    t->relation = relation;
    *table = &t->base;
    return SQLITE_OK;
}

static int
table_disconnect(sqlite3_vtab *table)
{
    sqlite3_free(table);
    return SQLITE_OK;
}

static int
relation_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    info->estimatedRows = ((relation_table *)table)->relation->rows();
    info->estimatedCost = (double)info->estimatedRows;
    return SQLITE_OK;
}

static int
relation_open(sqlite3_vtab *table, sqlite3_vtab_cursor **opened)
{
    relation_cursor *c = sqlite3_malloc(sizeof(*c));

    (void)table;
    if (c == NULL)
        return SQLITE_NOMEM;
    memset(c, 0, sizeof(*c));
    *opened = &c->base;
    return SQLITE_OK;
}

static int
relation_close(sqlite3_vtab_cursor *c)
{
    sqlite3_free(c);
    return SQLITE_OK;
}

static int
relation_filter(sqlite3_vtab_cursor *c, int number, const char *text, int n, sqlite3_value **values)
{
    (void)number;
    (void)text;
    (void)n;
    (void)values;
    ((relation_cursor *)c)->row = 0;
    return SQLITE_OK;
}

static int
relation_next(sqlite3_vtab_cursor *c)
{
    ((relation_cursor *)c)->row++;
    return SQLITE_OK;
}

static int
relation_eof(sqlite3_vtab_cursor *c)
{
    return ((relation_cursor *)c)->row >= ((relation_table *)c->pVtab)->relation->rows();
}

static int
relation_column(sqlite3_vtab_cursor *c, sqlite3_context *context, int column)
{
    const bnc_relation *relation = ((relation_table *)c->pVtab)->relation;
    bnc_slice cell = relation->cell(((relation_cursor *)c)->row, column);

    if (relation->columns[column].kind == BNC_COLUMN_BOOLEAN)
        sqlite3_result_int(context, cell.data[0] == '1');
    else
        sqlite3_result_text(context, cell.data, (int)cell.len, SQLITE_STATIC);
    return SQLITE_OK;
}

static int
relation_rowid(sqlite3_vtab_cursor *c, sqlite3_int64 *rowid)
{
    *rowid = ((relation_cursor *)c)->row;
    return SQLITE_OK;
}

/* xCreate is missing: the table is there without CREATE VIRTUAL TABLE, and only so. */
static const sqlite3_module relation_module = {.iVersion = 0,
                                               .xConnect = relation_connect,
                                               .xBestIndex = relation_best_index,
                                               .xDisconnect = table_disconnect,
                                               .xOpen = relation_open,
                                               .xClose = relation_close,
                                               .xFilter = relation_filter,
                                               .xNext = relation_next,
                                               .xEof = relation_eof,
                                               .xColumn = relation_column,
                                               .xRowid = relation_rowid};

/* ---- bounce_rules_check(rules): the problems of own rules ---- */

enum { CHECK_LINE, CHECK_PROBLEM, CHECK_RULES };

typedef struct check_table {
    sqlite3_vtab base;
    connection *connection;
} check_table;

typedef struct found_problem {
    int line;
    char *problem;
} found_problem;

typedef struct check_cursor {
    sqlite3_vtab_cursor base;
    found_problem *found;
    int n, room, at;
    bool failed; /* no memory */
} check_cursor;

static int
check_connect(sqlite3 *db, void *data, int n, const char *const *arguments, sqlite3_vtab **table, char **message)
{
    check_table *t;
    int rc;

    (void)n;
    (void)arguments;
    (void)message;
    rc = sqlite3_declare_vtab(db, "CREATE TABLE x(line INTEGER, problem TEXT, rules HIDDEN)");
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
    t = sqlite3_malloc(sizeof(*t));
    if (t == NULL)
        return SQLITE_NOMEM;
    memset(t, 0, sizeof(*t));
    t->connection = data;
    *table = &t->base;
    return SQLITE_OK;
}

/* The rules must be given; without them the plan is refused. */
static int
check_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    int i;

    (void)table;
    for (i = 0; i < info->nConstraint; i++) {
        if (info->aConstraint[i].iColumn != CHECK_RULES || info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
            continue;
        if (!info->aConstraint[i].usable)
            return SQLITE_CONSTRAINT;
        info->aConstraintUsage[i].argvIndex = 1;
        info->aConstraintUsage[i].omit = 1;
        info->idxNum = 1;
        info->estimatedCost = 1000;
        return SQLITE_OK;
    }
    info->estimatedCost = 1000;
    return SQLITE_OK;
}

static int
check_open(sqlite3_vtab *table, sqlite3_vtab_cursor **opened)
{
    check_cursor *c = sqlite3_malloc(sizeof(*c));

    (void)table;
    if (c == NULL)
        return SQLITE_NOMEM;
    memset(c, 0, sizeof(*c));
    *opened = &c->base;
    return SQLITE_OK;
}

static void
forget_problems(check_cursor *c)
{
    while (c->n > 0)
        sqlite3_free(c->found[--c->n].problem);
    sqlite3_free(c->found);
    c->found = NULL;
    c->room = c->at = 0;
    c->failed = false;
}

static int
check_close(sqlite3_vtab_cursor *cursor)
{
    forget_problems((check_cursor *)cursor);
    sqlite3_free(cursor);
    return SQLITE_OK;
}

static void
keep_problem(void *context, int line, const char *problem)
{
    check_cursor *c = context;
    found_problem *grown;

    if (c->failed)
        return;
    if (c->n == c->room) {
        grown = sqlite3_realloc64(c->found, ((sqlite3_uint64)c->room * 2 + 8) * sizeof(*grown));
        if (grown == NULL) {
            c->failed = true;
            return;
        }
        c->found = grown;
        c->room = c->room * 2 + 8;
    }
    c->found[c->n].line = line;
    c->found[c->n].problem = sqlite3_mprintf("%s", problem);
    if (c->found[c->n].problem == NULL)
        c->failed = true;
    else
        c->n++;
}

static int
check_filter(sqlite3_vtab_cursor *cursor, int number, const char *text, int n, sqlite3_value **values)
{
    check_cursor *c = (check_cursor *)cursor;
    check_table *t = (check_table *)cursor->pVtab;
    bnc_slice rules;

    (void)text;
    forget_problems(c);
    if (number == 0 || n < 1) {
        t->base.zErrMsg = sqlite3_mprintf("bounce_rules_check needs the rules: bounce_rules_check(rules)");
        return SQLITE_ERROR;
    }
    if (sqlite3_value_type(values[0]) == SQLITE_NULL)
        return SQLITE_OK;
    if (!value_slice(values[0], &rules) || bnc_rules_check(t->connection->engine, rules, keep_problem, c) != BNC_OK ||
        c->failed)
        return SQLITE_NOMEM;
    return SQLITE_OK;
}

static int
check_next(sqlite3_vtab_cursor *c)
{
    ((check_cursor *)c)->at++;
    return SQLITE_OK;
}

static int
check_eof(sqlite3_vtab_cursor *c)
{
    return ((check_cursor *)c)->at >= ((check_cursor *)c)->n;
}

static int
check_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int column)
{
    check_cursor *c = (check_cursor *)cursor;

    if (column == CHECK_LINE)
        sqlite3_result_int(context, c->found[c->at].line);
    else if (column == CHECK_PROBLEM)
        sqlite3_result_text(context, c->found[c->at].problem, -1, SQLITE_TRANSIENT);
    return SQLITE_OK;
}

static int
check_rowid(sqlite3_vtab_cursor *c, sqlite3_int64 *rowid)
{
    *rowid = ((check_cursor *)c)->at;
    return SQLITE_OK;
}

static const sqlite3_module check_module = {.iVersion = 0,
                                            .xConnect = check_connect,
                                            .xBestIndex = check_best_index,
                                            .xDisconnect = table_disconnect,
                                            .xOpen = check_open,
                                            .xClose = check_close,
                                            .xFilter = check_filter,
                                            .xNext = check_next,
                                            .xEof = check_eof,
                                            .xColumn = check_column,
                                            .xRowid = check_rowid};

int
register_relations(sqlite3 *db, connection *c)
{
    const bnc_relation *relations;
    size_t n, i;
    int rc = SQLITE_OK;

    relations = bnc_relations(&n);
    for (i = 0; i < n && rc == SQLITE_OK; i++)
        rc = sqlite3_create_module_v2(db, relations[i].name, &relation_module, (void *)&relations[i], NULL);
    if (rc == SQLITE_OK) {
        c->users++;
        rc = sqlite3_create_module_v2(db, "bounce_rules_check", &check_module, c, connection_leave);
    }
    return rc;
}
