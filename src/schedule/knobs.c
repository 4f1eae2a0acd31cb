/* knobs.c - see knobs.h */
#include "schedule/knobs.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { KNOB_order, KNOB_place, KNOB_preempt, KNOB_backfill };

static const struct knob {
    const char *name, *tries;
    bool is_word;
    int word;      /* which one */
    size_t offset; /* of a number, in struct fg_config */
} knobs_all[] = {
#define W(member, values) {"schedule." #member, values, true, KNOB_##member, 0},
#define N(member, values) {#member, values, false, 0, offsetof(struct fg_config, member)},
#include "schedule/knobs.def"
#undef W
#undef N
};

#define KNOBS_LEN (sizeof(knobs_all) / sizeof(knobs_all[0]))

static const struct range {
    const char *name;
    int64_t min, max;
} ranges[] = {
#define X(key, otherwise, min, max, unit, text) {#key, min, max},
#include "base/config.def"
#undef X
};

const char *fg_knob_name(size_t knob)
{
    return knob < KNOBS_LEN ? knobs_all[knob].name : NULL;
}

size_t fg_knobs_len(void)
{
    return KNOBS_LEN;
}

size_t fg_knob_find(const char *name)
{
    size_t at = 0;
    while (at < KNOBS_LEN && strcmp(knobs_all[at].name, name) != 0)
        at++;
    return at;
}

const char *fg_knob_tries(size_t knob)
{
    return knobs_all[knob].tries;
}

static const char *word_of(const struct fg_knobs *knobs, int word)
{
    switch (word) {
    case KNOB_order:
        return knobs->order->name;
    case KNOB_place:
        return (knobs->place ? knobs->place : fg_place_policy_default())->name;
    case KNOB_preempt:
        return fg_preempt_name(knobs->preempt);
    default:
        return fg_backfill_name(knobs->backfill);
    }
}

void fg_knob_get(const struct fg_knobs *knobs, size_t knob, char out[FG_KNOB_TEXT_MAX])
{
    const struct knob *at = &knobs_all[knob];
    int64_t number;
    if (at->is_word) {
        fg_copy(out, FG_KNOB_TEXT_MAX, word_of(knobs, at->word));
        return;
    }
    memcpy(&number, (const char *)&knobs->config + at->offset, sizeof(number));
    snprintf(out, FG_KNOB_TEXT_MAX, "%" PRId64, number);
}

static bool set_word(struct fg_knobs *knobs, int word, const char *value)
{
    int found = 0;
    if (word == KNOB_order) {
        const struct fg_job_order *order = fg_job_order_find(value);
        knobs->order = order ? order : knobs->order;
        return order;
    }
    if (word == KNOB_place) {
        const struct fg_place_policy *place = fg_place_policy_find(value);
        knobs->place = place ? place : knobs->place;
        return place;
    }
    if (word == KNOB_preempt && (found = fg_preempt_find(value)) >= 0)
        knobs->preempt = (enum fg_preempt)found;
    else if (word == KNOB_backfill && (found = fg_backfill_find(value)) >= 0)
        knobs->backfill = (enum fg_backfill)found;
    else
        return false;
    return true;
}

static int set_number(struct fg_knobs *knobs,
                      const struct knob *knob,
                      const char *value,
                      struct fg_err *err)
{
    const struct range *range = ranges;
    while (strcmp(range->name, knob->name) != 0)
        range++;
    char *end;
    int64_t number = strtoll(value, &end, 10);
    if (end == value || *end || number < range->min || number > range->max)
        return fg_fail(err, FG_EINVAL, "%s: %.40s, expected %" PRId64 " to %" PRId64,
                       knob->name, value, range->min, range->max);
    memcpy((char *)&knobs->config + knob->offset, &number, sizeof(number));
    return 0;
}

int fg_knob_set(struct fg_knobs *knobs, size_t knob, const char *value, struct fg_err *err)
{
    const struct knob *at = &knobs_all[knob];
    if (!at->is_word)
        return set_number(knobs, at, value, err);
    if (!set_word(knobs, at->word, value))
        return fg_fail(err, FG_EINVAL, "%s: %.40s, expected a word such as %s", at->name, value,
                       at->tries);
    return 0;
}
