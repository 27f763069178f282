/*
 * core_run.c - summaries of histories on the command line, to compare the core with another model of it.
 *
 *   core_run < lines
 *
 * A line is "policy TAB event@time,event@time,..."; a time is ISO-8601 or a number. For each line it prints the
 * summary as JSON, or "error: message". Each answer is found twice, from an aggregate's tally and from
 * stored bytes; the program stops if they differ.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generate/heap.h"
#include "state.h"

/* The whole of a line, without its end; NULL at the end of the file. */
static char *
read_line(FILE *file)
{
    static char *line;
    static size_t room;
    size_t len = 0;

    for (;;) {
        if (room - len < 4096)
            line = realloc(line, room += 65536);
        if (line == NULL)
            exit(1);
        if (fgets(line + len, (int)(room - len < 65536 ? room - len : 65536), file) == NULL)
            break;
        len += strlen(line + len);
        if (len > 0 && line[len - 1] == '\n') {
            line[--len] = '\0';
            return line;
        }
    }
    return len > 0 ? line : NULL;
}

/* event@time,event@time,... into a tally */
static bnc_status
read_events(bnc_states *states, char *at, bnc_tally **tally, bnc_error *error)
{
    bnc_status status = BNC_OK;
    char *end, *sign;
    bnc_event event;
    int64_t time;

    for (; status == BNC_OK && at != NULL && *at != '\0'; at = end) {
        end = strchr(at, ',');
        if (end != NULL)
            *end++ = '\0';
        sign = strrchr(at, '@');
        if (sign == NULL) {
            snprintf(error->message, sizeof(error->message), "an event without a time");
            return BNC_BAD_ARGUMENT;
        }
        status = bnc_event_of(states, (bnc_slice){at, (size_t)(sign - at)}, &event, error);
        if (status == BNC_OK)
            status = bnc_time_read((bnc_slice){sign + 1, strlen(sign + 1)}, &time, error);
        if (status == BNC_OK)
            status = bnc_tally_add(states, &allocator, tally, event, time, error);
    }
    return status;
}

static bnc_status
answer(bnc_states *states, char *line, bnc_tally **tally, char json[2][2048], bnc_error *error)
{
    char *tab = strchr(line, '\t');
    bnc_slice policy = {line, tab != NULL ? (size_t)(tab - line) : strlen(line)};
    bnc_slice history, text;
    bnc_summary summary;
    bnc_status status;
    int i;

    status = bnc_tally_policy(states, *tally, &policy, error);
    if (status == BNC_OK && tab != NULL)
        status = read_events(states, tab + 1, tally, error);
    for (i = 0; status == BNC_OK && i < 2; i++) {
        if (i == 0)
            status = bnc_tally_state(states, *tally, &summary, error);
        else if ((status = bnc_tally_history(states, *tally, &history)) == BNC_OK)
            status = bnc_state_of(states, &history, &policy, &summary, error);
        if (status == BNC_OK)
            status = bnc_summary_write(states, &summary, &text);
        if (status == BNC_OK)
            snprintf(json[i], sizeof(json[i]), "%.*s", (int)text.len, text.data);
    }
    return status;
}

int
main(void)
{
    static char json[2][2048];
    bnc_engine *engine;
    bnc_states *states;
    bnc_tally *tally;
    bnc_error error;
    bnc_status status;
    char *line;

    if (bnc_engine_create(&allocator, bnc_builtin_rules(), &engine) != BNC_OK ||
        bnc_states_create(&allocator, engine, &states) != BNC_OK)
        return 1;
    while ((line = read_line(stdin)) != NULL) {
        if (bnc_tally_create(&allocator, false, &tally) != BNC_OK)
            return 1;
        status = answer(states, line, &tally, json, &error);
        bnc_tally_release(&allocator, tally);
        if (status == BNC_NO_MEMORY)
            return 1;
        if (status != BNC_OK) {
            printf("error: %s\n", error.message);
            continue;
        }
        puts(json[0]);
        if (strcmp(json[0], json[1]) != 0) {
            fprintf(stderr, "tally and history differ: %s\n", json[1]);
            return 1;
        }
    }
    bnc_states_destroy(states);
    bnc_engine_destroy(engine);
    return 0;
}
