/* sheet_test.c - files of classes: what is read, what is refused, and the answer against every vertex */
#include "allocate/brute.h"
#include "allocate/sheet.h"
#include "test/tap.h"

#include <stdlib.h>

static struct fg_arena *arena;

static int read_text(const char *text, struct fg_sheet *out, struct fg_err *err)
{
    return fg_sheet_read(text, strlen(text), "c.yaml", arena, out, err);
}

static int solve_text(const char *text, struct fg_sheet *sheet, struct fg_sheet_answer *out)
{
    struct fg_err err;
    *out = (struct fg_sheet_answer){};
    int rc = read_text(text, sheet, &err);
    if (rc == 0)
        rc = fg_sheet_solve(sheet, arena, out, &err);
    if (rc < 0)
        printf("# %s\n", err.text);
    return rc;
}

/* -- against brute force ------------------------------------------------------------------------------------ */

#define DEVICES 2
#define WORK    2

static void fill(struct fg_sheet *sheet, enum fg_sheet_objective objective)
{
    *sheet = (struct fg_sheet){.objective = objective,
                               .unit = "u",
                               .devices = FG_NEW(arena, struct fg_sheet_device, DEVICES),
                               .work = FG_NEW(arena, struct fg_sheet_work, WORK),
                               .projects = FG_NEW(arena, struct fg_sheet_project, 1),
                               .devices_len = DEVICES,
                               .work_len = WORK,
                               .projects_len = 1};
    sheet->projects[0] = (struct fg_sheet_project){"p", draw(1, 3), draw(-3, 4), draw(-5, 12)};
    for (size_t j = 0; j < DEVICES; j++)
        sheet->devices[j] = (struct fg_sheet_device){"d", draw(1, 5), 0, draw(0, 6)};
    for (size_t i = 0; i < WORK; i++) {
        sheet->work[i] = (struct fg_sheet_work){.name = "w",
                                                .project = i ? SIZE_MAX : 0,
                                                .weight = draw(1, 3),
                                                .demand = fmax(draw(-4, 9), 0),
                                                .jobs = fmax(draw(-2, 4), 0),
                                                .left = draw(1, 30),
                                                .deadline_s = fmax(draw(-9, 9), 0) * 5,
                                                .usd_max = draw(0, 2) > 0 ? -1 : 4};
        sheet->work[i].devices = sheet->work[i].jobs > 0 ? 1 : 0;
        sheet->work[i].speed = FG_NEW(arena, double, DEVICES);
        for (size_t j = 0; j < DEVICES; j++)
            sheet->work[i].speed[j] = draw(0, 4);
    }
}

static bool may(const struct fg_sheet *sheet, size_t at)
{
    const struct fg_sheet_work *work = &sheet->work[at / DEVICES];
    return work->speed[at % DEVICES] > 0
           && (work->usd_max < 0 || sheet->devices[at % DEVICES].usd_per_hour <= work->usd_max);
}

/* sum of value(at) v <= most, over the columns of one work (SIZE_MAX: all) and one device class. */
enum what { DEVICES_OF, SPEED_OF, PRICE_OF };
static void limit(struct dense *dense,
                  const struct fg_sheet *sheet,
                  size_t work,
                  size_t device,
                  enum what what,
                  double sign,
                  double most)
{
    double row[COLS] = {};
    for (size_t at = 0; at < WORK * DEVICES; at++)
        if ((work == SIZE_MAX || at / DEVICES == work)
            && (device == SIZE_MAX || at % DEVICES == device))
            row[at] = sign
                      * (what == DEVICES_OF ? 1
                         : what == PRICE_OF ? sheet->devices[at % DEVICES].usd_per_hour
                                            : sheet->work[at / DEVICES].speed[at % DEVICES]);
    add_row(dense, row, most);
}

static double must(const struct fg_sheet *sheet, size_t work)
{
    const struct fg_sheet_work *of = &sheet->work[work];
    if (sheet->objective != FG_SHEET_COST && sheet->objective != FG_SHEET_BALANCE)
        return 0;
    double deadline =
        sheet->objective == FG_SHEET_COST && of->deadline_s > 0 ? of->left / of->deadline_s : 0;
    return fmax(of->demand, deadline);
}

