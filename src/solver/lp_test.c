/* lp_test.c - linear programs against the enumeration of their vertices */
#include "solver/lp.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define COLS_MAX 4
#define ROWS_MAX 6

/* A program in which every column has finite bounds, so that its optimum is a vertex. */
struct dense {
    enum fg_lp_sense sense;
    size_t rows, cols;
    double cost[COLS_MAX], lower[COLS_MAX], upper[COLS_MAX];
    double cell[ROWS_MAX][COLS_MAX], row_lower[ROWS_MAX], row_upper[ROWS_MAX];
};

static uint64_t seed = 1;

static int draw(int from, int to)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return from + (int)((seed >> 33) % (uint64_t)(to - from + 1));
}

static struct dense random_dense(void)
{
    struct dense dense = {.sense = draw(0, 1) ? FG_LP_MAX : FG_LP_MIN,
                          .rows = (size_t)draw(1, ROWS_MAX),
                          .cols = (size_t)draw(1, COLS_MAX)};
    for (size_t j = 0; j < dense.cols; j++) {
        dense.cost[j] = draw(-5, 5);
        dense.lower[j] = draw(-4, 0);
        dense.upper[j] = dense.lower[j] + draw(0, 8);
    }
    for (size_t i = 0; i < dense.rows; i++) {
        for (size_t j = 0; j < dense.cols; j++)
            dense.cell[i][j] = draw(0, 2) ? draw(-4, 6) : 0;
        int kind = draw(0, 3);
        dense.row_lower[i] = kind == 0 ? -FG_LP_INF : draw(-9, 3);
        dense.row_upper[i] = kind == 1   ? FG_LP_INF
                             : kind == 2 ? fmax(dense.row_lower[i], 0)
                                         : fmax(dense.row_lower[i], draw(-3, 9));
    }
    return dense;
}

/* -- brute force: each choice of as many tight planes as there are columns ------------------------------- */

struct plane {
    double normal[COLS_MAX], at;
};

static size_t planes_of(const struct dense *dense, struct plane *out)
{
    size_t len = 0;
    for (size_t j = 0; j < dense->cols; j++)
        for (int side = 0; side < 2; side++) {
            out[len] = (struct plane){.at = side ? dense->upper[j] : dense->lower[j]};
            out[len++].normal[j] = 1;
        }
    for (size_t i = 0; i < dense->rows; i++)
        for (int side = 0; side < 2; side++) {
            double at = side ? dense->row_upper[i] : dense->row_lower[i];
            if (isinf(at))
                continue;
            out[len].at = at;
            memcpy(out[len++].normal, dense->cell[i], sizeof(out[0].normal));
        }
    return len;
}

/* Gauss with pivoting on the chosen planes; false: they do not meet in a point. */
static bool meet(const struct plane *const *planes, size_t n, double *x)
{
    double a[COLS_MAX][COLS_MAX + 1];
    for (size_t i = 0; i < n; i++) {
        memcpy(a[i], planes[i]->normal, n * sizeof(double));
        a[i][n] = planes[i]->at;
    }
    for (size_t c = 0; c < n; c++) {
        size_t pivot = c;
        for (size_t i = c + 1; i < n; i++)
            if (fabs(a[i][c]) > fabs(a[pivot][c]))
                pivot = i;
        if (fabs(a[pivot][c]) < 1e-9)
            return false;
        double swap[COLS_MAX + 1];
        memcpy(swap, a[c], sizeof(swap));
        memcpy(a[c], a[pivot], sizeof(swap));
        memcpy(a[pivot], swap, sizeof(swap));
        for (size_t i = 0; i < n; i++) {
            double factor = i == c ? 0 : a[i][c] / a[c][c];
            for (size_t k = c; k <= n; k++)
                a[i][k] -= factor * a[c][k];
        }
    }
    for (size_t c = 0; c < n; c++)
        x[c] = a[c][n] / a[c][c];
    return true;
}

static bool holds(const struct dense *dense, const double *x, double *objective)
{
    *objective = 0;
    for (size_t j = 0; j < dense->cols; j++) {
        *objective += dense->cost[j] * x[j];
        if (x[j] < dense->lower[j] - 1e-7 || x[j] > dense->upper[j] + 1e-7)
            return false;
    }
    for (size_t i = 0; i < dense->rows; i++) {
        double sum = 0;
        for (size_t j = 0; j < dense->cols; j++)
            sum += dense->cell[i][j] * x[j];
        if (sum < dense->row_lower[i] - 1e-7 || sum > dense->row_upper[i] + 1e-7)
            return false;
    }
    return true;
}

struct search {
    const struct dense *dense;
    struct plane planes[2 * (COLS_MAX + ROWS_MAX)];
    size_t planes_len;
    const struct plane *chosen[COLS_MAX];
    bool found;
    double best;
};

