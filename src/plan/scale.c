/* scale.c - see scale.h */
#include "plan/scale.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Less than that many devices of a forecast are none: so that a tail of it does not hold a machine for ever. */
#define NOTHING 0.05

struct weighing {
    const struct fg_scale_policy *policy;
    const struct fg_scale_view *view;
    struct fg_scale_decision *out;
    double need; /* devices */
    uint32_t have;
};

[[gnu::format(printf, 2, 3)]] static void say(struct fg_scale_decision *out,
                                              const char *fmt,
                                              ...)
{
    size_t len = strlen(out->reason);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(out->reason + len, sizeof(out->reason) - len, fmt, ap);
    va_end(ap);
}

/* Machines that hold so many devices. */
static uint32_t machines_for(const struct fg_scale_view *view, double devices)
{
    double machines = ceil((devices - 1e-9) / (double)view->devices_per_machine);
    return machines <= 0                       ? 0
           : machines >= FG_SCALE_MACHINES_MAX ? FG_SCALE_MACHINES_MAX
                                               : (uint32_t)machines;
}

static uint32_t within(const struct fg_scale_policy *policy, uint32_t machines)
{
    return machines < policy->least  ? policy->least
           : machines > policy->most ? policy->most
                                     : machines;
}

static double need_of(const struct fg_scale_view *view)
{
    double now = view->devices_running + view->devices_waiting;
    double forecast = view->devices_forecast > NOTHING ? view->devices_forecast : 0;
    return now > forecast ? now : forecast;
}

/* Nothing to do, nothing expected, for so long that standby is not worth it. */
static bool is_asleep(const struct fg_scale_policy *policy, const struct fg_scale_view *view)
{
    return policy->zero_us > 0 && need_of(view) <= 0
           && view->now_us - view->worked_us >= policy->zero_us;
}

/* Machines for a need that is so many per cent greater. */
static uint32_t wanted_for(const struct weighing *weighing, uint32_t percent)
{
    uint32_t standby =
        is_asleep(weighing->policy, weighing->view) ? 0 : weighing->policy->standby;
    double need = weighing->need * (100 + percent) / 100;
    return within(weighing->policy, machines_for(weighing->view, need) + standby);
}

/* -- down ------------------------------------------------------------------------------------------------- */

static bool may_go(const struct weighing *weighing, const struct fg_scale_machine *machine)
{
    const struct fg_scale_policy *policy = weighing->policy;
    int64_t now_us = weighing->view->now_us;
    return machine->idle_us <= now_us && now_us - machine->idle_us >= policy->idle_us
           && now_us - machine->held_us >= policy->life_us;
}

struct spare {
    int64_t idle_us;
    uint32_t at;
};

static int longest_idle_first(const void *a, const void *b)
{
    const struct spare *x = a, *y = b;
    if (x->idle_us != y->idle_us)
        return x->idle_us < y->idle_us ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

static uint32_t count_spare(const struct weighing *weighing)
{
    uint32_t spare = 0;
    for (size_t i = 0; i < weighing->view->machines_len; i++)
        spare += may_go(weighing, &weighing->view->machines[i]);
    return spare;
}

static void choose(const struct weighing *weighing, uint32_t count, uint32_t *out_back)
{
    struct spare *spares = calloc(weighing->view->machines_len + 1, sizeof(*spares));
    size_t len = 0;
    if (!spares)
        abort(); /* as arenas do */
    for (size_t i = 0; i < weighing->view->machines_len; i++)
        if (may_go(weighing, &weighing->view->machines[i]))
            spares[len++] = (struct spare){weighing->view->machines[i].idle_us, (uint32_t)i};
    qsort(spares, len, sizeof(*spares), longest_idle_first);
    for (uint32_t i = 0; i < count; i++)
        out_back[i] = spares[i].at;
    free(spares);
}

static void go_down(const struct weighing *weighing, uint32_t *out_back)
{
    const struct fg_scale_policy *policy = weighing->policy;
    const struct fg_scale_view *view = weighing->view;
    struct fg_scale_decision *out = weighing->out;
    uint32_t keep = wanted_for(weighing, policy->slack_percent);
    int64_t left_us = view->changed_us ? view->changed_us + policy->cool_us - view->now_us : 0;
    if (keep >= weighing->have) {
        say(out, "; kept, as %u %% more would need them", policy->slack_percent);
        return;
    }
    if (left_us > 0) {
        say(out, "; kept for %lld s more after the last change",
            (long long)(left_us / 1000000));
        return;
    }
    uint32_t spare = count_spare(weighing), back = weighing->have - keep;
    if (spare < back)
        say(out, "; %u of %u have been idle for %lld s and held for %lld s", spare, back,
            (long long)(policy->idle_us / 1000000), (long long)(policy->life_us / 1000000));
    back = spare < back ? spare : back;
    if (policy->step_down && back > policy->step_down) {
        say(out, "; at most %u at once", policy->step_down);
        back = policy->step_down;
    }
    out->change = -(int32_t)back;
    if (back && out_back)
        choose(weighing, back, out_back);
}

/* -- the whole ---------------------------------------------------------------------------------------------- */

static void go_up(const struct weighing *weighing)
{
    uint32_t missing = weighing->out->wanted - weighing->have;
    uint32_t step = weighing->policy->step_up;
    if (step && missing > step)
        say(weighing->out, "; at most %u at once", step);
    weighing->out->change = (int32_t)(step && missing > step ? step : missing);
}

static void say_need(const struct weighing *weighing)
{
    const struct fg_scale_policy *policy = weighing->policy;
    const struct fg_scale_view *view = weighing->view;
    struct fg_scale_decision *out = weighing->out;
    uint32_t plain = machines_for(view, weighing->need);
    say(out, "%s: %.4g devices run, %.4g wait, %.4g forecast: %u machine%s of %u", view->class,
        view->devices_running, view->devices_waiting, view->devices_forecast, plain,
        plain == 1 ? "" : "s", view->devices_per_machine);
    if (is_asleep(policy, view))
        say(out, ", no work for %lld s",
            (long long)((view->now_us - view->worked_us) / 1000000));
    else if (policy->standby)
        say(out, " + %u standby", policy->standby);
    if (out->wanted == policy->most)
        say(out, ", at most %u", policy->most);
    else if (out->wanted == policy->least && policy->least)
        say(out, ", at least %u", policy->least);
    say(out, "; %zu held, %u coming", view->machines_len, view->coming);
}

void fg_scale_decide(const struct fg_scale_policy *policy,
                     const struct fg_scale_view *view,
                     struct fg_scale_decision *out,
                     uint32_t *out_back)
{
    assert(policy->least <= policy->most && policy->most <= FG_SCALE_MACHINES_MAX);
    assert(view->devices_per_machine >= 1 && view->machines_len <= FG_SCALE_MACHINES_MAX);
    struct weighing weighing = {.policy = policy,
                                .view = view,
                                .out = out,
                                .need = need_of(view),
                                .have = (uint32_t)view->machines_len + view->coming};
    *out = (struct fg_scale_decision){};
    out->wanted = wanted_for(&weighing, 0);
    say_need(&weighing);
    if (out->wanted > weighing.have)
        go_up(&weighing);
    else if (out->wanted < weighing.have)
        go_down(&weighing, out_back);
    say(out, ": %+d", out->change);
}
