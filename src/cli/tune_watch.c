/* tune_watch.c - see tune_watch.h */
#include "cli/tune_watch.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "cli/job_text.h"
#include "cli/view.h"
#include "tune/guard.h"

#include <math.h>
#include <string.h>

#define PROPOSALS "/v1/proposals?limit=100"

/* -- proposed -------------------------------------------------------------------------------------------------- */

static bool is_in_state(const struct fg_doc *item, const char *state)
{
    return strcmp(fg_view_text(item, "state"), state) == 0;
}

/* One that was adopted and is watched; NULL: none. */
static const struct fg_doc *watched(const struct fg_doc *answer)
{
    int64_t since_us = fg_now_us() - FG_TUNE_WATCH_DAYS * FG_TUNE_DAY_US;
    for (const struct fg_doc *item = fg_view_first(answer, "items"); item; item = item->next)
        if (is_in_state(item, "adopted") && fg_view_time(item, "decided_at") > since_us)
            return item;
    return NULL;
}

static bool changes_to(const struct fg_doc *item, const struct fg_knob_change *change)
{
    for (const struct fg_doc *at = fg_view_first(item, "changes"); at; at = at->next)
        if (strcmp(fg_view_text(at, "setting"), change->setting) == 0
            && strcmp(fg_view_text(at, "to"), change->to) == 0)
            return true;
    return false;
}

/* A change of it that people rejected, or that was rolled back; NULL: none. */
static const char *refused_before(const struct fg_doc *answer,
                                  const struct fg_proposal_body *body)
{
    for (const struct fg_doc *item = fg_view_first(answer, "items"); item; item = item->next)
        for (size_t i = 0; i < body->changes_len; i++)
            if ((is_in_state(item, "rolled_back") || is_in_state(item, "rejected"))
                && changes_to(item, &body->changes[i]))
                return body->changes[i].setting;
    return NULL;
}

static int decide(struct fg_cli *cli,
                  const char *id,
                  const char *what,
                  const char *remark,
                  struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {}, body = {};
    struct fg_json json = {.buf = &body};
    fg_buf_printf(&path, "/v1/proposals/%s/%s", id, what);
    fg_json_object(&json);
    fg_json_kv(&json, "remark", remark);
    fg_json_end(&json);
    return fg_cli_send(cli, "POST", path.text, body.text, &answer, err);
}

static int adopt(struct fg_cli *cli,
                 const char *id,
                 const struct fg_proposal_body *body,
                 struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer earlier = {};
    int rc = fg_cli_get(cli, PROPOSALS, &earlier, err);
    if (rc < 0)
        return rc;
    const struct fg_doc *other = watched(earlier.doc);
    const char *refused = refused_before(earlier.doc, body);
    if (other)
        fprintf(stderr, "proposal %s is not adopted: proposal %s is still watched\n", id,
                fg_view_text(other, "id"));
    else if (refused)
        fprintf(stderr, "proposal %s is not adopted: this value of %s was refused before\n", id,
                refused);
    else if ((rc = decide(cli, id, "adopt", "adopted by itself: tune_adopt", err)) == 0)
        fprintf(stderr, "proposal %s is adopted\n", id);
    return rc;
}

int fg_tune_propose(struct fg_cli *cli,
                    const struct fg_proposal_body *body,
                    bool adopts,
                    struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer made = {};
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_json json = {.buf = &text};
    fg_json_object(&json);
    fg_proposal_write(&json, body);
    fg_json_end(&json);
    int rc = fg_cli_send(cli, "POST", "/v1/proposals", text.text, &made, err);
    if (rc < 0)
        return rc;
    fprintf(stderr, "proposal %s: fastgpu tune show %s\n", fg_view_text(made.doc, "id"),
            fg_view_text(made.doc, "id"));
    return adopts ? adopt(cli, fg_view_text(made.doc, "id"), body, err) : 0;
}

/* -- watched --------------------------------------------------------------------------------------------------- */

/* The policy as it was before the proposal. */
static void undo(const struct fg_doc *proposal, struct fg_knobs *knobs)
{
    for (const struct fg_doc *at = fg_view_first(proposal, "changes"); at; at = at->next) {
        size_t knob = fg_knob_find(fg_view_text(at, "setting"));
        if (knob < fg_knobs_len()
            && fg_knob_set(knobs, knob, fg_view_text(at, "from"), NULL) < 0)
            continue; /* a value of another version stays as it is */
    }
}

