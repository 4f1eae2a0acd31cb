/* budget_test.c - nothing on the grid of caps does more work within the budget. */
#include "energy/budget.h"
#include "test/tap.h"

#include <math.h>

static uint64_t draw(uint64_t *state)
{
    *state = *state * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
    return *state >> 33;
}

/* Five settings, 100 to 200 W, corners at each, bending down. */
static struct fg_budget_item random_item(uint64_t *state)
{
    struct fg_budget_item item = {.devices = 1,
                                  .weight_milli = 500 + (uint32_t)(draw(state) % 1000),
                                  .range = {100'000, 200'000, 25'000},
                                  .len = 5};
    double level = 0.2 + (double)(draw(state) % 100) / 500, slope = 0.3;
    for (size_t i = 0; i < item.len; i++) {
        item.cap_mw[i] = 100'000 + 25'000 * (int64_t)i;
        item.share[i] = level;
        slope *= 0.3 + (double)(draw(state) % 700) / 1000;
        level += slope;
    }
    return item;
}

#define ITEMS 4

static double best_by_trying(const struct fg_budget_item *items, size_t len, int64_t budget_mw)
{
    double best = 0;
    for (int code = 0; code < 625; code++) { /* 5^ITEMS */
        int64_t used_mw = 0;
        double work = 0;
        for (size_t i = 0, rest = (size_t)code; i < len; i++, rest /= 5) {
            used_mw += items[i].cap_mw[rest % 5];
            work += items[i].share[rest % 5] * items[i].weight_milli / 1000;
        }
        if (used_mw <= budget_mw)
            best = fmax(best, work);
    }
    return best;
}

static void no_other_caps_do_more(void)
{
    uint64_t state = 5;
    bool best = true, within = true;
    for (int round = 0; round < 300; round++) {
        struct fg_budget_item items[ITEMS];
        struct fg_budget_answer answer;
        int64_t caps[ITEMS], sum_mw = 0;
        for (size_t i = 0; i < ITEMS; i++)
            items[i] = random_item(&state);
        int64_t budget_mw = 400'000 + (int64_t)(draw(&state) % 450'000);
        int rc = fg_budget_share(items, ITEMS, budget_mw, caps, &answer, NULL);
        for (size_t i = 0; i < ITEMS; i++)
            sum_mw += caps[i];
        within = within && rc == 0 && sum_mw == answer.used_mw && sum_mw <= budget_mw;
        best = best && answer.work >= best_by_trying(items, ITEMS, budget_mw) - 1e-9;
    }
    OK(best);
    OK(within);
}

static struct fg_curve curve_of(double half_mw)
{
    struct fg_curve curve;
    fg_curve_init(&curve, &(struct fg_cap_range){100'000, 300'000, 5000});
    for (int64_t cap = 300'000; cap >= 100'000; cap -= 50'000)
        fg_curve_note(&curve, cap, (double)cap, (double)cap / ((double)cap + half_mw), 10);
    return curve;
}

static void watts_go_where_they_do_most(void)
{
    struct fg_curve hungry = curve_of(300'000), modest = curve_of(30'000);
    struct fg_budget_item items[2];
    struct fg_budget_answer answer;
    int64_t caps[2];
    fg_budget_item_init(&items[0], &hungry, 2, 1000);
    fg_budget_item_init(&items[1], &modest, 2, 1000);
    EQ(fg_budget_share(items, 2, 800'000, caps, &answer, NULL), 0);
    OK(caps[0] > caps[1]);
    EQ(answer.used_mw, 2 * (caps[0] + caps[1]));
    OK(answer.used_mw <= 800'000 && answer.used_mw > 780'000);
    OK(answer.work > 2 * (fg_curve_share(&hungry, 200'000) + fg_curve_share(&modest, 200'000)));
    EQ(fg_budget_share(items, 2, 2'000'000, caps, &answer, NULL), 0);
    EQ(caps[0], 300'000);
    EQ(caps[1], 300'000);
    OK(fabs(answer.work - answer.most) < 1e-9);
    OK(answer.per_kw == 0);
}

static void floors_come_first(void)
{
    struct fg_curve unknown;
    struct fg_budget_item item;
    struct fg_budget_answer answer;
    struct fg_err err = {};
    int64_t cap;
    fg_curve_init(&unknown, &(struct fg_cap_range){100'000, 300'000, 5000});
    fg_budget_item_init(&item, &unknown, 8, 1000);
    EQ(fg_budget_share(&item, 1, 700'000, &cap, &answer, &err), FG_ENOCAP);
    EQ(cap, 100'000);
    EQ(fg_budget_share(&item, 1, 1'230'000, &cap, &answer, &err), 0);
    EQ(cap, 150'000);
    OK(fabs(answer.work - 4) < 1e-9);
    EQ(fg_budget_share(NULL, 0, 0, &cap, &answer, &err), 0);
}

int main(void)
{
    RUN(no_other_caps_do_more);
    RUN(watts_go_where_they_do_most);
    RUN(floors_come_first);
    return tap_done();
}
