/* sheet_solve.c - the linear program of a sheet; see sheet.h */
#include "allocate/sheet.h"

#include "solver/lp.h"

#include <math.h>

#define NONE       UINT32_MAX
#define HELD_PRICE 1e-7
#define HELD_LEVEL 1e-9
#define NEAR       1e-7

struct solving {
    const struct fg_sheet *sheet;
    struct fg_lp *lp;
    uint32_t *cols; /* [work * devices_len + device], NONE: cannot */
    uint32_t *device_rows, *asked_rows, *time_rows; /* NONE: no such limit */
    uint32_t *quota_rows, *budget_rows;
    struct fg_arena *arena;
    struct fg_sheet_answer *out;
    struct fg_err *err;
};

static size_t cells(const struct fg_sheet *sheet)
{
    return sheet->work_len * sheet->devices_len;
}

static bool may(const struct fg_sheet *sheet, size_t at)
{
    const struct fg_sheet_work *work = &sheet->work[at / sheet->devices_len];
    const struct fg_sheet_device *device = &sheet->devices[at % sheet->devices_len];
    return work->speed[at % sheet->devices_len] > 0 && work->devices <= device->count
           && (work->usd_max < 0 || device->usd_per_hour <= work->usd_max);
}

/* What has to be done in any case, for the objectives that promise it. */
static double due(const struct fg_sheet *sheet, const struct fg_sheet_work *work)
{
    double rate = 0;
    if (sheet->objective == FG_SHEET_BALANCE || sheet->objective == FG_SHEET_COST)
        rate = work->demand;
    if (sheet->objective == FG_SHEET_COST && work->deadline_s > 0)
        rate = fmax(rate, work->left / work->deadline_s);
    return rate;
}

static void put_done(struct solving *self, uint32_t row, size_t work, double scale)
{
    size_t devices = self->sheet->devices_len;
    for (size_t j = 0; j < devices; j++)
        if (self->cols[work * devices + j] != NONE)
            fg_lp_put(self->lp, row, self->cols[work * devices + j],
                      scale * self->sheet->work[work].speed[j]);
}

static void put_devices(struct solving *self, uint32_t row, size_t work, bool priced)
{
    size_t devices = self->sheet->devices_len;
    for (size_t j = 0; j < devices; j++)
        if (self->cols[work * devices + j] != NONE)
            fg_lp_put(self->lp, row, self->cols[work * devices + j],
                      priced ? self->sheet->devices[j].usd_per_hour : 1);
}

static uint32_t add_limit(struct solving *self, double lower, double upper)
{
    return upper < 0 || isinf(upper) ? NONE : fg_lp_row(self->lp, lower, upper);
}

static void add_work_limits(struct solving *self)
{
    const struct fg_sheet *sheet = self->sheet;
    for (size_t i = 0; i < sheet->work_len; i++) {
        const struct fg_sheet_work *work = &sheet->work[i];
        double must = due(sheet, work), most = work->demand > 0 ? work->demand : HUGE_VAL;
        /* A deadline may ask for more than the demand says. */
        self->asked_rows[i] = must > 0 ? fg_lp_row(self->lp, must, fmax(must, most))
                                       : add_limit(self, -FG_LP_INF, most);
        self->time_rows[i] =
            add_limit(self, -FG_LP_INF, work->jobs > 0 ? work->jobs * work->devices : HUGE_VAL);
        if (self->asked_rows[i] != NONE)
            put_done(self, self->asked_rows[i], i, 1);
        if (self->time_rows[i] != NONE)
            put_devices(self, self->time_rows[i], i, false);
        if (work->project == SIZE_MAX)
            continue;
        if (self->quota_rows[work->project] != NONE)
            put_devices(self, self->quota_rows[work->project], i, false);
        if (self->budget_rows[work->project] != NONE)
            put_devices(self, self->budget_rows[work->project], i, true);
    }
}

