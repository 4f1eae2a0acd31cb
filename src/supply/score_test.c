/* score_test.c - what must hold of every ranking, on many that are drawn; and a few by hand */
#include "supply/score.h"

#include "test/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SUPPLIERS_MAX 12
#define HOUR_US       INT64_C(3600000000)

static uint64_t state = 1;

static uint32_t rnd(uint32_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % below;
}

static double unit(void)
{
    return (rnd(1000000) + 0.5) / 1000000;
}

struct scene {
    struct fg_offer offers[SUPPLIERS_MAX];
    struct fg_supplier_history histories[SUPPLIERS_MAX];
    struct fg_score_candidate candidates[SUPPLIERS_MAX];
    size_t len;
    struct fg_score_options options;
};

static void add(struct scene *scene, const char *name, int64_t uusd_per_hour)
{
    size_t i = scene->len++;
    struct fg_offer *offer = &scene->offers[i];
    *offer = (struct fg_offer){
        .accelerators = 1, .price_uusd_per_hour = uusd_per_hour, .lead_time_us = HOUR_US};
    snprintf(offer->supplier, sizeof(offer->supplier), "%s", name);
    scene->histories[i] = (struct fg_supplier_history){};
    scene->candidates[i] = (struct fg_score_candidate){
        .name = offer->supplier, .offer = offer, .history = &scene->histories[i]};
}

static void defaults(struct scene *scene, enum fg_score_method method)
{
    scene->len = 0;
    scene->options.method = method;
    OK(fg_score_weights_read(NULL, scene->options.weights, NULL) == 0);
}

static void draw_history(struct fg_supplier_history *h)
{
    int64_t speed = 700 + rnd(500);
    h->orders = rnd(100);
    h->refused = rnd((uint32_t)h->orders + 1);
    h->promised = rnd(500);
    h->kept = rnd((uint32_t)h->promised + 1);
    h->leads = rnd(50);
    h->lead_sum_us = (int64_t)h->leads * rnd(1000) * (HOUR_US / 60);
    h->held_us = h->spot_held_us = rnd(100000) * HOUR_US;
    h->reclaims = rnd(300);
    h->faults = rnd(30);
    h->runs = rnd(40);
    h->speed_milli_sum = h->runs * speed;
    h->speed_milli2_sum = h->runs * (speed * speed + rnd(10000));
    h->hourly_uusd = rnd(100000000);
}

static void draw_scene(struct scene *scene)
{
    double sum = 0;
    scene->len = 0;
    scene->options.method = rnd(2) ? FG_SCORE_TOPSIS : FG_SCORE_WEIGHTED;
    for (int c = 0; c < FG_CRITERIA; c++)
        sum += scene->options.weights[c] = rnd(4) ? unit() : 0;
    if (sum == 0)
        scene->options.weights[0] = 1;
    for (size_t want = 1 + rnd(SUPPLIERS_MAX - 2); scene->len < want;) {
        char name[16];
        snprintf(name, sizeof(name), "s%zu", scene->len);
        add(scene, name, 100000 + rnd(9000000));
        draw_history(&scene->histories[scene->len - 1]);
    }
}

static struct fg_score_sheet solve(const struct scene *scene, struct fg_arena *arena)
{
    struct fg_score_sheet sheet = {};
    struct fg_err err = {};
    if (fg_score(scene->candidates, scene->len, &scene->options, arena, &sheet, &err) < 0)
        printf("# %s\n", err.text);
    return sheet;
}

static const struct fg_score *score_of(const struct fg_score_sheet *sheet, const char *name)
{
    for (size_t i = 0; i < sheet->len; i++)
        if (strcmp(sheet->scores[i].name, name) == 0)
            return &sheet->scores[i];
    return NULL;
}

static bool nowhere_worse(const struct fg_score *a, const struct fg_score *b)
{
    for (int c = 0; c < FG_CRITERIA; c++) {
        double x = a->cells[c].belief.mean, y = b->cells[c].belief.mean;
        if (fg_criterion_more_is_better((enum fg_criterion)c) ? x < y : x > y)
            return false;
    }
    return true;
}

