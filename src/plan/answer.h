/* answer.h - a solved plan with its question and its reasons, as JSON: what `fastgpu plan solve --json` prints and plans keep. */
#pragma once

#include "base/json_write.h"
#include "plan/case.h"
#include "plan/procure_why.h"

/* What becomes of the plan if something is otherwise. */
struct fg_plan_what_if {
    char what[128];
    double upper_bound_uusd; /* of the best plan then */
    double unmet_share;
    uint32_t orders;
};

struct fg_plan_answer {
    const struct fg_case *wanted;
    const struct fg_procure_problem *problem;
    const struct fg_procure_plan *plan;
    const struct fg_procure_why *why;
    const struct fg_plan_what_if *what_ifs;
    size_t what_ifs_len;
    double seconds;
};

/* Its members, into an object that is open. */
void fg_plan_answer_json(struct fg_json *json, const struct fg_plan_answer *answer);

/* Offers of the second stage that are used, with means over scenarios and periods. */
struct fg_plan_use {
    uint32_t offer;
    double instance_hours, usd;
};
/* Into `out` (offers_len of the problem), the dearest first; their number. */
size_t fg_plan_uses(const struct fg_plan_answer *answer, struct fg_plan_use *out);
/* Unit hours of what may wait that are put off, in all. */
double fg_plan_put_off(const struct fg_plan_answer *answer, uint32_t flex);