static struct dense limits_of(const struct fg_sheet *sheet, size_t cols)
{
    struct dense dense = {.cols = cols};
    for (size_t j = 0; j < DEVICES; j++)
        limit(&dense, sheet, SIZE_MAX, j, DEVICES_OF, 1, sheet->devices[j].count);
    for (size_t i = 0; i < WORK; i++) {
        const struct fg_sheet_work *work = &sheet->work[i];
        if (work->demand > 0)
            limit(&dense, sheet, i, SIZE_MAX, SPEED_OF, 1, fmax(work->demand, must(sheet, i)));
        if (must(sheet, i) > 0)
            limit(&dense, sheet, i, SIZE_MAX, SPEED_OF, -1, -must(sheet, i));
        if (work->jobs > 0)
            limit(&dense, sheet, i, SIZE_MAX, DEVICES_OF, 1, work->jobs);
    }
    if (sheet->projects[0].quota_devices >= 0)
        limit(&dense, sheet, 0, SIZE_MAX, DEVICES_OF, 1, sheet->projects[0].quota_devices);
    if (sheet->projects[0].budget_usd_per_hour >= 0)
        limit(&dense, sheet, 0, SIZE_MAX, PRICE_OF, 1, sheet->projects[0].budget_usd_per_hour);
    for (size_t at = 0; at < WORK * DEVICES; at++) {
        double row[COLS] = {};
        row[at] = 1;
        if (!may(sheet, at))
            add_row(&dense, row, 0);
    }
    return dense;
}

static double brute_sum(const struct fg_sheet *sheet)
{
    struct dense dense = limits_of(sheet, WORK * DEVICES);
    for (size_t at = 0; at < WORK * DEVICES; at++) {
        const struct fg_sheet_work *work = &sheet->work[at / DEVICES];
        double weight = work->weight * (at / DEVICES ? 1 : sheet->projects[0].weight);
        double speed = work->speed[at % DEVICES];
        dense.c[at] = sheet->objective == FG_SHEET_COST
                          ? -sheet->devices[at % DEVICES].usd_per_hour
                      : sheet->objective == FG_SHEET_TOTAL ? speed
                                                           : speed * weight;
    }
    double best = brute(&dense);
    return sheet->objective == FG_SHEET_COST ? -best : best;
}

static double owed(const struct fg_sheet *sheet, size_t i)
{
    const struct fg_sheet_work *work = &sheet->work[i];
    double jobs = 0, pool = 0;
    if (sheet->objective == FG_SHEET_MAKESPAN)
        return work->left;
    double weight = work->weight * (i ? 1 : sheet->projects[0].weight);
    if (work->demand > 0)
        return weight * work->demand;
    for (size_t k = 0; k < WORK; k++)
        jobs += fmax(sheet->work[k].jobs, sheet->work[k].jobs > 0 ? 0 : 1);
    for (size_t j = 0; j < DEVICES; j++)
        pool += may(sheet, i * DEVICES + j) ? sheet->devices[j].count * work->speed[j] : 0;
    return weight * pool * (work->jobs > 0 ? work->jobs : 1) / jobs;
}

/* The last column is t: what rises, or u: the load that comes down. */
static double brute_least(const struct fg_sheet *sheet)
{
    bool balance = sheet->objective == FG_SHEET_BALANCE;
    struct dense dense = limits_of(sheet, WORK * DEVICES + 1);
    dense.c[WORK * DEVICES] = balance ? -1 : 1;
    for (size_t j = 0; balance && j < DEVICES; j++) {
        limit(&dense, sheet, SIZE_MAX, j, DEVICES_OF, 1, 0);
        dense.a[dense.rows - 1][WORK * DEVICES] = -sheet->devices[j].count;
    }
    for (size_t i = 0; !balance && i < WORK; i++) {
        if (!may(sheet, i * DEVICES) && !may(sheet, i * DEVICES + 1))
            continue;
        limit(&dense, sheet, i, SIZE_MAX, SPEED_OF, -1, 0);
        dense.a[dense.rows - 1][WORK * DEVICES] = owed(sheet, i);
    }
    double best = brute(&dense);
    return balance ? -best : sheet->objective == FG_SHEET_MAKESPAN ? 1 / best : best;
}

