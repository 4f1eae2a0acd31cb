/* budget.c - what attempts cost, and what projects may spend.
 *
 * An attempt is booked when it ends, by the day, in the transaction that says so: nothing twice, nothing lost.  What it costs
 * until then is worked out when somebody asks; so no second of it needs a write.  Parts are differences of what it has cost up
 * to two moments: they sum to the whole, to the micro-dollar.
 */
#include "control/control_inner.h"

#include <inttypes.h>
#include <stdlib.h>

#define HOUR_US 3600000000LL

struct budget {
    int64_t begin_us, end_us; /* of the period; end 0: the project has no budget */
    int64_t booked_uusd;      /* attempts that ended */
    int64_t running_uusd;     /* those under way, so far */
    int64_t committed_uusd;   /* and up to their ends, as foreseen, or that of the period */
    int32_t warned;           /* the highest warning of the period, in percent; 0: none */
    int64_t warned_us;        /* the beginning of the period that it was about */
};

/* What the attempt has cost up to the moment. */
static int64_t cost_uusd(const struct fg_control *control, const struct live *live, int64_t at)
{
    int64_t price = fg_control_price(control, live);
    int64_t ran_us = live->started_us && at > live->started_us ? at - live->started_us : 0;
    return price > 0 ? (int64_t)((__int128)price * ran_us / HOUR_US) : 0;
}

static int64_t cost_between(const struct fg_control *control,
                            const struct live *live,
                            int64_t from_us,
                            int64_t to_us)
{
    return to_us > from_us ? cost_uusd(control, live, to_us) - cost_uusd(control, live, from_us)
                           : 0;
}

/* NULL: the project has none. */
static struct budget *budget_of(const struct fg_control *control, fg_project_id id)
{
    return id && id < control->budgets_len && control->budgets[id].end_us
               ? &control->budgets[id]
               : NULL;
}

static fg_project_id above(const struct fg_control *control, fg_project_id id)
{
    return fg_queue_project(control->queue, id)->parent;
}

static bool is_in(const struct fg_control *control, fg_project_id id, fg_project_id top)
{
    while (id && id != top)
        id = above(control, id);
    return id != 0;
}

/* -- booking ---------------------------------------------------------------------------------------- */

static int64_t max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void book_day(struct fg_control *control, const struct fg_spend *spend)
{
    struct fg_err err = {};
    if (spend->uusd > 0)
        fg_control_wrote(
            control, control->options.store_ops->spend_add(control->options.store, spend, &err),
            &err);
}

void fg_budget_book(struct fg_control *control, const struct live *live)
{
    const struct fg_job *job = fg_queue_get(control->queue, live->job);
    int64_t now_us = control->now_us;
    if (!live->started_us || fg_control_price(control, live) <= 0 || !fg_control_begin(control))
        return;
    for (int64_t at = live->started_us; at < now_us;) {
        int64_t day = at / FG_DAY_US, next = (day + 1) * FG_DAY_US;
        book_day(control,
                 &(struct fg_spend){
                     .project = job->project,
                     .user = job->user,
                     .day = day,
                     .uusd = cost_between(control, live, at, next < now_us ? next : now_us)});
        at = next;
    }
    for (fg_project_id id = job->project; id; id = above(control, id)) {
        struct budget *budget = budget_of(control, id);
        if (budget)
            budget->booked_uusd +=
                cost_between(control, live, max(budget->begin_us, live->started_us), now_us);
    }
}

/* -- periods ------------------------------------------------------------------------------------------- */

/* What the store says of the project and those below it. */
static int sum_booked(const struct fg_control *control,
                      fg_project_id top,
                      int64_t *out_uusd,
                      struct fg_err *err)
{
    int64_t from_day = control->budgets[top].begin_us / FG_DAY_US;
    *out_uusd = 0;
    for (fg_project_id id = 1; id <= fg_queue_projects_max(control->queue); id++) {
        int64_t uusd = 0;
        if (!fg_queue_project(control->queue, id) || !is_in(control, id, top))
            continue;
        int rc = control->options.store_ops->spend_sum(control->options.store, id, from_day,
                                                       &uusd, err);
        if (rc < 0)
            return fg_wrap(err, rc, "what was spent of the budget of project %s",
                           fg_queue_project(control->queue, id)->name);
        *out_uusd += uusd;
    }
    return 0;
}

