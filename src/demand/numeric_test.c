/* Tests of the numerics and of single models against what is known in closed form. */
#include "demand/numeric.h"

#include "demand/model.h"
#include "test/tap.h"

#include <math.h>
#include <string.h>

#define N 480

static bool near(double a, double b, double by)
{
    return fabs(a - b) <= by;
}

static void a_system_with_a_known_answer_is_solved(void)
{
    double gram[9] = {4, 0, 0, 2, 5, 0, 1, 3, 6}, rhs[3];
    const double full[3][3] = {{4, 2, 1}, {2, 5, 3}, {1, 3, 6}}, x[3] = {1, -2, 3};
    for (int i = 0; i < 3; i++)
        rhs[i] = full[i][0] * x[0] + full[i][1] * x[1] + full[i][2] * x[2];
    fg_cholesky_solve(gram, rhs, 3, 0);
    for (int i = 0; i < 3; i++)
        OK(near(rhs[i], x[i], 1e-12));
}

/* Twice the same column: the second adds nothing, and nothing blows up. */
static void what_depends_on_others_is_dropped(void)
{
    double gram[4] = {2, 0, 2, 2}, rhs[2] = {4, 4};
    fg_cholesky_solve(gram, rhs, 2, 0);
    OK(near(rhs[0], 2, 1e-9) && rhs[1] == 0);
}

static void quantiles_lie_between_order_statistics(void)
{
    double values[5] = {5, 1, 4, 2, 3}, scratch[5];
    OK(fg_median(values, 5, scratch) == 3);
    OK(near(fg_quantile(values, 5, 0.125, scratch), 1.5, 1e-12));
    OK(fg_quantile(values, 5, 1, scratch) == 5 && fg_quantile(values, 5, 0, scratch) == 1);
    OK(isnan(fg_median(values, 0, scratch)));
    OK(near(fg_mad(values, 5, scratch), 1.4826, 1e-12));
}

static void a_weighted_median_goes_by_weight(void)
{
    double values[3] = {10, 1, 2}, even[3] = {1, 1, 1};
    OK(fg_weighted_median(values, even, 3) == 2);
    double again[3] = {10, 1, 2}, most[3] = {100, 1, 1};
    OK(near(fg_weighted_median(again, most, 3), 10, 0.2));
    double one[1] = {7}, weight[1] = {0.1};
    OK(fg_weighted_median(one, weight, 1) == 7);
}

static double valley(const double *x, void *)
{
    return pow(x[0] - 0.3, 2) + 3 * pow(x[1] - 0.7, 2) + 1;
}

static void the_bottom_of_a_valley_is_found(void)
{
    struct fg_function f = {.value = valley, .len = 2, .upper = {1, 1}};
    double x[2] = {0.9, 0.1};
    OK(near(fg_minimise(&f, x, 0.2, 200), 1, 1e-4));
    OK(near(x[0], 0.3, 0.02) && near(x[1], 0.7, 0.02));
    f.upper[0] = 0.2; /* the box cuts it off */
    x[0] = 0.1;
    fg_minimise(&f, x, 0.2, 200);
    OK(near(x[0], 0.2, 1e-3));
}

/* phi = 0.8: covariances in the ratio of 0.8 to the lag. */
static void levinson_finds_the_process(void)
{
    double covariance[5], phi[4], scratch[8];
    for (int lag = 0; lag < 5; lag++)
        covariance[lag] = pow(0.8, lag);
    EQ(fg_levinson(covariance, 4, 1000, phi, scratch), 1);
    OK(near(phi[0], 0.8, 1e-12) && phi[1] == 0);
}

/* -- models ------------------------------------------------------------------------------------------------- */

static double forecasts[FG_FORECAST_MODELS_MAX][48];

static void run_all(const double *y, size_t n)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(64 << 20);
    struct fg_forecast_task task = {.horizon = 48, .seasons = {24, 168}, .seasons_len = 2};
    for (size_t m = 0; m < fg_models_len; m++) {
        struct fg_past past = fg_past_make(&task, y, n, arena);
        double memory[FG_MODEL_MEMORY] = {};
        if (past.seasons_len >= (fg_models[m].needs == FG_MODEL_SEASONS)
                                    + (fg_models[m].needs == FG_MODEL_SEASON ? 1u : 0u)
            && (fg_models[m].needs != FG_MODEL_SEASONS || past.seasons_len == 2))
            fg_models[m].run(&past, fg_models[m].variant, memory, forecasts[m]);
    }
}

