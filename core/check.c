/*
 * check.c - everything that can be wrong with own rules, for the people who write them.
 *
 * What it must not know: how rules are read or matched; it asks those who do.
 */
#include "engine.h"

#include <stdio.h>

typedef struct counter {
    bnc_problem_fn report;
    void *context;
    int problems;
} counter;

static void
count_problem(void *context, int line, const char *problem)
{
    counter *c = context;

    c->problems++;
    c->report(c->context, line, problem);
}

/* An example must be won by its rule, against all rules, own and built-in. */
static bnc_status
check_examples(bnc_engine *engine, bnc_slice text, const bnc_own_rules *own, counter *c)
{
    const bnc_example *examples;
    size_t n = bnc_compiler_examples(own->compiler, &examples);
    const bnc_rule *rule;
    bnc_verdict verdict;
    bnc_status status;
    bnc_error error;
    bnc_slice id;
    char problem[256];
    size_t i;

    for (i = 0; i < n; i++) {
        rule = bnc_rule_at(&own->rules, bnc_compiler_rule_rank(own->compiler, examples[i].rule));
        if (rule->kind != BNC_RULE_CATEGORY)
            continue;
        status = bnc_classify(engine, bnc_compiler_example_text(own->compiler, &examples[i]), &text, &verdict, &error);
        if (status != BNC_OK)
            return status;
        id = bnc_rule_id(&own->rules, rule);
        if (verdict.rule.len == id.len && verdict.rule.data == id.data)
            continue;
        snprintf(problem, sizeof(problem), "rule \"%.*s\" does not win this example: \"%.*s\" does", (int)id.len,
                 id.data, (int)verdict.rule.len, verdict.rule.len > 0 ? verdict.rule.data : "");
        count_problem(c, (int)examples[i].line, problem);
    }
    return BNC_OK;
}

bnc_status
bnc_rules_check(bnc_engine *engine, bnc_slice rules, bnc_problem_fn report, void *context)
{
    counter c = {report, context, 0};
    bnc_own_rules *own;
    bnc_error error;
    bnc_status status = bnc_engine_try_rules(engine, rules, count_problem, &c);

    if (status != BNC_OK || c.problems > 0)
        return status;
    status = bnc_engine_own_rules(engine, rules, &own, &error);
    return status == BNC_OK ? check_examples(engine, rules, own, &c) : status;
}