static struct solving begin(const struct fg_sheet *sheet,
                            struct fg_lp *lp,
                            struct fg_arena *arena,
                            struct fg_sheet_answer *out,
                            struct fg_err *err)
{
    struct solving self = {.sheet = sheet,
                           .lp = lp,
                           .cols = FG_NEW(arena, uint32_t, cells(sheet)),
                           .device_rows = FG_NEW(arena, uint32_t, sheet->devices_len),
                           .asked_rows = FG_NEW(arena, uint32_t, sheet->work_len),
                           .time_rows = FG_NEW(arena, uint32_t, sheet->work_len),
                           .quota_rows = FG_NEW(arena, uint32_t, sheet->projects_len),
                           .budget_rows = FG_NEW(arena, uint32_t, sheet->projects_len),
                           .arena = arena,
                           .out = out,
                           .err = err};
    for (size_t j = 0; j < sheet->devices_len; j++)
        self.device_rows[j] = fg_lp_row(lp, -FG_LP_INF, sheet->devices[j].count);
    for (size_t p = 0; p < sheet->projects_len; p++) {
        self.quota_rows[p] = add_limit(&self, -FG_LP_INF, sheet->projects[p].quota_devices);
        self.budget_rows[p] =
            add_limit(&self, -FG_LP_INF, sheet->projects[p].budget_usd_per_hour);
    }
    for (size_t at = 0; at < cells(sheet); at++) {
        self.cols[at] = may(sheet, at) ? fg_lp_col(lp, 0, 0, FG_LP_INF) : NONE;
        if (self.cols[at] != NONE)
            fg_lp_put(lp, self.device_rows[at % sheet->devices_len], self.cols[at], 1);
    }
    add_work_limits(&self);
    return self;
}

/* -- the answer ------------------------------------------------------------------------------------------- */

static void read_values(struct solving *self, const struct fg_lp_answer *answer)
{
    const struct fg_sheet *sheet = self->sheet;
    struct fg_sheet_answer *out = self->out;
    out->usd_per_hour = 0;
    for (size_t i = 0; i < sheet->work_len; i++)
        out->done[i] = 0;
    for (size_t j = 0; j < sheet->devices_len; j++)
        out->busy[j] = 0;
    for (size_t at = 0; at < cells(sheet); at++) {
        size_t i = at / sheet->devices_len, j = at % sheet->devices_len;
        double devices = self->cols[at] == NONE ? 0 : fmax(answer->values[self->cols[at]], 0);
        out->devices[at] = devices;
        out->done[i] += devices * sheet->work[i].speed[j];
        out->busy[j] += devices;
        out->usd_per_hour += devices * sheet->devices[j].usd_per_hour;
    }
}

static void add_bind(struct solving *self,
                     const struct fg_lp_answer *answer,
                     uint32_t row,
                     struct fg_sheet_bind bind)
{
    if (row == NONE)
        return;
    bind.gain *= answer->duals[row];
    if (fabs(bind.gain) > NEAR)
        self->out->binds[self->out->binds_len++] = bind;
}

/* `scale`: what the objective of the program is to that of the sheet.  A limit of work in jobs is counted in jobs. */
static void read_binds(struct solving *self, const struct fg_lp_answer *answer, double scale)
{
    const struct fg_sheet *sheet = self->sheet;
    for (size_t j = 0; j < sheet->devices_len; j++)
        add_bind(self, answer, self->device_rows[j],
                 (struct fg_sheet_bind){FG_SHEET_DEVICES, j, scale});
    for (size_t i = 0; i < sheet->work_len; i++) {
        add_bind(self, answer, self->asked_rows[i],
                 (struct fg_sheet_bind){FG_SHEET_ASKED, i, scale});
        add_bind(self, answer, self->time_rows[i],
                 (struct fg_sheet_bind){FG_SHEET_TIME, i, scale * sheet->work[i].devices});
    }
    for (size_t p = 0; p < sheet->projects_len; p++) {
        add_bind(self, answer, self->quota_rows[p],
                 (struct fg_sheet_bind){FG_SHEET_QUOTA, p, scale});
        add_bind(self, answer, self->budget_rows[p],
                 (struct fg_sheet_bind){FG_SHEET_BUDGET, p, scale});
    }
}

static int solve(struct solving *self, struct fg_lp_answer *answer)
{
    int rc = fg_lp_solve(self->lp, NULL, answer, self->err);
    if (rc < 0)
        return fg_wrap(self->err, rc, "allocation");
    if (answer->status == FG_LP_OPTIMAL)
        return 0;
    if (answer->status == FG_LP_INFEASIBLE)
        return fg_fail(self->err, FG_ENOCAP,
                       "allocation: more is asked than devices, quotas and budgets allow");
    return fg_fail(self->err, FG_EBACKEND, "allocation: no optimum");
}

/* -- plain sums: total, weighted, cost ------------------------------------------------------------------------ */

