/*
 * relations.c - the constant tables that users read as relations, and the crosswalk's two questions.
 *
 * What it must not know: how an engine shows a relation.
 */
#include "vocabulary.h"

#include "state.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

static bnc_slice
crosswalk_text(const uint32_t *place)
{
    bnc_slice slice = {bnc_vocabulary_text + place[0], place[1]};

    return slice;
}

static bnc_slice
categories_cell(int row, int column)
{
    bnc_category_info info = bnc_category(row);
    const bnc_slice cells[] = {info.name,
                               info.definition_en,
                               info.definition_zh,
                               info.action,
                               info.advice_en,
                               info.advice_zh,
                               bnc_type_name(info.type),
                               bnc_type_name(info.type_4xx),
                               bnc_type_name(info.type_5xx)};

    return cells[column];
}

static bnc_slice
crosswalk_cell(int row, int column)
{
    const bnc_crosswalk_row *r = &bnc_crosswalk[row];
    const bnc_slice cells[] = {bnc_category(r->category).name,
                               crosswalk_text(r->system),
                               crosswalk_text(r->term),
                               bnc_type_name((bnc_type)r->type),
                               bnc_slice_of(r->outward ? "1" : "0"),
                               bnc_slice_of(r->inward ? "1" : "0")};

    return cells[column];
}

static int
crosswalk_rows(void)
{
    return BNC_N_CROSSWALK;
}

static bnc_slice
policies_cell(int row, int column)
{
    bnc_preset_info info = bnc_preset(row);
    const bnc_slice cells[] = {info.name, info.definition, info.source, info.description};

    return cells[column];
}

const bnc_relation *
bnc_relations(size_t *n)
{
    static const bnc_relation relations[] = {{"bounce_categories",
                                              9,
                                              {{"category", BNC_COLUMN_TEXT},
                                               {"definition_en", BNC_COLUMN_TEXT},
                                               {"definition_zh", BNC_COLUMN_TEXT},
                                               {"action", BNC_COLUMN_TEXT},
                                               {"advice_en", BNC_COLUMN_TEXT},
                                               {"advice_zh", BNC_COLUMN_TEXT},
                                               {"type", BNC_COLUMN_TEXT},
                                               {"type_4xx", BNC_COLUMN_TEXT},
                                               {"type_5xx", BNC_COLUMN_TEXT}},
                                              bnc_category_count,
                                              categories_cell},
                                             {"bounce_crosswalk",
                                              6,
                                              {{"category", BNC_COLUMN_TEXT},
                                               {"system", BNC_COLUMN_TEXT},
                                               {"term", BNC_COLUMN_TEXT},
                                               {"type", BNC_COLUMN_TEXT},
                                               {"outward", BNC_COLUMN_BOOLEAN},
                                               {"inward", BNC_COLUMN_BOOLEAN}},
                                              crosswalk_rows,
                                              crosswalk_cell},
                                             {"bounce_policies",
                                              4,
                                              {{"policy", BNC_COLUMN_TEXT},
                                               {"definition", BNC_COLUMN_TEXT},
                                               {"source", BNC_COLUMN_TEXT},
                                               {"description", BNC_COLUMN_TEXT}},
                                              bnc_preset_count,
                                              policies_cell}};

    *n = sizeof(relations) / sizeof(relations[0]);
    return relations;
}

/* ---- other systems' words ---- */

/* Printable ASCII of a user's word, for a message. */
static void
quote_word(bnc_slice word, char out[48])
{
    size_t i;

    for (i = 0; i < word.len && i < 47; i++)
        out[i] = word.data[i] >= ' ' && word.data[i] < 0x7f ? word.data[i] : '?';
    out[i] = '\0';
}

static bnc_status
check_system(bnc_slice system, bnc_error *error)
{
    char word[48];
    char names[384];
    size_t used = 0;
    bnc_slice name;
    int i;

    for (i = 0; i < BNC_N_CROSSWALK; i++) {
        name = crosswalk_text(bnc_crosswalk[i].system);
        if (bnc_slice_equal_caseless(name, system))
            return BNC_OK;
        /* rows of a system lie together */
        if (i > 0 && bnc_slice_equal(name, crosswalk_text(bnc_crosswalk[i - 1].system)))
            continue;
        if (used + name.len + 3 < sizeof(names))
            used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%.*s", used > 0 ? ", " : "", (int)name.len,
                                     name.data);
    }
    quote_word(system, word);
    snprintf(error->message, sizeof(error->message), "unknown system \"%s\"; legal: %s", word, names);
    return BNC_BAD_ARGUMENT;
}

bnc_status
bnc_term(bnc_slice category, bnc_slice system, bnc_slice *term, bnc_error *error)
{
    bnc_status status = check_system(system, error);
    int wanted = bnc_category_find(category);
    char word[48];
    int i;

    if (status != BNC_OK)
        return status;
    if (wanted < 0) {
        quote_word(category, word);
        snprintf(error->message, sizeof(error->message), "unknown category \"%s\"; legal: those of bounce_categories",
                 word);
        return BNC_BAD_ARGUMENT;
    }
    *term = (bnc_slice){NULL, 0};
    for (i = 0; i < BNC_N_CROSSWALK; i++)
        if (bnc_crosswalk[i].outward && bnc_crosswalk[i].category == wanted &&
            bnc_slice_equal_caseless(crosswalk_text(bnc_crosswalk[i].system), system))
            *term = crosswalk_text(bnc_crosswalk[i].term);
    return BNC_OK;
}

bnc_status
bnc_from(bnc_slice system, bnc_slice term, bnc_slice *category, bnc_error *error)
{
    bnc_status status = check_system(system, error);
    int i;

    if (status != BNC_OK)
        return status;
    term = bnc_slice_trim(term);
    *category = (bnc_slice){NULL, 0};
    for (i = 0; i < BNC_N_CROSSWALK; i++)
        if (bnc_crosswalk[i].inward && bnc_slice_equal_caseless(crosswalk_text(bnc_crosswalk[i].system), system) &&
            bnc_slice_equal_caseless(crosswalk_text(bnc_crosswalk[i].term), term))
            *category = bnc_category(bnc_crosswalk[i].category).name;
    return BNC_OK;
}