static bool all_fit(const struct fg_sheet *sheet)
{
    bool all = true, any = false;
    for (size_t i = 0; i < WORK; i++) {
        bool fits = may(sheet, i * DEVICES) || may(sheet, i * DEVICES + 1);
        all &= fits || (sheet->objective != FG_SHEET_MAKESPAN && must(sheet, i) <= 0);
        any |= fits;
    }
    return all && any;
}

static void answers_are_the_best_vertex(void)
{
    int bad = 0, solved = 0;
    for (int round = 0; round < 300; round++) {
        struct fg_sheet sheet;
        struct fg_sheet_answer answer;
        struct fg_err err;
        fill(&sheet, (enum fg_sheet_objective)(round % FG_SHEET_OBJECTIVES));
        if (!all_fit(&sheet))
            continue;
        bool sum = sheet.objective == FG_SHEET_TOTAL || sheet.objective == FG_SHEET_WEIGHTED
                   || sheet.objective == FG_SHEET_COST;
        double want = sum ? brute_sum(&sheet) : brute_least(&sheet);
        if (sheet.objective == FG_SHEET_MAKESPAN && want > 1e12)
            want = 0; /* a quota or a budget of 0: nothing is ever done */
        int rc = fg_sheet_solve(&sheet, arena, &answer, &err);
        bool good =
            isinf(want) ? rc == FG_ENOCAP : rc == 0 && near(answer.objective, want, 1e-5);
        solved += rc == 0;
        if (!good)
            printf("# %d: %s: %d, brute force %g\n", round,
                   fg_sheet_objective_name(sheet.objective), rc, want);
        bad += !good;
        fg_arena_reset(arena);
    }
    EQ(bad, 0);
    OK(solved > 150);
}

/* -- known answers ------------------------------------------------------------------------------------------ */

static void ten_devices_do_a_tenth_each(void)
{
    char text[512] = "objective: balance\nwork: {task: {demand: 10}}\ndevices:\n";
    for (int i = 0; i < 10; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "  d%d: {capacity: 100}\n",
                 i);
    struct fg_sheet sheet;
    struct fg_sheet_answer answer;
    EQ(solve_text(text, &sheet, &answer), 0);
    for (size_t j = 0; j < sheet.devices_len; j++)
        OK(near(fg_sheet_share(&sheet, &answer, 0, j), 0.1, 1e-6));
    OK(near(answer.objective, 0.01, 1e-6));
}

static void the_formulas_of_the_design(void)
{
    struct fg_sheet sheet;
    struct fg_err err;
    EQ(read_text(
           "priority: {jobs: {a: {compute: 100, time: 5, memory: 100}}}\n"
           "load: {n1: {use: [.6, .4, .8]}, n2: {use: [.4, .6, .6]}, n3: {use: [.2, .8, .4]},"
           " n4: {use: [.3, .3, .2]}}\n",
           &sheet, &err),
       0);
    OK(near(sheet.priorities[0].priority, 71.5, 1e-9));
    static const double loads[] = {1.8, 1.6, 1.4, 0.8};
    for (size_t k = 0; k < 4; k++)
        OK(near(sheet.loads[k].load, loads[k], 1e-9));
    EQ(sheet.least_loaded, 3);
}

/* The example of the Gavel paper, section 4.1. */
static void gavel_example(void)
{
    struct fg_sheet sheet;
    struct fg_sheet_answer answer;
    EQ(solve_text("objective: max-min\ndevices: {v100: {}, k80: {}}\nwork:\n"
                  "  a: {jobs: 1, speed: {v100: 40, k80: 10}}\n"
                  "  b: {jobs: 1, speed: {v100: 12, k80: 4}}\n"
                  "  c: {jobs: 1, speed: {v100: 100, k80: 50}}\n",
                  &sheet, &answer),
       0);
    static const double shares[] = {0.45, 0.00, 0.45, 0.09, 0.09, 0.91};
    for (size_t at = 0; at < 6; at++)
        OK(fabs(fg_sheet_share(&sheet, &answer, at / 2, at % 2) - shares[at]) < 0.006);
    OK(near(answer.objective, 12.0 / 11, 1e-6));
}

