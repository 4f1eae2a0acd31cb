/* rank_print.c - see rank_print.h */
#include "cli/rank_print.h"

#include "base/buf.h"
#include "cli/human.h"
#include "cli/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LITTLE  10    /* orders, below which history is little */
#define MATTERS 0.005 /* of the whole: contributions below are not told */

static const struct fg_column rank_columns[] = {
    {"RANK", true, 0},      {"SUPPLIER", false, 8},
    {"SCORE", true, 0},     {"80 %", false, 0},
    {"RANKS", false, 0},    {"BEST", true, 0},
    {"HISTORY", false, 0},  {"DEVICE HOUR", true, 0},
    {"CONTRACT", false, 0}, {},
};

/* By orders or instances, whichever is known. */
static const char *history_of(const struct fg_score *score)
{
    double seen = fmax(score->cells[FG_CRITERION_REFUSED].belief.measured,
                       score->cells[FG_CRITERION_BROKEN].belief.measured);
    return seen <= 0 ? "none" : seen < LITTLE ? "little" : "enough";
}

static void add_score(struct fg_table *table, const struct fg_score *score)
{
    char money[FG_HUMAN_MAX];
    fg_table_addf(table, "%u", score->rank);
    fg_table_add(table, score->rank == 1 ? FG_GOOD : FG_BOLD, score->name);
    fg_table_addf(table, "%.3f", score->score);
    fg_table_addf(table, "%.2f-%.2f", score->low, score->high);
    if (score->rank_low == score->rank_high)
        fg_table_addf(table, "%u", score->rank_low);
    else
        fg_table_addf(table, "%u-%u", score->rank_low, score->rank_high);
    fg_table_addf(table, "%.0f %%", 100 * score->best_share);
    fg_table_add(table, FG_PLAIN, history_of(score));
    fg_human_money(fg_offer_uusd_per_device_hour(score->offer), money);
    fg_table_add(table, FG_PLAIN, money);
    fg_table_add(table, FG_PLAIN, fg_contract_name(score->offer->contract));
}

static void print_ranks(const struct fg_score_sheet *sheet, const struct fg_term *term)
{
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(rank_columns);
    for (size_t i = 0; i < sheet->len; i++)
        add_score(table, &sheet->scores[i]);
    fg_table_print(table, term, stdout);
}

/* -- every number -------------------------------------------------------------------------------------------- */

static const struct fg_column criterion_columns[] = {
    {"CRITERION", false, 0},
    {"SUPPLIER", false, 8},
    {"WEIGHT", true, 0},
    {"VALUE", true, 0},
    {"80 %", false, 0},
    {"UNIT", false, 0},
    {"MEASURED", true, 0},
    {"BEFORE", true, 0},
    {"NORMAL", true, 0},
    {"WEIGHTED", true, 0},
    {},
};

static void add_cell(struct fg_table *table,
                     const struct fg_score_sheet *sheet,
                     enum fg_criterion c,
                     size_t i)
{
    const struct fg_score_cell *cell = &sheet->scores[i].cells[c];
    bool known = cell->belief.form == FG_BELIEF_KNOWN;
    fg_table_add(table, i == 0 ? FG_BOLD : FG_PLAIN, i == 0 ? fg_criterion_name(c) : " ");
    fg_table_add(table, FG_PLAIN, sheet->scores[i].name);
    fg_table_addf(table, "%.3f", sheet->weights[c]);
    fg_table_addf(table, "%.4g", cell->belief.mean);
    if (known)
        fg_table_add(table, FG_DIM, "known");
    else
        fg_table_addf(table, "%.3g to %.3g", cell->low, cell->high);
    fg_table_add(table, FG_PLAIN, fg_criterion_unit(c));
    if (known) {
        fg_table_add(table, FG_PLAIN, NULL);
        fg_table_add(table, FG_PLAIN, NULL);
    } else {
        fg_table_addf(table, "%.4g", cell->belief.measured);
        fg_table_addf(table, "%.3g x %.2g", cell->belief.prior_mean, cell->belief.prior_weight);
    }
    fg_table_addf(table, "%.3f", cell->normal);
    fg_table_addf(table, "%.3f", cell->weighted);
}

static void print_cells(const struct fg_score_sheet *sheet, const struct fg_term *term)
{
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(criterion_columns);
    for (int c = 0; c < FG_CRITERIA; c++)
        for (size_t i = 0; i < sheet->len; i++)
            add_cell(table, sheet, (enum fg_criterion)c, i);
    putchar('\n');
    fg_table_print(table, term, stdout);
    printf(
        "MEASURED: observations (of preemptions and faults: 1,000 hours). BEFORE: what is "
        "believed of a supplier\nwithout history, and how many observations that is worth.\n");
}

static void print_distances(const struct fg_score_sheet *sheet)
{
    if (sheet->method != FG_SCORE_TOPSIS)
        return;
    printf("\ndistances: score = to the worst / (to the best + to the worst)\n");
    for (size_t i = 0; i < sheet->len; i++)
        printf("  %-20s to the best %.4f, to the worst %.4f: %.3f\n", sheet->scores[i].name,
               sheet->scores[i].to_best, sheet->scores[i].to_worst, sheet->scores[i].score);
}

