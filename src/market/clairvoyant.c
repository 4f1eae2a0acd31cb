/* clairvoyant.c - see clairvoyant.h */
#include "market/clairvoyant.h"
#include "solver/lp.h"

#include <math.h>
#include <string.h>

struct master {
    const struct fg_market_world *world;
    struct fg_arena *arena;
    struct fg_lp *lp;
    uint32_t *buy;  /* [month][model][term]: columns */
    uint32_t *held; /* [month][model]: columns */
    uint32_t *rest; /* [month]: columns, what is paid beside reservations */
    size_t months;
};

static double hours_within(const struct fg_market_world *world, size_t month, size_t term)
{
    size_t left = world->hours - month * FG_MARKET_MONTH_HOURS;
    return (double)(world->terms[term].hours < left ? world->terms[term].hours : left);
}

static void add_purchases(struct master *m)
{
    const struct fg_market_world *world = m->world;
    for (size_t month = 0; month < m->months; month++)
        for (size_t model = 0; model < world->models_len; model++)
            for (size_t term = 0; term < world->terms_len; term++) {
                size_t cell = (month * world->models_len + model) * world->terms_len + term;
                double usd =
                    fg_market_on_demand_usd(world, model, month * FG_MARKET_MONTH_HOURS / 24);
                bool for_sale = month >= world->first_month && !isnan(usd);
                m->buy[cell] = fg_lp_col(m->lp,
                                         for_sale ? usd * world->terms[term].price
                                                        * hours_within(world, month, term)
                                                  : 0,
                                         0, for_sale ? FG_LP_INF : 0);
            }
}

/* held = what was bought and is not over */
static void add_fleet(struct master *m)
{
    const struct fg_market_world *world = m->world;
    for (size_t cell = 0; cell < m->months * world->models_len; cell++) {
        uint32_t row = fg_lp_row(m->lp, 0, 0);
        m->held[cell] = fg_lp_col(m->lp, 0, 0, FG_LP_INF);
        fg_lp_put(m->lp, row, m->held[cell], -1);
        size_t month = cell / world->models_len, model = cell % world->models_len;
        for (size_t term = 0; term < world->terms_len; term++) {
            size_t lasts = world->terms[term].hours / FG_MARKET_MONTH_HOURS;
            for (size_t from = month + 1 > lasts ? month + 1 - lasts : 0; from <= month; from++)
                fg_lp_put(m->lp, row,
                          m->buy[(from * world->models_len + model) * world->terms_len + term],
                          1);
        }
    }
}

static void build(struct master *m)
{
    m->lp = fg_lp_new(FG_LP_MIN);
    m->months = fg_market_months(m->world);
    m->buy = FG_NEW(m->arena, uint32_t, m->months * m->world->models_len * m->world->terms_len);
    m->held = FG_NEW(m->arena, uint32_t, m->months * m->world->models_len);
    m->rest = FG_NEW(m->arena, uint32_t, m->months);
    add_purchases(m);
    add_fleet(m);
    for (size_t month = 0; month < m->months; month++)
        m->rest[month] = fg_lp_col(m->lp, 1, 0, FG_LP_INF);
}

/* rest >= usd + slope * (held - held then) */
static void add_cuts(struct master *m,
                     const struct fg_market_slopes *slopes,
                     const struct fg_market_book *book)
{
    size_t models = m->world->models_len;
    for (size_t month = m->world->first_month; month < m->months; month++) {
        double constant = slopes->usd[month];
        for (size_t model = 0; model < models; model++)
            constant -=
                slopes->slope[month * models + model] * book->held[month * models + model];
        uint32_t row = fg_lp_row(m->lp, constant, FG_LP_INF);
        fg_lp_put(m->lp, row, m->rest[month], 1);
        for (size_t model = 0; model < models; model++)
            fg_lp_put(m->lp, row, m->held[month * models + model],
                      -slopes->slope[month * models + model]);
    }
}

/* Half way between the best book and what the master wants: steadier than going there at once (in-out). */
static void next_book(const struct master *m,
                      const double *values,
                      const struct fg_market_book *best,
                      double share,
                      struct fg_market_book *out)
{
    const struct fg_market_world *world = m->world;
    size_t cells = m->months * world->models_len * world->terms_len;
    memset(out->bought, 0, cells * sizeof(double));
    memset(out->held, 0, m->months * world->models_len * sizeof(double));
    for (size_t cell = 0; cell < cells; cell++) {
        double wanted = share * values[m->buy[cell]] + (1 - share) * best->bought[cell];
        fg_market_reserve(world, out, cell / world->terms_len / world->models_len,
                          cell / world->terms_len % world->models_len, cell % world->terms_len,
                          wanted);
    }
}

static void copy_book(const struct master *m,
                      const struct fg_market_book *from,
                      struct fg_market_book *to)
{
    size_t held = m->months * m->world->models_len, cells = held * m->world->terms_len;
    memcpy(to->bought, from->bought, cells * sizeof(double));
    memcpy(to->price, from->price, cells * sizeof(double));
    memcpy(to->held, from->held, held * sizeof(double));
}

/* Run the book, learn from it. */
static int look(struct master *m,
                const struct fg_market_book *tried,
                struct fg_market_clairvoyant *out,
                struct fg_market_book *best,
                struct fg_err *err)
{
    struct fg_market_bill bill;
    struct fg_market_slopes slopes = {
        FG_NEW(m->arena, double, m->months),
        FG_NEW(m->arena, double, m->months * m->world->models_len),
    };
    int rc = fg_market_run(m->world, &(struct fg_market_rule){.spot = true}, tried, &bill,
                           &slopes, err);
    if (rc < 0)
        return rc;
    add_cuts(m, &slopes, tried);
    if (out->rounds++ == 0
        || bill.usd + bill.unmet * m->world->unmet_usd
               < out->bill.usd + out->bill.unmet * m->world->unmet_usd) {
        out->bill = bill;
        copy_book(m, tried, best);
    }
    return 0;
}

static int close_in(struct master *m,
                    double gap,
                    int rounds_max,
                    struct fg_market_clairvoyant *out,
                    struct fg_market_book *best,
                    struct fg_err *err)
{
    struct fg_market_book tried = fg_market_book_new(m->arena, m->world);
    struct fg_lp_answer answer;
    int rc = look(m, &tried, out, best, err);
    while (rc == 0 && out->rounds < rounds_max) {
        rc = fg_lp_solve(m->lp, NULL, &answer, err);
        if (rc < 0)
            break;
        if (answer.status != FG_LP_OPTIMAL)
            return fg_fail(err, FG_EBACKEND, "the clairvoyant's program has no optimum");
        out->bound_usd = answer.objective;
        double paid =
            out->bill.usd - out->bill.rework_usd + out->bill.unmet * m->world->unmet_usd;
        if (paid - out->bound_usd <= gap * paid)
            break;
        next_book(m, answer.values, best, out->rounds == 1 ? 1 : 0.5, &tried);
        rc = look(m, &tried, out, best, err);
    }
    return rc;
}

int fg_market_clairvoyant(const struct fg_market_world *world,
                          double gap,
                          int rounds_max,
                          struct fg_market_clairvoyant *out,
                          struct fg_market_book *book,
                          struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)1 << 30);
    struct master m = {.world = world, .arena = arena};
    *out = (struct fg_market_clairvoyant){};
    build(&m);
    int rc = close_in(&m, gap, rounds_max, out, book, err);
    fg_lp_free(m.lp);
    return rc;
}
