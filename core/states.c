/*
 * states.c - compiled policies, working memory, and states of stored histories; see states.h.
 */
#include "states.h"

#include "text.h"

#include <string.h>

bnc_status
bnc_states_create(const bnc_allocator *allocator, bnc_engine *engine, bnc_states **states)
{
    bnc_states *s = allocator->resize(allocator->context, NULL, sizeof(*s));

    if (s == NULL)
        return BNC_NO_MEMORY;
    s->allocator = *allocator;
    s->engine = engine;
    memset(s->policies, 0, sizeof(s->policies));
    s->recent = NULL;
    s->clock = 0;
    bnc_stamps_init(&s->list, &s->allocator);
    bnc_stamps_init(&s->scratch, &s->allocator);
    bnc_buffer_init(&s->answer, &s->allocator);
    *states = s;
    return BNC_OK;
}

void
bnc_states_destroy(bnc_states *s)
{
    bnc_allocator allocator;
    int i;

    if (s == NULL)
        return;
    for (i = 0; i < BNC_KEPT_POLICIES; i++)
        if (s->policies[i] != NULL)
            bnc_policy_leave(s->policies[i]);
    bnc_stamps_release(&s->list);
    bnc_stamps_release(&s->scratch);
    bnc_buffer_release(&s->answer);
    allocator = s->allocator;
    allocator.release(allocator.context, s);
}

static bool
has_text(const bnc_policy *policy, bnc_slice text)
{
    return policy != NULL && policy->text_len == text.len &&
           (text.len == 0 || memcmp(policy->text, text.data, text.len) == 0);
}

bnc_status
bnc_states_policy(bnc_states *s, const bnc_slice *given, bnc_policy **policy, bnc_error *error)
{
    bnc_slice text = given != NULL ? *given : bnc_slice_of("");
    int oldest = 0;
    bnc_policy *made;
    bnc_status status;
    int i;

    if (has_text(s->recent, text)) {
        *policy = s->recent;
        return BNC_OK;
    }
    s->clock++;
    for (i = 0; i < BNC_KEPT_POLICIES; i++) {
        if (has_text(s->policies[i], text)) {
            s->policies[i]->used = s->clock;
            *policy = s->recent = s->policies[i];
            return BNC_OK;
        }
        if (s->policies[oldest] != NULL && (s->policies[i] == NULL || s->policies[i]->used < s->policies[oldest]->used))
            oldest = i;
    }
    status = bnc_policy_compile(&s->allocator, text, &made, error);
    if (status != BNC_OK)
        return status;
    if (s->policies[oldest] != NULL)
        bnc_policy_leave(s->policies[oldest]);
    made->used = s->clock;
    *policy = s->recent = s->policies[oldest] = made;
    return BNC_OK;
}

bnc_status
bnc_state_of(bnc_states *s, const bnc_slice *history, const bnc_slice *policy, bnc_summary *summary, bnc_error *error)
{
    bnc_policy *compiled;
    bnc_status status;

    status = bnc_states_policy(s, policy, &compiled, error);
    if (status == BNC_OK && !bnc_stamps_clear(&s->list, BNC_HISTORY_MAX))
        status = BNC_NO_MEMORY;
    if (status == BNC_OK && history != NULL)
        status = bnc_history_read(*history, &s->list, error);
    if (status == BNC_OK)
        bnc_replay(compiled, &s->list, &s->room, summary);
    return status;
}