/* -- in words -------------------------------------------------------------------------------------------------- */

/* How much better `a` is than `b` in a criterion, of the whole; negative: worse. */
static double advantage(const struct fg_score *a,
                        const struct fg_score *b,
                        enum fg_criterion c,
                        enum fg_score_method method)
{
    double difference = a->cells[c].weighted - b->cells[c].weighted;
    bool more = method == FG_SCORE_WEIGHTED || fg_criterion_more_is_better(c);
    return more ? difference : -difference;
}

static void add_reason(struct fg_buf *out,
                       const struct fg_score_sheet *sheet,
                       enum fg_criterion c)
{
    const struct fg_score_cell *a = &sheet->scores[0].cells[c], *b = &sheet->scores[1].cells[c];
    fg_buf_printf(out, "%s%s (%.3g against %.3g %s)", out->len ? ", " : "",
                  fg_criterion_name(c), a->belief.mean, b->belief.mean, fg_criterion_unit(c));
}

/* Criteria that speak for the first against the second, the strongest first; or against it. */
static void list_reasons(const struct fg_score_sheet *sheet, double sign, struct fg_buf *out)
{
    bool told[FG_CRITERIA] = {};
    for (;;) {
        double most = MATTERS;
        int found = -1;
        for (int c = 0; c < FG_CRITERIA; c++) {
            double by = sign
                        * advantage(&sheet->scores[0], &sheet->scores[1], (enum fg_criterion)c,
                                    sheet->method);
            if (!told[c] && by > most) {
                most = by;
                found = c;
            }
        }
        if (found < 0)
            return;
        told[found] = true;
        add_reason(out, sheet, (enum fg_criterion)found);
    }
}

static void print_turn(const struct fg_score_sheet *sheet,
                       enum fg_criterion c,
                       const struct fg_score_turn *turn)
{
    const struct fg_score *second = &sheet->scores[1];
    if (!isnan(turn->value))
        printf("  if its %s were %.3g %s instead of %.3g\n", fg_criterion_name(c), turn->value,
               fg_criterion_unit(c), second->cells[c].belief.mean);
    if (!isnan(turn->weight))
        printf("  if %s weighed %.3f instead of %.3f\n", fg_criterion_name(c), turn->weight,
               sheet->weights[c]);
}

static int print_turns(const struct fg_score_sheet *sheet,
                       struct fg_arena *arena,
                       struct fg_err *err)
{
    struct fg_score_turn turns[FG_CRITERIA];
    bool some = false;
    int rc = fg_score_turns(sheet, 0, 1, arena, turns, err);
    if (rc < 0)
        return rc;
    printf("%s would be first\n", sheet->scores[1].name);
    for (int c = 0; c < FG_CRITERIA; c++) {
        print_turn(sheet, (enum fg_criterion)c, &turns[c]);
        some |= !isnan(turns[c].value) || !isnan(turns[c].weight);
    }
    if (!some)
        printf("  by no single number or weight\n");
    return 0;
}

static void print_doubt(const struct fg_score_sheet *sheet)
{
    const struct fg_score *first = &sheet->scores[0], *second = &sheet->scores[1];
    bool sure = first->best_share >= 0.9;
    printf("%s is the best with %.0f %% probability, %s with %.0f %%", first->name,
           100 * first->best_share, second->name, 100 * second->best_share);
    if (!sure && strcmp(history_of(first), "enough") != 0)
        printf("; its history is %s", history_of(first));
    if (!sure && strcmp(history_of(second), "enough") != 0)
        printf("; the history of %s is %s", second->name, history_of(second));
    printf(".\n");
}

static int print_words(const struct fg_score_sheet *sheet,
                       struct fg_arena *arena,
                       struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf pro = {}, contra = {};
    if (sheet->scores[1].rank == 1) {
        printf("\n%s and %s are equally good.\n", sheet->scores[0].name, sheet->scores[1].name);
        return 0;
    }
    list_reasons(sheet, 1, &pro);
    list_reasons(sheet, -1, &contra);
    printf("\n%s before %s:\n  for it: %s\n  against it: %s\n", sheet->scores[0].name,
           sheet->scores[1].name, pro.len ? pro.text : "nothing that stands out",
           contra.len ? contra.text : "nothing");
    int rc = print_turns(sheet, arena, err);
    if (rc == 0)
        print_doubt(sheet);
    return rc;
}

int fg_rank_print(const struct fg_score_sheet *sheet,
                  bool explain,
                  const struct fg_term *term,
                  struct fg_arena *arena,
                  struct fg_err *err)
{
    print_ranks(sheet, term);
    if (!explain)
        return 0;
    print_cells(sheet, term);
    print_distances(sheet);
    return sheet->len > 1 ? print_words(sheet, arena, err) : 0;
}