static void search(struct search *self, size_t depth, size_t from)
{
    double x[COLS_MAX] = {}, objective;
    if (depth < self->dense->cols) {
        for (size_t k = from; k < self->planes_len; k++) {
            self->chosen[depth] = &self->planes[k];
            search(self, depth + 1, k + 1);
        }
        return;
    }
    if (!meet(self->chosen, depth, x) || !holds(self->dense, x, &objective))
        return;
    bool better =
        self->dense->sense == FG_LP_MAX ? objective > self->best : objective < self->best;
    if (!self->found || better)
        self->best = objective;
    self->found = true;
}

/* -- tests ------------------------------------------------------------------------------------------------- */

static void put_row(struct fg_lp *lp, const struct dense *dense, size_t i)
{
    fg_lp_row(lp, dense->row_lower[i], dense->row_upper[i]);
    for (uint32_t j = 0; j < fg_lp_cols_len(lp); j++)
        fg_lp_put(lp, (uint32_t)i, j, dense->cell[i][j]);
}

static struct fg_lp *lp_of(const struct dense *dense, size_t rows)
{
    struct fg_lp *lp = fg_lp_new(dense->sense);
    for (size_t j = 0; j < dense->cols; j++)
        fg_lp_col(lp, dense->cost[j], dense->lower[j], dense->upper[j]);
    for (size_t i = 0; i < rows; i++)
        put_row(lp, dense, i);
    return lp;
}

/* One line of TAP for many programs: what differs is told. */
static bool agrees(struct fg_lp *lp, const struct dense *dense, int number)
{
    struct search brute = {.dense = dense};
    brute.planes_len = planes_of(dense, brute.planes);
    search(&brute, 0, 0);
    struct fg_lp_answer answer;
    struct fg_err err = {};
    double objective;
    if (fg_lp_solve(lp, NULL, &answer, &err) != 0)
        printf("# program %d: %s\n", number, err.text);
    else if ((answer.status == FG_LP_OPTIMAL) != brute.found)
        printf("# program %d: status %d, a vertex %d\n", number, answer.status, brute.found);
    else if (!brute.found)
        return answer.status == FG_LP_INFEASIBLE;
    else if (fabs(answer.objective - brute.best) > 1e-6
             || !holds(dense, answer.values, &objective) || fabs(objective - brute.best) > 1e-6)
        printf("# program %d: %g, best vertex %g\n", number, answer.objective, brute.best);
    else
        return true;
    return false;
}

static void optimum_is_that_of_enumeration(void)
{
    int bad = 0;
    for (int number = 0; number < 400; number++) {
        struct dense dense = random_dense();
        FG_AUTO(fg_lp) struct fg_lp *lp = lp_of(&dense, dense.rows);
        bad += !agrees(lp, &dense, number);
    }
    EQ(bad, 0);
}

/* Any square guess will do: also singular ones, those that are infeasible, those of free rows. */
static void a_guess_changes_no_answer(void)
{
    int bad = 0;
    for (int number = 0; number < 400; number++) {
        struct dense dense = random_dense();
        FG_AUTO(fg_lp) struct fg_lp *lp = lp_of(&dense, dense.rows);
        uint32_t cols[COLS_MAX], rows[COLS_MAX];
        int most = (int)(dense.rows < dense.cols ? dense.rows : dense.cols);
        size_t len = (size_t)draw(1, most);
        uint32_t from_row = (uint32_t)draw(0, (int)(dense.rows - len));
        uint32_t from_col = (uint32_t)draw(0, (int)(dense.cols - len));
        for (uint32_t k = 0; k < len; k++) {
            rows[k] = from_row + k;
            cols[k] = from_col + k;
        }
        fg_lp_start(lp, cols, rows, len);
        bad += !agrees(lp, &dense, number);
    }
    EQ(bad, 0);
}

static void change(struct fg_lp *lp, struct dense *dense)
{
    uint32_t j = (uint32_t)draw(0, (int)dense->cols - 1), i;
    switch (draw(0, 4)) {
    case 0:
        fg_lp_set_cost(lp, j, dense->cost[j] = draw(-5, 5));
        break;
    case 1:
        dense->upper[j] = dense->lower[j] + draw(0, 8);
        fg_lp_set_col(lp, j, dense->lower[j], dense->upper[j]);
        break;
    case 2:
        i = (uint32_t)draw(0, (int)fg_lp_rows_len(lp) - 1);
        dense->row_lower[i] = -FG_LP_INF;
        dense->row_upper[i] = draw(-3, 9);
        fg_lp_set_row(lp, i, dense->row_lower[i], dense->row_upper[i]);
        break;
    case 3:
        i = (uint32_t)draw(0, (int)fg_lp_rows_len(lp) - 1);
        fg_lp_set_cell(lp, i, j, dense->cell[i][j] = draw(-4, 6));
        break;
    default:
        if (dense->cols == COLS_MAX)
            break;
        j = (uint32_t)dense->cols++;
        dense->cost[j] = draw(-5, 5);
        dense->lower[j] = 0;
        dense->upper[j] = draw(0, 5);
        fg_lp_col(lp, dense->cost[j], dense->lower[j], dense->upper[j]);
        for (i = 0; i < fg_lp_rows_len(lp); i++)
            fg_lp_put(lp, i, j, dense->cell[i][j] = draw(-3, 3));
    }
}