static bool is_sound(const struct fg_score_sheet *sheet)
{
    double weights = 0, best = 0;
    for (int c = 0; c < FG_CRITERIA; c++)
        weights += sheet->weights[c];
    for (size_t i = 0; i < sheet->len; i++) {
        const struct fg_score *s = &sheet->scores[i];
        best += s->best_share;
        if (s->score < -1e-12 || s->score > 1 + 1e-12 || s->low > s->high
            || s->rank_low > s->rank_high || s->rank_high > sheet->len)
            return false;
        for (int c = 0; c < FG_CRITERIA; c++)
            if (s->cells[c].low > s->cells[c].high)
                return false;
        for (size_t k = 0; k < sheet->len; k++)
            if (nowhere_worse(s, &sheet->scores[k]) && s->score < sheet->scores[k].score - 1e-9)
                return false;
    }
    return fabs(weights - 1) < 1e-12 && fabs(best - 1) < 1e-9;
}

static void test_drawn_scenes(void)
{
    bool sound = true, same_turned_round = true, same_scaled = true;
    FG_AUTO(fg_arena)
    struct fg_arena *arena = fg_arena_new(4 * fg_score_room(SUPPLIERS_MAX));
    for (int round = 0; round < 30; round++) {
        static struct scene scene, other;
        fg_arena_reset(arena);
        draw_scene(&scene);
        struct fg_score_sheet sheet = solve(&scene, arena);
        sound &= sheet.len == scene.len && is_sound(&sheet);
        other = scene;
        for (size_t i = 0; i < scene.len; i++) {
            other.candidates[i] = scene.candidates[scene.len - 1 - i];
            other.offers[i].price_uusd_per_hour = scene.offers[i].price_uusd_per_hour * 7;
        }
        struct fg_score_sheet turned = solve(&other, arena);
        for (size_t i = 0; i < scene.len; i++)
            other.candidates[i] = (struct fg_score_candidate){
                scene.candidates[i].name, &other.offers[i], &scene.histories[i], NULL};
        struct fg_score_sheet scaled = solve(&other, arena);
        for (size_t i = 0; i < scene.len; i++) {
            const struct fg_score *s = &sheet.scores[i], *t = score_of(&turned, s->name),
                                  *k = score_of(&scaled, s->name);
            same_turned_round &= fabs(s->score - t->score) < 1e-9 && s->rank == t->rank
                                 && fabs(s->low - t->low) < 1e-9
                                 && fabs(s->best_share - t->best_share) < 1e-9;
            same_scaled &= fabs(s->score - k->score) < 1e-9 && s->rank == k->rank;
        }
    }
    OK(sound);
    OK(same_turned_round);
    OK(same_scaled);
}

static void test_better_everywhere_is_first(void)
{
    FG_AUTO(fg_arena)
    struct fg_arena *arena = fg_arena_new(2 * fg_score_room(SUPPLIERS_MAX));
    bool first = true, no_chance_of_others = true;
    for (int round = 0; round < 20; round++) {
        static struct scene scene;
        fg_arena_reset(arena);
        draw_scene(&scene);
        for (size_t i = 0; i < scene.len; i++)
            scene.histories[i].hourly_uusd = 1000;
        add(&scene, "winner", 90000);
        scene.offers[scene.len - 1].lead_time_us = 1;
        scene.histories[scene.len - 1] =
            (struct fg_supplier_history){.orders = 100000,
                                         .promised = 100000,
                                         .kept = 100000,
                                         .leads = 100000,
                                         .lead_sum_us = 100000,
                                         .held_us = 100000000 * HOUR_US,
                                         .runs = 1000,
                                         .speed_milli_sum = 1500 * 1000,
                                         .speed_milli2_sum = INT64_C(1500) * 1500 * 1000};
        struct fg_score_sheet sheet = solve(&scene, arena);
        first &= score_of(&sheet, "winner")->rank == 1;
        no_chance_of_others &= score_of(&sheet, "winner")->best_share > 0.95;
    }
    OK(first);
    OK(no_chance_of_others);
}

