/*
 * vocabulary.c - categories, perspectives, types, and the text form of events; see vocabulary.h.
 */
#include "vocabulary.h"

#include "text.h"

#include <string.h>

static bnc_slice
cell(const uint32_t *place)
{
    bnc_slice slice = {bnc_vocabulary_text + place[0], place[1]};

    return slice;
}

int
bnc_category_count(void)
{
    return BNC_N_CATEGORIES;
}

bnc_slice
bnc_category_name(int category)
{
    return cell(bnc_category_cells[category][0]);
}

bnc_category_info
bnc_category(int category)
{
    const uint32_t(*cells)[2] = bnc_category_cells[category];
    int perspective = bnc_perspective_default();
    bnc_category_info info;

    info.name = cell(cells[0]);
    info.action = cell(cells[1]);
    info.definition_en = cell(cells[2]);
    info.definition_zh = cell(cells[3]);
    info.advice_en = cell(cells[4]);
    info.advice_zh = cell(cells[5]);
    info.type = bnc_type_under(perspective, category, BNC_CLASS_NONE);
    info.type_4xx = bnc_type_under(perspective, category, BNC_CLASS_4);
    info.type_5xx = bnc_type_under(perspective, category, BNC_CLASS_5);
    return info;
}

int
bnc_category_find(bnc_slice name)
{
    int i;

    for (i = 0; i < BNC_N_CATEGORIES; i++)
        if (bnc_slice_equal_caseless(cell(bnc_category_cells[i][0]), name))
            return i;
    return -1;
}

int
bnc_category_unknown(void)
{
    return BNC_CATEGORY_UNKNOWN;
}

int
bnc_perspective_find(bnc_slice name)
{
    int i;

    for (i = 0; i < BNC_N_PERSPECTIVES; i++)
        if (bnc_slice_equal_caseless(cell(bnc_perspective_cells[i]), name))
            return i;
    return -1;
}

int
bnc_perspective_default(void)
{
    return 0;
}

void
bnc_perspective_names(char *text, size_t room)
{
    size_t used = 0;
    bnc_slice name;
    int i;

    for (i = 0; i < BNC_N_PERSPECTIVES; i++) {
        name = cell(bnc_perspective_cells[i]);
        if (used + name.len + 3 > room)
            break;
        if (i > 0) {
            memcpy(text + used, ", ", 2);
            used += 2;
        }
        memcpy(text + used, name.data, name.len);
        used += name.len;
    }
    text[used] = '\0';
}

bnc_slice
bnc_type_name(bnc_type type)
{
    static const char names[BNC_TYPES][8] = {"unknown", "hard", "soft", "block", "pending", "none"};

    return bnc_slice_of(names[type]);
}

bnc_type
bnc_type_under(int perspective, int category, bnc_class came_with)
{
    const uint8_t *types = bnc_perspective_types[perspective][category]; /* on 4xx, on 5xx or without a code */

    switch (came_with) {
    case BNC_CLASS_HARD:
        return BNC_TYPE_HARD;
    case BNC_CLASS_SOFT:
        return BNC_TYPE_SOFT;
    case BNC_CLASS_BLOCK:
        return BNC_TYPE_BLOCK;
    case BNC_CLASS_NOT:
        return BNC_TYPE_NONE;
    case BNC_CLASS_PENDING:
        return types[0] == BNC_TYPE_SOFT || types[0] == BNC_TYPE_UNKNOWN ? BNC_TYPE_PENDING : (bnc_type)types[0];
    case BNC_CLASS_4:
        return (bnc_type)types[0];
    default:
        return (bnc_type)types[1];
    }
}

/* ---- events ---- */

static const char class_names[BNC_CLASSES][8] = {"", "4", "5", "pending", "hard", "soft", "block", "none"};

size_t
bnc_event_write(int category, bnc_class came_with, char text[BNC_EVENT_MAX])
{
    bnc_slice name = cell(bnc_category_cells[category][0]);
    size_t n = name.len;
    size_t len = strlen(class_names[came_with]);

    memcpy(text, name.data, n);
    if (len > 0) {
        text[n++] = '/';
        memcpy(text + n, class_names[came_with], len);
        n += len;
    }
    return n;
}

bool
bnc_event_read(bnc_slice text, int *category, bnc_class *came_with)
{
    const char *slash;
    bnc_slice rest = {NULL, 0};
    int found;
    int i;

    text = bnc_slice_trim(text);
    if (text.len == 0 || text.len >= BNC_EVENT_MAX)
        return false;
    slash = memchr(text.data, '/', text.len);
    if (slash != NULL) {
        rest.data = slash + 1;
        rest.len = text.len - (size_t)(rest.data - text.data);
        text.len = (size_t)(slash - text.data);
        if (rest.len == 0)
            return false;
    }
    found = bnc_category_find(text);
    if (found < 0)
        return false;
    for (i = 0; i < BNC_CLASSES; i++)
        if (bnc_slice_equal_caseless(rest, bnc_slice_of(class_names[i]))) {
            *category = found;
            *came_with = (bnc_class)i;
            return true;
        }
    return false;
}