static const double *said_by(const char *name)
{
    for (size_t m = 0; m < fg_models_len; m++)
        if (strcmp(fg_models[m].name, name) == 0)
            return forecasts[m];
    return NULL;
}

static void models_go_on_with_what_they_are_made_for(void)
{
    double y[N];
    for (size_t t = 0; t < N; t++)
        y[t] = 10 + 3 * sin(2 * M_PI * (double)t / 24);
    run_all(y, N);
    static const char *const seasonal[] = {"seasonal-naive-first",
                                           "seasonal-naive-last",
                                           "seasonal-median",
                                           "walk-first",
                                           "walk-last",
                                           "split-holt",
                                           "split-ar",
                                           "theta",
                                           "ridge-few",
                                           "ridge-many",
                                           "harmonic-ar",
                                           "double-season",
                                           "ets"};
    for (size_t i = 0; i < sizeof(seasonal) / sizeof(seasonal[0]); i++) {
        double worst = 0;
        for (size_t h = 0; h < 48; h++)
            worst = fmax(worst, fabs(said_by(seasonal[i])[h] - 10
                                     - 3 * sin(2 * M_PI * (double)(N + h) / 24)));
        printf("# %s is off by %.4f\n", seasonal[i], worst);
        OK(worst < 0.2);
    }
    OK(said_by("naive")[5] == y[N - 1]);
}

static void the_drift_of_a_line_is_the_line(void)
{
    double y[N];
    for (size_t t = 0; t < N; t++)
        y[t] = 5 + 0.5 * (double)t;
    run_all(y, N);
    OK(near(said_by("drift")[47], 5 + 0.5 * (N + 47), 1e-9));
    OK(near(said_by("walk-first")[47], 5 + 0.5 * (N + 47), 1e-9));
    OK(near(said_by("split-ar")[0], 5 + 0.5 * N, 3));
}

/* Four asked for every fourth step: one a step, which Croston without the correction of SBA would overstate. */
static void demand_now_and_then_is_its_mean(void)
{
    double y[N];
    for (size_t t = 0; t < N; t++)
        y[t] = t % 4 == 3 ? 4 : 0;
    run_all(y, N);
    OK(near(said_by("croston-sba")[0], 0.95, 1e-6));
    OK(near(said_by("tsb")[0], 1, 0.2));
    for (size_t t = N / 2; t < N; t++)
        y[t] = 0;
    run_all(y, N);
    OK(said_by("tsb")[0] < 1e-6); /* died out */
}

/* harmonic-ar shrinks its level by a thousandth. */
static void one_value_and_constants_are_no_trouble(void)
{
    double y[N];
    for (size_t t = 0; t < N; t++)
        y[t] = 3;
    for (size_t n = 1; n <= N; n = 2 * n + 1) {
        for (size_t m = 0; m < fg_models_len; m++)
            for (size_t h = 0; h < 48; h++)
                forecasts[m][h] = 3;
        run_all(y, n);
        bool same = true;
        for (size_t m = 0; m < fg_models_len; m++)
            for (size_t h = 0; h < 48 && fg_models[m].needs != FG_MODEL_ZEROS; h++)
                if (!near(forecasts[m][h], 3, 3e-3)) {
                    printf("# %s: %g of %zu values\n", fg_models[m].name, forecasts[m][h], n);
                    same = false;
                    break;
                }
        OK(same);
    }
}

int main(void)
{
    RUN(a_system_with_a_known_answer_is_solved);
    RUN(what_depends_on_others_is_dropped);
    RUN(quantiles_lie_between_order_statistics);
    RUN(a_weighted_median_goes_by_weight);
    RUN(the_bottom_of_a_valley_is_found);
    RUN(levinson_finds_the_process);
    RUN(models_go_on_with_what_they_are_made_for);
    RUN(the_drift_of_a_line_is_the_line);
    RUN(demand_now_and_then_is_its_mean);
    RUN(one_value_and_constants_are_no_trouble);
    return tap_done();
}
