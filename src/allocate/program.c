/* program.c - see program.h */
#include "allocate/program.h"

static bool fits(const struct fg_program *program, size_t at)
{
    size_t kinds = program->problem->kinds_len, kind = at % kinds, class = at / kinds;
    return program->rates[at] > 0 && program->problem->kinds[kind].capacity > 0
           && program->problem->classes[class].devices <= program->part->pool[kind];
}

static uint32_t add_row(struct fg_program *program, double of_s)
{
    uint32_t row = fg_lp_row(program->lp, -FG_LP_INF, 0);
    fg_lp_put(program->lp, row, program->s, -of_s);
    return row;
}

static void add_classes(struct fg_program *program)
{
    const struct fg_allocate_problem *problem = program->problem;
    size_t kinds = problem->kinds_len;
    for (size_t i = 0; i < problem->classes_len; i++)
        program->time_rows[i] = FG_NO_COL;
    for (size_t at = 0; at < problem->classes_len * kinds; at++) {
        size_t i = at / kinds;
        const struct fg_allocate_class *class = &problem->classes[i];
        program->cols[at] = FG_NO_COL;
        if (!fits(program, at))
            continue;
        if (program->time_rows[i] == FG_NO_COL)
            program->time_rows[i] = add_row(program, 1);
        uint32_t col = program->cols[at] = fg_lp_col(program->lp, 0, 0, FG_LP_INF);
        fg_lp_put(program->lp, program->time_rows[i], col, 1);
        fg_lp_put(program->lp, program->kind_rows[at % kinds], col,
                  class->count * class->devices);
    }
}

/* y is time of pairs, counted in jobs: each of the two classes spends it; two of one class spend it twice. */
static void add_pair(struct fg_program *program, size_t at)
{
    const struct fg_allocate_problem *problem = program->problem;
    const struct fg_allocate_pair *pair = &problem->pairs[at / problem->kinds_len];
    size_t kind = at % problem->kinds_len;
    const struct fg_allocate_class *a = &problem->classes[pair->a];
    const struct fg_allocate_class *b = &problem->classes[pair->b];
    uint32_t a_row = program->time_rows[pair->a], b_row = program->time_rows[pair->b];
    bool alone = pair->a == pair->b && a->count < 2;
    if (alone || pair->throughput_a[kind] <= 0 || pair->throughput_b[kind] <= 0
        || problem->kinds[kind].capacity <= 0 || a->devices > program->part->pool[kind]
        || a_row == FG_NO_COL || b_row == FG_NO_COL)
        return;
    uint32_t col = program->pair_cols[at] = fg_lp_col(program->lp, 0, 0, FG_LP_INF);
    fg_lp_put(program->lp, a_row, col, (pair->a == pair->b ? 2 : 1) / a->count);
    if (pair->a != pair->b)
        fg_lp_put(program->lp, b_row, col, 1 / b->count);
    fg_lp_put(program->lp, program->kind_rows[kind], col, a->devices);
}

static void index_pairs(struct fg_program *program)
{
    const struct fg_allocate_problem *problem = program->problem;
    for (size_t i = 0; i < problem->classes_len; i++)
        program->pair_first[i] = FG_NO_COL;
    for (uint32_t k = 0; k < 2 * problem->pairs_len; k++) {
        const struct fg_allocate_pair *pair = &problem->pairs[k / 2];
        if (k % 2 && pair->a == pair->b)
            continue;
        uint32_t *first = &program->pair_first[k % 2 ? pair->b : pair->a];
        program->pair_next[k] = *first;
        *first = k;
    }
}

struct fg_program fg_program_new(const struct fg_part *part,
                                 const double *rates,
                                 struct fg_lp *lp,
                                 struct fg_arena *arena)
{
    const struct fg_allocate_problem *problem = &part->problem;
    struct fg_program program = {.part = part, .problem = problem, .lp = lp, .rates = rates};
    program.cols = FG_NEW(arena, uint32_t, problem->classes_len * problem->kinds_len);
    program.pair_cols = FG_NEW(arena, uint32_t, problem->pairs_len * problem->kinds_len);
    program.pair_first = FG_NEW(arena, uint32_t, problem->classes_len);
    program.pair_next = FG_NEW(arena, uint32_t, 2 * problem->pairs_len);
    program.time_rows = FG_NEW(arena, uint32_t, problem->classes_len);
    program.kind_rows = FG_NEW(arena, uint32_t, problem->kinds_len);
    program.s = fg_lp_col(lp, 0, 1, 1);
    for (size_t j = 0; j < problem->kinds_len; j++)
        program.kind_rows[j] = add_row(&program, problem->kinds[j].capacity);
    add_classes(&program);
    index_pairs(&program);
    for (size_t at = 0; at < problem->pairs_len * problem->kinds_len; at++) {
        program.pair_cols[at] = FG_NO_COL;
        add_pair(&program, at);
    }
    return program;
}