static double worth(const struct fg_sheet *sheet, size_t at)
{
    const struct fg_sheet_work *work = &sheet->work[at / sheet->devices_len];
    double speed = work->speed[at % sheet->devices_len];
    if (sheet->objective == FG_SHEET_COST)
        return -sheet->devices[at % sheet->devices_len].usd_per_hour;
    if (sheet->objective == FG_SHEET_TOTAL)
        return speed;
    double of_project = work->project == SIZE_MAX ? 1 : sheet->projects[work->project].weight;
    return speed * work->weight * of_project;
}

static int solve_sum(struct solving *self)
{
    for (size_t at = 0; at < cells(self->sheet); at++)
        if (self->cols[at] != NONE)
            fg_lp_set_cost(self->lp, self->cols[at], worth(self->sheet, at));
    struct fg_lp_answer answer;
    int rc = solve(self, &answer);
    if (rc < 0)
        return rc;
    bool cost = self->sheet->objective == FG_SHEET_COST;
    self->out->objective = cost ? -answer.objective : answer.objective;
    read_values(self, &answer);
    read_binds(self, &answer, 1);
    return 0;
}

/* -- the worst off first: max-min, balance, makespan ------------------------------------------------------------- */

/* Rows that rise together:  value_r >= level_r + weight_r t,  max t; those with a price are held, the rest go on. */
struct rising {
    uint32_t *rows;
    double *weights, *levels;
    size_t len, held;
    uint32_t t;
};

static void add_riser(struct solving *self, struct rising *rising, uint32_t row, double weight)
{
    fg_lp_put(self->lp, row, rising->t, -weight);
    rising->rows[rising->len] = row;
    rising->weights[rising->len++] = weight;
}

/* Returns how many are held now that were not. */
static size_t hold(struct solving *self,
                   struct rising *rising,
                   const struct fg_lp_answer *answer)
{
    size_t before = rising->held;
    double t = answer->values[rising->t];
    for (size_t k = 0; k < rising->len; k++) {
        double weight = rising->weights[k];
        if (weight <= 0)
            continue;
        rising->levels[k] += weight * t;
        bool held = fabs(answer->duals[rising->rows[k]]) * weight > HELD_PRICE;
        fg_lp_set_row(self->lp, rising->rows[k],
                      rising->levels[k] - HELD_LEVEL * (1 + fabs(rising->levels[k])),
                      FG_LP_INF);
        if (!held)
            continue;
        fg_lp_set_cell(self->lp, rising->rows[k], rising->t, 0);
        rising->weights[k] = 0;
        rising->held++;
    }
    return rising->held - before;
}

static int raise(struct solving *self, struct rising *rising, double *out_t)
{
    struct fg_lp_answer answer;
    bool first = true;
    *out_t = 0;
    for (size_t more = 1; rising->held < rising->len && more; first = false) {
        int rc = solve(self, &answer);
        if (rc < 0)
            return rc;
        read_values(self, &answer);
        if (first) {
            double t = *out_t = answer.objective;
            bool makespan = self->sheet->objective == FG_SHEET_MAKESPAN;
            read_binds(self, &answer, makespan && t > 0 ? 1 / (t * t) : 1);
        }
        more = hold(self, rising, &answer);
        /* From the levels reached t may be 0: nothing has to fall. */
        fg_lp_set_col(self->lp, rising->t, 0, FG_LP_INF);
    }
    return 0;
}

static struct rising rising_new(struct solving *self, size_t len, double t_lower)
{
    return (struct rising){.rows = FG_NEW(self->arena, uint32_t, len),
                           .weights = FG_NEW(self->arena, double, len),
                           .levels = FG_NEW(self->arena, double, len),
                           .t = fg_lp_col(self->lp, 1, t_lower, FG_LP_INF)};
}

/* What t = 1 gives a class of work: all that it asks; of a pool that has to be shared, an equal part. */
static double owed(const struct fg_sheet *sheet, size_t number)
{
    const struct fg_sheet_work *work = &sheet->work[number];
    double jobs = 0, pool = 0, mine = work->jobs > 0 ? work->jobs : 1;
    if (sheet->objective == FG_SHEET_MAKESPAN)
        return work->left;
    double weight =
        work->weight * (work->project == SIZE_MAX ? 1 : sheet->projects[work->project].weight);
    if (work->demand > 0)
        return work->demand * weight;
    for (size_t i = 0; i < sheet->work_len; i++)
        jobs += sheet->work[i].jobs > 0 ? sheet->work[i].jobs : 1;
    for (size_t j = 0; j < sheet->devices_len; j++)
        if (may(sheet, number * sheet->devices_len + j))
            pool += sheet->devices[j].count * work->speed[j];
    return weight * pool * mine / jobs;
}