static void test_by_hand(void)
{
    static struct fg_score scores[2];
    double weights[FG_CRITERIA] = {0.5, [FG_CRITERION_PERFORMANCE] = 0.5};
    const double rows[2][FG_CRITERIA] = {
        {3, [FG_CRITERION_PERFORMANCE] = 6},
        {4, [FG_CRITERION_PERFORMANCE] = 8}}; /* lengths 5 and 10 */
    fg_score_rows(FG_SCORE_TOPSIS, weights, rows, 2, scores);
    OK(fabs(scores[0].cells[0].normal - 0.6) < 1e-12);
    OK(fabs(scores[0].cells[FG_CRITERION_PERFORMANCE].weighted - 0.3) < 1e-12);
    OK(fabs(scores[0].to_best - 0.1) < 1e-12 && fabs(scores[0].to_worst - 0.1) < 1e-12);
    OK(fabs(scores[0].score - 0.5) < 1e-12 && fabs(scores[1].score - 0.5) < 1e-12);
    fg_score_rows(FG_SCORE_WEIGHTED, weights, rows, 2, scores);
    OK(fabs(scores[0].score - 0.5) < 1e-12 && fabs(scores[1].score - 0.5) < 1e-12);
}

static void test_edges(void)
{
    static struct scene scene;
    FG_AUTO(fg_arena)
    struct fg_arena *arena = fg_arena_new(4 * fg_score_room(SUPPLIERS_MAX));
    defaults(&scene, FG_SCORE_TOPSIS);
    struct fg_score_sheet sheet = {};
    EQ(fg_score(NULL, 0, &scene.options, arena, &sheet, NULL), FG_EINVAL);
    add(&scene, "only", 1000000);
    sheet = solve(&scene, arena);
    OK(sheet.scores[0].score == 1 && sheet.scores[0].rank == 1
       && sheet.scores[0].best_share == 1);
    add(&scene, "twin", 1000000);
    sheet = solve(&scene, arena);
    OK(sheet.scores[0].rank == 1 && sheet.scores[1].rank == 1);
    OK(strcmp(sheet.scores[0].name, "only") == 0);
    OK(sheet.scores[0].best_share > 0.3 && sheet.scores[0].best_share < 0.7);
    scene.histories[1].refused = 1;
    EQ(fg_score(scene.candidates, 2, &scene.options, arena, &sheet, NULL), FG_EINVAL);
}