/* What a unit of the pair's time adds to the work of all jobs of the class. */
static double pair_rate(const struct fg_allocate_pair *pair, size_t kind, size_t class)
{
    double sum = pair->a == class ? pair->throughput_a[kind] : 0;
    return sum + (pair->b == class ? pair->throughput_b[kind] : 0);
}

void fg_program_put_rate(struct fg_program *program, uint32_t row, size_t class, double scale)
{
    const struct fg_allocate_problem *problem = program->problem;
    size_t kinds = problem->kinds_len;
    for (size_t at = class * kinds; at < (class + 1) * kinds; at++)
        if (program->cols[at] != FG_NO_COL)
            fg_lp_put(program->lp, row, program->cols[at], scale * program->rates[at]);
    double each = scale / problem->classes[class].count;
    for (uint32_t k = program->pair_first[class]; k != FG_NO_COL; k = program->pair_next[k])
        for (size_t j = 0; j < kinds; j++)
            if (program->pair_cols[k / 2 * kinds + j] != FG_NO_COL)
                fg_lp_put(program->lp, row, program->pair_cols[k / 2 * kinds + j],
                          each * pair_rate(&problem->pairs[k / 2], j, class));
}

void fg_program_reward(struct fg_program *program,
                       const double *by_class,
                       const double *by_kind)
{
    const struct fg_allocate_problem *problem = program->problem;
    size_t kinds = problem->kinds_len;
    for (size_t at = 0; at < problem->classes_len * kinds; at++)
        if (program->cols[at] != FG_NO_COL)
            fg_lp_set_cost(program->lp, program->cols[at],
                           by_class[at / kinds] * problem->classes[at / kinds].count
                               * program->rates[at] * (by_kind ? by_kind[at % kinds] : 1));
    for (size_t at = 0; at < problem->pairs_len * kinds; at++) {
        const struct fg_allocate_pair *pair = &problem->pairs[at / kinds];
        if (program->pair_cols[at] != FG_NO_COL)
            fg_lp_set_cost(program->lp, program->pair_cols[at],
                           (by_class[pair->a] * pair->throughput_a[at % kinds]
                            + by_class[pair->b] * pair->throughput_b[at % kinds])
                               * (by_kind ? by_kind[at % kinds] : 1));
    }
}

int fg_program_solve(struct fg_program *program, struct fg_lp_answer *out, struct fg_err *err)
{
    int rc = fg_lp_solve(program->lp, NULL, out, err);
    if (rc == 0 && out->status == FG_LP_INFEASIBLE)
        return fg_fail(err, FG_ENOCAP, "allocation: no shares keep every limit");
    if (rc == 0 && out->status != FG_LP_OPTIMAL)
        rc = fg_fail(err, FG_EBACKEND, "linear program of %u rows: no optimum",
                     fg_lp_rows_len(program->lp));
    return rc < 0 ? fg_wrap(err, rc, "allocation") : 0;
}

static double value_of(const struct fg_lp_answer *answer, uint32_t col, double s)
{
    return col == FG_NO_COL || answer->values[col] < 0 ? 0 : answer->values[col] / s;
}

static void read_pairs(const struct fg_program *program,
                       const struct fg_lp_answer *answer,
                       struct fg_allocation *out)
{
    const struct fg_allocate_problem *problem = program->problem;
    size_t kinds = problem->kinds_len;
    double s = answer->values[program->s];
    for (size_t at = 0; at < problem->pairs_len * kinds; at++) {
        const struct fg_allocate_pair *pair = &problem->pairs[at / kinds];
        double time = out->together[at] = value_of(answer, program->pair_cols[at], s);
        double a = time * pair_rate(pair, at % kinds, pair->a);
        double b = time * pair_rate(pair, at % kinds, pair->b);
        out->use[at % kinds] += time * problem->classes[pair->a].devices;
        out->rate[pair->a] += a / problem->classes[pair->a].count;
        if (pair->b != pair->a)
            out->rate[pair->b] += b / problem->classes[pair->b].count;
    }
}

void fg_program_read(const struct fg_program *program,
                     const struct fg_lp_answer *answer,
                     struct fg_allocation *out)
{
    const struct fg_allocate_problem *problem = program->problem;
    size_t kinds = problem->kinds_len;
    double s = answer->values[program->s];
    for (size_t i = 0; i < problem->classes_len; i++)
        out->rate[i] = 0;
    for (size_t j = 0; j < kinds; j++) {
        out->use[j] = 0;
        out->price[j] = fmax(answer->duals[program->kind_rows[j]] * s, 0);
    }
    for (size_t at = 0; at < problem->classes_len * kinds; at++) {
        const struct fg_allocate_class *class = &problem->classes[at / kinds];
        out->share[at] = value_of(answer, program->cols[at], s);
        out->rate[at / kinds] += out->share[at] * problem->throughput[at];
        out->use[at % kinds] += out->share[at] * class->count * class->devices;
    }
    read_pairs(program, answer, out);
}