static bool fits(const struct solving *self, size_t work)
{
    for (size_t j = 0; j < self->sheet->devices_len; j++)
        if (self->cols[work * self->sheet->devices_len + j] != NONE)
            return true;
    return false;
}

static int solve_least(struct solving *self)
{
    struct rising rising = rising_new(self, self->sheet->work_len, 0);
    for (size_t i = 0; i < self->sheet->work_len; i++) {
        double weight = owed(self->sheet, i);
        if (weight <= 0 || !fits(self, i))
            continue;
        uint32_t row = fg_lp_row(self->lp, 0, FG_LP_INF);
        put_done(self, row, i, 1 / weight);
        add_riser(self, &rising, row, 1);
    }
    double t;
    int rc = raise(self, &rising, &t);
    bool makespan = self->sheet->objective == FG_SHEET_MAKESPAN;
    self->out->objective = makespan && t > 0 ? 1 / t : t;
    return rc;
}

/* Loads are minus what rises. */
static int solve_balance(struct solving *self)
{
    const struct fg_sheet *sheet = self->sheet;
    struct rising rising = rising_new(self, sheet->devices_len, -1);
    for (size_t j = 0; j < sheet->devices_len; j++) {
        if (sheet->devices[j].count <= 0)
            continue;
        uint32_t row = fg_lp_row(self->lp, 0, FG_LP_INF);
        for (size_t i = 0; i < sheet->work_len; i++)
            if (self->cols[i * sheet->devices_len + j] != NONE)
                fg_lp_put(self->lp, row, self->cols[i * sheet->devices_len + j],
                          -1 / sheet->devices[j].count);
        add_riser(self, &rising, row, 1);
    }
    double t;
    int rc = raise(self, &rising, &t);
    self->out->objective = -t;
    return rc;
}

/* What has to be done needs somewhere to be done. */
static int check(const struct solving *self)
{
    const struct fg_sheet *sheet = self->sheet;
    bool makespan = sheet->objective == FG_SHEET_MAKESPAN, left = false;
    for (size_t i = 0; i < sheet->work_len; i++) {
        bool must = makespan ? sheet->work[i].left > 0 : due(sheet, &sheet->work[i]) > 0;
        left |= sheet->work[i].left > 0;
        if (must && !fits(self, i))
            return fg_fail(
                self->err, FG_ENOCAP,
                "allocation: %s fits on no class of devices, by speed, number and price",
                sheet->work[i].name);
    }
    if (makespan && !left)
        return fg_fail(self->err, FG_EINVAL,
                       "makespan: no class has `left`, the work that it still has");
    return 0;
}

int fg_sheet_solve(const struct fg_sheet *sheet,
                   struct fg_arena *arena,
                   struct fg_sheet_answer *out,
                   struct fg_err *err)
{
    size_t limits = sheet->devices_len + 2 * (sheet->work_len + sheet->projects_len);
    *out = (struct fg_sheet_answer){.devices = FG_NEW(arena, double, cells(sheet)),
                                    .done = FG_NEW(arena, double, sheet->work_len),
                                    .busy = FG_NEW(arena, double, sheet->devices_len),
                                    .binds = FG_NEW(arena, struct fg_sheet_bind, limits)};
    FG_AUTO(fg_lp) struct fg_lp *lp = fg_lp_new(FG_LP_MAX);
    struct solving self = begin(sheet, lp, arena, out, err);
    int rc = check(&self);
    if (rc < 0)
        return rc;
    switch (sheet->objective) {
    case FG_SHEET_MAX_MIN:
    case FG_SHEET_MAKESPAN:
        return solve_least(&self);
    case FG_SHEET_BALANCE:
        return solve_balance(&self);
    default:
        return solve_sum(&self);
    }
}

double fg_sheet_share(const struct fg_sheet *sheet,
                      const struct fg_sheet_answer *answer,
                      size_t work,
                      size_t device)
{
    const struct fg_sheet_work *of = &sheet->work[work];
    double devices = answer->devices[work * sheet->devices_len + device];
    if (of->demand > 0)
        return devices * of->speed[device] / of->demand;
    if (of->jobs > 0)
        return devices / (of->jobs * of->devices);
    return answer->done[work] > 0 ? devices * of->speed[device] / answer->done[work] : 0;
}