/* The upper end of what it promised, of the objective that it was chosen by. */
static double promised(const struct fg_doc *proposal)
{
    const char *objective = fg_view_text(proposal, "objective");
    double high = 0;
    for (const struct fg_doc *at = fg_view_first(proposal, "expected"); at; at = at->next)
        if (strcmp(fg_view_text(at, "metric"), objective) == 0)
            high = fg_view_real(at, "high", 0);
    return high < 0 ? high : 0;
}

struct pair {
    double measured[FG_TUNE_DAYS_MAX], replayed[FG_TUNE_DAYS_MAX];
    size_t before, since;
};

/* Days on which something was submitted; not the day of the adoption, which had both. */
static void pair_up(const struct fg_tune_objective *objective,
                    const struct fg_tune_days *measured,
                    const struct fg_tune_days *replayed,
                    size_t adopted_day,
                    struct pair *out)
{
    for (size_t day = 0; day < measured->len && day < replayed->len; day++) {
        double was = 0, would = 0;
        for (int metric = 0; metric < FG_METRICS; metric++) {
            was += objective->weight[metric] * measured->of[day][metric];
            would += objective->weight[metric] * replayed->of[day][metric];
        }
        size_t at = out->before + out->since;
        if (was <= 0 || would <= 0 || day == adopted_day || at == FG_TUNE_DAYS_MAX)
            continue;
        out->measured[at] = was;
        out->replayed[at] = would;
        if (day < adopted_day)
            out->before++;
        else
            out->since++;
    }
}

static int roll_back(struct fg_cli *cli,
                     const struct fg_doc *proposal,
                     const struct fg_change *seen,
                     struct fg_err *err)
{
    char remark[FG_TEXT_MAX];
    snprintf(remark, sizeof(remark),
             "rolled back by itself: %s was %+.1f %% (%+.1f to %+.1f) of what the policy "
             "before would have made of %zu days, "
             "promised %+.1f at most",
             fg_view_text(proposal, "objective"), seen->change * 100, seen->low * 100,
             seen->high * 100, seen->days, promised(proposal) * 100);
    fprintf(stderr, "proposal %s is %s\n", fg_view_text(proposal, "id"), remark);
    return decide(cli, fg_view_text(proposal, "id"), "rollback", remark, err);
}

/* All days, as the policy before the proposal would have had them. */
static int replay_before(const struct fg_tune_options *options,
                         const struct fg_doc *proposal,
                         size_t days,
                         struct fg_tune_days *out,
                         struct fg_err *err)
{
    FG_AUTO(fg_sim_result) struct fg_sim_result *result = NULL;
    struct fg_knobs knobs = options->knobs;
    struct fg_sim_options sim = options->sim;
    undo(proposal, &knobs);
    sim.config = &knobs.config;
    sim.order = knobs.order;
    sim.place = knobs.place;
    sim.preempt = knobs.preempt;
    sim.backfill = knobs.backfill;
    int rc = fg_sim_run(&sim, &result, err);
    if (rc == 0)
        fg_tune_days_make(result, 0, days, out);
    return rc;
}

int fg_tune_watch(struct fg_cli *cli,
                  const struct fg_tune_options *options,
                  const struct fg_tune_days *measured,
                  int64_t first_us,
                  bool *out_over,
                  struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer list = {};
    struct fg_tune_days replayed = {};
    struct fg_tune_objective objective;
    struct fg_change seen;
    struct pair pair = {};
    int rc = fg_cli_get(cli, PROPOSALS, &list, err);
    const struct fg_doc *proposal = rc == 0 ? watched(list.doc) : NULL;
    if (!proposal)
        return rc;
    rc = fg_tune_objective_read(fg_view_text(proposal, "objective"), &objective, err);
    if (rc == 0)
        rc = replay_before(options, proposal, measured->len, &replayed, err);
    if (rc < 0)
        return rc;
    int64_t since_us = fg_view_time(proposal, "decided_at") - first_us;
    pair_up(&objective, measured, &replayed, (size_t)(since_us / FG_TUNE_DAY_US), &pair);
    fg_tune_days_free(&replayed);
    *out_over = fg_guard(pair.measured, pair.replayed, pair.before, pair.since,
                         promised(proposal), &seen)
                == FG_GUARD_ROLL_BACK;
    return *out_over ? roll_back(cli, proposal, &seen, err) : 0;
}
