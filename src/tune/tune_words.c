/* tune_words.c - what is proposed, in words: which settings, what each of them is worth, what all would have done. */
#include "tune/tune_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void fg_tune_changes(const struct fg_tune *tune,
                     const uint8_t *individual,
                     char *out,
                     size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t gene = 0; gene < tune->space.len && len + 1 < size; gene++) {
        if (individual[gene] == tune->space.first[gene])
            continue;
        int added = snprintf(out + len, size - len, "%s%s %s", len ? ", " : "",
                             fg_knob_name(tune->space.knob[gene]),
                             tune->space.value[gene][individual[gene]]);
        len += added > 0 ? (size_t)added : 0;
    }
}

static const char *more_or_less(double change)
{
    return change > 0 ? "more" : "less";
}

static void add_figures(struct fg_tune *tune, const struct fg_tune_candidate *judged)
{
    struct fg_proposal_body *body = &tune->body;
    for (int metric = 0; metric < FG_METRICS; metric++) {
        const struct fg_change *of = &judged->of[metric];
        if (of->now == 0 && of->then == 0)
            continue; /* nothing of it in these jobs */
        body->expected[body->expected_len++] =
            (struct fg_proposal_figure){.metric = fg_metric_name((enum fg_metric)metric),
                                        .now = of->now,
                                        .then = of->then,
                                        .change = of->change,
                                        .low = of->low,
                                        .high = of->high};
    }
}

static void add_changes(struct fg_tune *tune)
{
    struct fg_proposal_body *body = &tune->body;
    for (size_t gene = 0; gene < tune->space.len; gene++) {
        uint8_t first = tune->space.first[gene], then = tune->best[gene];
        if (then == first)
            continue;
        snprintf(
            tune->why[gene], TUNE_WHY_MAX,
            "without it alone the objective would be %.1f points of its change worse, on the "
            "days of the search",
            tune->harm[gene] * 100);
        body->changes[body->changes_len++] = (struct fg_knob_change){
            .setting = fg_knob_name(tune->space.knob[gene]),
            .from = tune->space.value[gene][first],
            .to = tune->space.value[gene][then],
            .why = tune->why[gene],
        };
    }
}

static void say_verdict(struct fg_tune *tune)
{
    static const char *const says[] = {
        [FG_TUNE_BETTER] = "All of the interval is better and no bound is broken.",
        [FG_TUNE_NOTHING] = "",
        [FG_TUNE_UNSURE] = "The interval does not leave out that it is worse: not proposed.",
        [FG_TUNE_FEW] = "Too few days are held back to prove anything: not proposed."};
    if (tune->verdict == FG_TUNE_BROKEN)
        fg_buf_printf(&tune->text, "It breaks the bound of %s: not proposed.",
                      fg_metric_name((enum fg_metric)tune->broken));
    else
        fg_buf_printf(&tune->text, "%s", says[tune->verdict]);
}

void fg_tune_write_body(struct fg_tune *tune)
{
    const struct fg_tune_candidate *judged = &tune->candidates[1];
    const struct fg_change *held = &judged->objective;
    fg_buf_printf(
        &tune->text,
        "On %zu days that were held back from the search, %s would have been %.1f %% "
        "%s (95 %% interval: %+.1f to %+.1f %%), and worse on %zu of them. Changes: %s. "
        "%zu policies were tried on the %zu days before. ",
        held->days, tune->options.objective.text, fabs(held->change) * 100,
        more_or_less(held->change), held->low * 100, held->high * 100, held->worse_days,
        judged->changes, fg_search_scored(tune->search), tune->options.train_days);
    say_verdict(tune);
    if (tune->options.told)
        fg_buf_printf(&tune->text, " %s", tune->options.told);
    tune->body = (struct fg_proposal_body){.objective = tune->options.objective.text,
                                           .days = (int64_t)held->days,
                                           .worse_days = (int64_t)held->worse_days,
                                           .text = tune->text.text};
    add_changes(tune);
    add_figures(tune, judged);
}