/* The period that is now, and what was booked in it. */
static int begin_period(struct fg_control *control, fg_project_id top, struct fg_err *err)
{
    const struct fg_budget *rule = &fg_queue_project(control->queue, top)->budget;
    struct budget *budget = &control->budgets[top];
    budget->begin_us = fg_period_begin_us(rule->period, control->now_us);
    budget->end_us = fg_period_end_us(rule->period, control->now_us);
    budget->warned = budget->warned_us == budget->begin_us ? budget->warned : 0;
    return sum_booked(control, top, &budget->booked_uusd, err);
}

static void make_room(struct fg_control *control)
{
    size_t len = fg_queue_projects_max(control->queue) + 1;
    if (len <= control->budgets_len)
        return;
    control->budgets = reallocarray(control->budgets, len, sizeof(struct budget));
    if (!control->budgets)
        abort();
    for (size_t i = control->budgets_len; i < len; i++)
        control->budgets[i] = (struct budget){};
    control->budgets_len = len;
}

int fg_budget_warned(void *self, fg_project_id project, int64_t begin_us, int32_t percent)
{
    struct fg_control *control = self;
    make_room(control);
    if (project < control->budgets_len) {
        control->budgets[project].warned = percent;
        control->budgets[project].warned_us = begin_us;
    }
    return 0;
}

int fg_budget_reset(struct fg_control *control, struct fg_err *err)
{
    int rc = 0;
    make_room(control);
    control->has_budgets = false;
    for (fg_project_id id = 1; id < control->budgets_len && rc == 0; id++) {
        const struct fg_project *project = fg_queue_project(control->queue, id);
        control->budgets[id].end_us = 0;
        if (project && project->budget.uusd > 0) {
            control->has_budgets = true;
            rc = begin_period(control, id, err);
        } else if (project) {
            fg_queue_set_spent(control->queue, id, false);
        }
    }
    return rc;
}

/* -- what runs ------------------------------------------------------------------------------------------- */

/* When the attempt is foreseen to end. */
static int64_t foreseen_us(const struct fg_control *control, const struct live *live)
{
    const struct fg_job *job = fg_queue_get(control->queue, live->job);
    int64_t lasts_us = fg_schedule_duration(control->schedule, job);
    if (!job->time_limit_us && job->predicted_us)
        lasts_us = job->predicted_us;
    return live->started_us + lasts_us;
}

void fg_budget_measure(struct fg_control *control)
{
    for (size_t id = 1; id < control->budgets_len; id++)
        control->budgets[id].running_uusd = control->budgets[id].committed_uusd = 0;
    for (size_t i = 0; control->has_budgets && i < control->lives_len; i++) {
        const struct live *live = &control->lives[i];
        if (!live->started_us)
            continue;
        int64_t ends_us = foreseen_us(control, live);
        for (fg_project_id id = fg_queue_get(control->queue, live->job)->project; id;
             id = above(control, id)) {
            struct budget *budget = budget_of(control, id);
            if (!budget)
                continue;
            budget->running_uusd += cost_between(
                control, live, max(budget->begin_us, live->started_us), control->now_us);
            budget->committed_uusd +=
                cost_between(control, live, control->now_us,
                             ends_us < budget->end_us ? ends_us : budget->end_us);
        }
    }
}

bool fg_budget_use(const struct fg_control *control,
                   fg_project_id id,
                   struct fg_budget_use *out)
{
    const struct budget *budget = budget_of(control, id);
    if (budget)
        *out = (struct fg_budget_use){.spent_uusd = budget->booked_uusd + budget->running_uusd,
                                      .committed_uusd = budget->committed_uusd,
                                      .renews_us =
                                          budget->end_us == INT64_MAX ? 0 : budget->end_us};
    return budget != NULL;
}

/* -- acting ------------------------------------------------------------------------------------------------ */