static void changed_programs_too(void)
{
    int bad = 0;
    for (int number = 0; number < 60; number++) {
        struct dense dense = random_dense();
        size_t rows = dense.rows;
        dense.rows = 1;
        FG_AUTO(fg_lp) struct fg_lp *lp = lp_of(&dense, 1);
        for (int step = 0; step < 12; step++) {
            bad += !agrees(lp, &dense, number * 100 + step);
            if (dense.rows < rows && draw(0, 1))
                put_row(lp, &dense, dense.rows++);
            else
                change(lp, &dense);
        }
    }
    EQ(bad, 0);
}

static void prices_tell_what_binds(void)
{
    /* max 3x + 2y, x + y <= 4, x + 3y <= 6, x <= 3: x = 3, y = 1. */
    FG_AUTO(fg_lp) struct fg_lp *lp = fg_lp_new(FG_LP_MAX);
    uint32_t x = fg_lp_col(lp, 3, 0, 3), y = fg_lp_col(lp, 2, 0, FG_LP_INF);
    uint32_t first = fg_lp_row(lp, -FG_LP_INF, 4), second = fg_lp_row(lp, -FG_LP_INF, 6.5);
    fg_lp_put(lp, first, x, 1);
    fg_lp_put(lp, first, y, 1);
    fg_lp_put(lp, second, x, 1);
    fg_lp_put(lp, second, y, 3);
    struct fg_lp_answer answer = {};
    EQ(fg_lp_solve(lp, NULL, &answer, NULL), 0);
    EQ(answer.status, FG_LP_OPTIMAL);
    OK(fabs(answer.objective - 11) < 1e-9);
    OK(fabs(answer.duals[first] - 2) < 1e-9);
    OK(fabs(answer.duals[second]) < 1e-9);
    OK(fabs(answer.reduced[x] - 1) < 1e-9);
    OK(fabs(answer.activity[second] - 6) < 1e-9);
}

static void limits_of_what_can_be_asked(void)
{
    struct fg_lp_answer answer = {};
    FG_AUTO(fg_lp) struct fg_lp *empty = fg_lp_new(FG_LP_MAX);
    EQ(fg_lp_solve(empty, NULL, &answer, NULL), 0);
    EQ(answer.status, FG_LP_OPTIMAL);

    FG_AUTO(fg_lp) struct fg_lp *lp = fg_lp_new(FG_LP_MAX);
    uint32_t x = fg_lp_col(lp, 1, 0, FG_LP_INF), y = fg_lp_col(lp, 0, 0, 1);
    EQ(fg_lp_solve(lp, NULL, &answer, NULL), 0);
    EQ(answer.status, FG_LP_UNBOUNDED);
    uint32_t row = fg_lp_row(lp, -FG_LP_INF, 1);
    fg_lp_put(lp, row, x, -1);
    fg_lp_put(lp, row, y, 1);
    EQ(fg_lp_solve(lp, NULL, &answer, NULL), 0);
    EQ(answer.status, FG_LP_UNBOUNDED);
    fg_lp_set_col(lp, x, 2, 1);
    struct fg_err err = {};
    EQ(fg_lp_solve(lp, NULL, &answer, &err), FG_EINVAL);
    OK(strstr(err.text, "column 0"));
    fg_lp_set_col(lp, x, 0, 1);
    fg_lp_set_cost(lp, x, NAN);
    EQ(fg_lp_solve(lp, NULL, &answer, NULL), FG_EINVAL);
    fg_lp_set_cost(lp, x, 1);
    fg_lp_set_row(lp, row, 5, 6);
    EQ(fg_lp_solve(lp, NULL, &answer, NULL), 0);
    EQ(answer.status, FG_LP_INFEASIBLE);
}

/* A transport problem that takes more than a few steps. */
static void a_limit_stops_it(void)
{
    enum { SIDE = 40 };
    FG_AUTO(fg_lp) struct fg_lp *lp = fg_lp_new(FG_LP_MIN);
    for (uint32_t i = 0; i < 2 * SIDE; i++)
        fg_lp_row(lp, 1, 1);
    for (uint32_t i = 0; i < SIDE; i++)
        for (uint32_t j = 0; j < SIDE; j++) {
            uint32_t col = fg_lp_col(lp, draw(1, 1000), 0, FG_LP_INF);
            fg_lp_put(lp, i, col, 1);
            fg_lp_put(lp, SIDE + j, col, 1);
        }
    struct fg_lp_answer answer = {};
    EQ(fg_lp_solve(lp, &(struct fg_lp_limits){.iterations = 3}, &answer, NULL), 0);
    EQ(answer.status, FG_LP_STOPPED);
    EQ(fg_lp_solve(lp, NULL, &answer, NULL), 0);
    EQ(answer.status, FG_LP_OPTIMAL);
}

int main(void)
{
    RUN(optimum_is_that_of_enumeration);
    RUN(a_guess_changes_no_answer);
    RUN(changed_programs_too);
    RUN(prices_tell_what_binds);
    RUN(limits_of_what_can_be_asked);
    RUN(a_limit_stops_it);
    return tap_done();
}