static void test_weights(void)
{
    double weights[FG_CRITERIA];
    struct fg_err err = {};
    EQ(fg_score_weights_read("price=0.5", weights, &err), 0);
    OK(fabs(weights[FG_CRITERION_PRICE] - 0.5) < 1e-12);
    OK(fabs(weights[FG_CRITERION_BROKEN] - 0.5 * 0.2 / 0.7) < 1e-12);
    EQ(fg_score_weights_read("price=3,lead=1", weights, &err), 0);
    OK(weights[FG_CRITERION_PRICE] == 0.75 && weights[FG_CRITERION_BROKEN] == 0);
    EQ(fg_score_weights_read("price=0,lead=0,broken=0,refused=0,preemptions=0,faults=0,"
                             "performance=0,concentration=0",
                             weights, &err),
       FG_EINVAL);
    static const char *const wrong[] = {
        "",
        "price",
        "price=",
        "price=-1",
        "prise=1",
        "price=1,",
        "price=nan",
        "price=1 lead",
        "=1",
        "price=1,xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx=1"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        EQ(fg_score_weights_read(wrong[i], weights, &err), FG_EINVAL);
}

/* A truth drawn from the prior lies in the interval as often as the interval says. */
static void test_intervals_hold_the_truth(void)
{
    int share_hits = 0, rate_hits = 0, lead_hits = 0;
    const int rounds = 600;
    for (int round = 0; round < rounds; round++) {
        struct fg_belief prior[FG_CRITERIA], after[FG_CRITERIA];
        struct fg_offer offer = {
            .accelerators = 1, .price_uusd_per_hour = 1000000, .lead_time_us = HOUR_US};
        struct fg_supplier_history h = {.held_us = 3000 * HOUR_US, .promised = 20, .leads = 5};
        fg_beliefs(&offer, NULL, NULL, 0, prior);
        double broken = fg_belief_quantile(&prior[FG_CRITERION_BROKEN], unit()),
               faults = fg_belief_quantile(&prior[FG_CRITERION_FAULTS], unit()),
               lead = fg_belief_quantile(&prior[FG_CRITERION_LEAD], unit());
        for (int i = 0; i < 20; i++)
            h.kept += unit() >= broken;
        double at = -log(unit()) / faults;
        while (at < 3) {
            at -= log(unit()) / faults;
            h.faults++;
        }
        for (int i = 0; i < 5; i++)
            h.lead_sum_us += llround(-log(unit()) * lead * 3.6e9);
        fg_beliefs(&offer, &h, NULL, 0, after);
        const struct fg_belief *s = &after[FG_CRITERION_BROKEN],
                               *r = &after[FG_CRITERION_FAULTS], *l = &after[FG_CRITERION_LEAD];
        share_hits +=
            broken >= fg_belief_quantile(s, 0.1) && broken <= fg_belief_quantile(s, 0.9);
        rate_hits +=
            faults >= fg_belief_quantile(r, 0.1) && faults <= fg_belief_quantile(r, 0.9);
        lead_hits += lead >= fg_belief_quantile(l, 0.1) && lead <= fg_belief_quantile(l, 0.9);
    }
    printf("# of %d: %d shares, %d rates, %d lead times\n", rounds, share_hits, rate_hits,
           lead_hits);
    OK(abs(share_hits - 480) < 40);
    OK(abs(rate_hits - 480) < 40);
    OK(abs(lead_hits - 480) < 40);
}

static void test_little_history_is_wide(void)
{
    struct fg_offer offer = {.accelerators = 1, .price_uusd_per_hour = 1000000};
    struct fg_supplier_history little = {.promised = 2, .kept = 2},
                               much = {.promised = 2000, .kept = 1900};
    struct fg_belief few[FG_CRITERIA], many[FG_CRITERIA];
    fg_beliefs(&offer, &little, NULL, 0, few);
    fg_beliefs(&offer, &much, NULL, 0, many);
    const struct fg_belief *f = &few[FG_CRITERION_BROKEN], *m = &many[FG_CRITERION_BROKEN];
    OK(f->mean > m->mean); /* two of two is less than 95 of 100 */
    OK(fg_belief_quantile(f, 0.9) - fg_belief_quantile(f, 0.1)
       > 5 * (fg_belief_quantile(m, 0.9) - fg_belief_quantile(m, 0.1)));
    OK(fabs(m->mean - 0.05) < 0.001);
}

static void test_turns(void)
{
    static struct scene scene;
    struct fg_score_turn turns[FG_CRITERIA];
    FG_AUTO(fg_arena)
    struct fg_arena *arena = fg_arena_new(8 * fg_score_room(SUPPLIERS_MAX));
    for (int method = 0; method < 2; method++) {
        defaults(&scene, (enum fg_score_method)method);
        OK(fg_score_weights_read("lead=0.15", scene.options.weights, NULL) == 0);
        add(&scene, "cheap", 1000000);
        add(&scene, "dear", 1300000);
        scene.offers[0].lead_time_us = 2 * HOUR_US;
        struct fg_score_sheet sheet = solve(&scene, arena);
        OK(strcmp(sheet.scores[0].name, "cheap") == 0);
        EQ(fg_score_turns(&sheet, 0, 1, arena, turns, NULL), 0);
        OK(turns[FG_CRITERION_LEAD].weight > sheet.weights[FG_CRITERION_LEAD]);
        OK(turns[FG_CRITERION_PRICE].weight < sheet.weights[FG_CRITERION_PRICE]);
        OK(isnan(turns[FG_CRITERION_BROKEN].weight)); /* they are equal in it */
        OK(turns[FG_CRITERION_PRICE].value < 1.3);
        scene.offers[1].price_uusd_per_hour =
            llround(turns[FG_CRITERION_PRICE].value * 1e6) - 2;
        sheet = solve(&scene, arena);
        OK(strcmp(sheet.scores[0].name, "dear") == 0);
        EQ(fg_score_turns(&sheet, 0, 0, arena, turns, NULL), FG_EINVAL);
    }
}

int main(void)
{
    RUN(test_by_hand);
    RUN(test_drawn_scenes);
    RUN(test_better_everywhere_is_first);
    RUN(test_edges);
    RUN(test_weights);
    RUN(test_intervals_hold_the_truth);
    RUN(test_little_history_is_wide);
    RUN(test_turns);
    return tap_done();
}