static void warn(struct fg_control *control, fg_project_id id, int64_t spent_uusd)
{
    static const int32_t steps[] = {100, 80, 50};
    const struct fg_project *project = fg_queue_project(control->queue, id);
    struct budget *budget = &control->budgets[id];
    int32_t percent = 0;
    for (size_t i = 0; i < 3 && !percent; i++)
        if ((__int128)spent_uusd * 100 >= (__int128)project->budget.uusd * steps[i])
            percent = steps[i];
    if (percent <= budget->warned || !fg_control_begin(control))
        return;
    struct fg_err err = {};
    int rc = control->options.store_ops->budget_warned_put(control->options.store, id,
                                                           budget->begin_us, percent, &err);
    fg_control_wrote(control, rc, &err);
    budget->warned = percent;
    budget->warned_us = budget->begin_us;
    fg_control_tell(control, "project.budget", &(struct fg_job){.project = id},
                    "\"project\":\"%s\",\"percent\":%d,\"spent_uusd\":%" PRId64
                    ",\"budget_uusd\":%" PRId64,
                    project->name, percent, spent_uusd, project->budget.uusd);
}

static void stop_all(struct fg_control *control, fg_project_id top)
{
    char reason[FG_TEXT_MAX];
    snprintf(reason, sizeof(reason), "stopping, the budget of project %.64s is spent",
             fg_queue_project(control->queue, top)->name);
    for (size_t i = 0; i < control->lives_len; i++) {
        struct live *live = &control->lives[i];
        const struct fg_job *job = fg_queue_get(control->queue, live->job);
        if (job->stop_sent || job->cancel_asked || !is_in(control, job->project, top))
            continue;
        live->stop_why = "stopped: the budget of its project is spent";
        fg_control_stop(control, live->job, reason);
    }
}

static void look_at(struct fg_control *control, fg_project_id id)
{
    const struct fg_budget *rule = &fg_queue_project(control->queue, id)->budget;
    struct budget *budget = &control->budgets[id];
    int64_t spent_uusd = budget->booked_uusd + budget->running_uusd;
    bool is_spent = spent_uusd >= rule->uusd;
    if (fg_queue_held(control->queue, id)->is_spent != is_spent)
        control->pass_wanted = true;
    fg_queue_set_spent(control->queue, id, is_spent);
    warn(control, id, spent_uusd);
    if (is_spent && rule->stops)
        stop_all(control, id);
}

void fg_budget_tick(struct fg_control *control)
{
    for (fg_project_id id = 1; control->has_budgets && id < control->budgets_len; id++) {
        struct fg_err err = {};
        if (budget_of(control, id) && control->now_us >= control->budgets[id].end_us)
            fg_control_wrote(control, begin_period(control, id, &err), &err);
    }
    if (!control->has_budgets)
        return;
    fg_budget_measure(control);
    for (fg_project_id id = 1; id < control->budgets_len; id++)
        if (budget_of(control, id))
            look_at(control, id);
}

/* -- telling ------------------------------------------------------------------------------------------------- */

bool fg_budget_blocks(const struct fg_control *control,
                      fg_project_id project,
                      char *out,
                      size_t size)
{
    struct fg_budget_use use = {};
    fg_project_id id = project;
    while (id && !fg_queue_held(control->queue, id)->is_spent)
        id = above(control, id);
    if (!id || !fg_budget_use(control, id, &use))
        return false;
    const struct fg_project *at = fg_queue_project(control->queue, id);
    char when[FG_TIME_TEXT_MAX] = "";
    if (use.renews_us)
        fg_time_format(use.renews_us, when);
    snprintf(out, size, "budget of project %s: %.2f USD of %.2f used, %s%.10s", at->name,
             (double)use.spent_uusd / 1e6, (double)at->budget.uusd / 1e6,
             use.renews_us ? "renews on " : "it does not renew", when);
    return true;
}

bool fg_budget_lacks_price(const struct fg_control *control)
{
    const struct fg_config *config = control->config;
    for (fg_node_id node = 1; node <= fg_pool_len(control->pool); node++)
        if (fg_order_of_node(control, node))
            return false;
    return control->has_budgets && config->cpu_price_uusd_per_core_hour == 0
           && config->gpu_price_uusd_per_hour == 0;
}

bool fg_budget_check(const struct fg_control *control)
{
    for (fg_project_id id = 1; control->has_budgets && id < control->budgets_len; id++) {
        const struct budget *budget = budget_of(control, id);
        int64_t uusd = 0;
        if (budget && (sum_booked(control, id, &uusd, NULL) < 0 || uusd != budget->booked_uusd))
            return false;
    }
    return true;
}