static void what_binds_is_told(void)
{
    struct fg_sheet sheet;
    struct fg_sheet_answer answer;
    EQ(solve_text("objective: total\ndevices: {d: {count: 4}}\nprojects: {p: {quota: 2}}\n"
                  "work: {a: {project: p, speed: {d: 5}}, b: {demand: 1, speed: {d: 1}}}\n",
                  &sheet, &answer),
       0);
    OK(near(answer.objective, 11, 1e-9));
    if (!OK(answer.binds && answer.binds_len == 2))
        return;
    EQ(answer.binds[0].limit, FG_SHEET_ASKED);
    EQ(answer.binds[0].index, 1);
    OK(near(answer.binds[0].gain, 1, 1e-9));
    EQ(answer.binds[1].limit, FG_SHEET_QUOTA);
    OK(near(answer.binds[1].gain, 5, 1e-9));
}

/* -- what is refused -------------------------------------------------------------------------------------------- */

static void errors_say_where(void)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"devices: {a: {count: -1}}\nwork: {w: {}}\n", "c.yaml:1: devices.a.count: "},
        {"devices:\n  a: {capacity: 1}\nwork:\n  w: {demnd: 3}\n", "c.yaml:4: work.w"},
        {"devices: {a: {}}\nwork: {w: {demand: 3}}\n", "no speed on any class"},
        {"devices: {a: {capacity: 1}}\nwork: {w: {speed: {b: 1}}}\n", "no such class"},
        {"devices: {a: {capacity: 1}}\nwork: {w: {project: p}}\n", "no such project"},
        {"devices: {a: {capacity: .nan}}\nwork: {w: {}}\n", "devices.a.capacity"},
        {"devices: {'a b': {capacity: 1}}\nwork: {w: {}}\n", "a name"},
        {"objective: best\n", "c.yaml:1: objective: expected total"},
        {"objectiv: total\n", "objectiv: unknown member"},
        {"objective: total\n", "expected `devices` and `work`"},
        {"load: {n: {use: 3}}\n", "load.n.use"},
        {"load: {n: {use: [x]}}\n", "load.n.use"},
        {"priority: {job: {}}\n", "priority.job: unknown member"},
        {"priority: 3\n", "priority"},
        {"a: [\n", "c.yaml"},
        {"", "c.yaml"},
    };
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct fg_sheet sheet;
        struct fg_err err = {};
        bool good = read_text(cases[k].text, &sheet, &err) == FG_EINVAL
                    && strstr(err.text, cases[k].want) && strncmp(err.text, "c.yaml", 6) == 0;
        if (!OK(good))
            printf("# %s\n", err.text);
    }
}

static void what_cannot_be_done_is_said(void)
{
    struct fg_sheet sheet;
    struct fg_sheet_answer answer;
    EQ(solve_text("objective: balance\ndevices: {d: {capacity: 1}}\nwork: {a: {demand: 2}}\n",
                  &sheet, &answer),
       FG_ENOCAP);
    EQ(solve_text("objective: cost\ndevices: {d: {capacity: 1, price: 3}}\n"
                  "work: {a: {demand: 1, max_price: 2}}\n",
                  &sheet, &answer),
       FG_ENOCAP);
    EQ(solve_text("objective: makespan\ndevices: {d: {capacity: 1}}\nwork: {a: {demand: 1}}\n",
                  &sheet, &answer),
       FG_EINVAL);
    EQ(solve_text("objective: max-min\ndevices: {d: {count: 0, capacity: 1}}\nwork: {a: {}}\n",
                  &sheet, &answer),
       0);
    OK(answer.done && answer.done[0] == 0);
}

int main(void)
{
    arena = fg_arena_new((size_t)1 << 30);
    RUN(answers_are_the_best_vertex);
    RUN(ten_devices_do_a_tenth_each);
    RUN(the_formulas_of_the_design);
    RUN(gavel_example);
    RUN(what_binds_is_told);
    RUN(errors_say_where);
    RUN(what_cannot_be_done_is_said);
    fg_arena_free(arena);
    return tap_done();
}
