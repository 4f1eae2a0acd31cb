/* policy.c - see policy.h */
#include "sim/policy.h"

#include "allocate/allocate.h"
#include "base/buf.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static int no_such_word(const char *word, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf orders = {};
    for (size_t i = 0; fg_job_orders[i]; i++)
        fg_buf_printf(&orders, "%s%s", i ? ", " : "", fg_job_orders[i]->name);
    FG_AUTO(fg_buf) struct fg_buf places = {};
    for (size_t i = 0; fg_place_policies[i]; i++)
        fg_buf_printf(&places, "%s%s", i ? ", " : "", fg_place_policies[i]->name);
    return fg_fail(err, FG_EINVAL,
                   "`%.40s`, expected an order (%s), a place (%s), easy, conservative, strict, "
                   "optimise, preempt-priority, preempt-order, no-preempt, kinds-POLICY "
                   "(max-min, throughput, ...), home-0 to home-100",
                   word, orders.text, places.text);
}

static bool read_home(const char *digits, uint32_t *out)
{
    size_t len = strlen(digits);
    if (len < 1 || len > 3 || strspn(digits, "0123456789") != len)
        return false;
    *out = (uint32_t)strtoul(digits, NULL, 10);
    return *out <= 100;
}

static bool read_word(const char *word, struct fg_sim_policy *out, bool *had_preempt)
{
    if (strncmp(word, "preempt-", 8) == 0 || strcmp(word, "no-preempt") == 0) {
        int preempt = fg_preempt_find(word[0] == 'n' ? "off" : word + 8);
        *had_preempt = true;
        out->preempt = (enum fg_preempt)preempt;
        return preempt >= 0;
    }
    if (strncmp(word, "home-", 5) == 0)
        return read_home(word + 5, &out->home_percent);
    if (strncmp(word, "kinds-", 6) == 0) {
        int found = fg_allocate_policy_find(word + 6);
        if (found < 0)
            return false;
        out->allocate = fg_allocate_policy_name((enum fg_allocate_policy)found);
        return true;
    }
    if (strcmp(word, "strict") == 0)
        out->backfill = FG_BACKFILL_OFF;
    else if (fg_backfill_find(word) >= 0)
        out->backfill = (enum fg_backfill)fg_backfill_find(word);
    else if (strcmp(word, "optimise") == 0)
        out->optimises = true;
    else {
        const struct fg_place_policy *place = fg_place_policy_find(word);
        if (!place)
            return false;
        out->place = place;
    }
    return true;
}

int fg_sim_policy_read(const char *text, struct fg_sim_policy *out, struct fg_err *err)
{
    char words[FG_SIM_POLICY_MAX];
    *out = (struct fg_sim_policy){};
    if (!fg_copy(out->name, sizeof(out->name), text) || !text[0])
        return fg_fail(err, FG_EINVAL, "`%.40s`: %zu letters, expected a policy of 1 to %d",
                       text, strlen(text), FG_SIM_POLICY_MAX - 1);
    fg_copy(words, sizeof(words), text);
    char *rest = words, *word = strsep(&rest, ":");
    bool had_preempt = false;
    out->place = fg_place_policy_default();
    out->order = fg_job_order_find(word);
    if (!out->order)
        return no_such_word(word, err);
    while ((word = strsep(&rest, ":")))
        if (!read_word(word, out, &had_preempt))
            return no_such_word(word, err);
    if (!had_preempt)
        out->preempt = out->order->may_push ? FG_PREEMPT_ORDER : FG_PREEMPT_PRIORITY;
    return 0;
}
