/* spot_value.c - the dynamic program behind `adaptive`.
 *
 * Time is cut into steps of one work cell, u hours.  Costs are in hours of on-demand, p is the price of spot as a share.
 * In regime z, with survival e = exp(-u / life of z) and E[] over "there or not" after the step and a change of regime:
 *
 *   wait             E[idle(C, S - u)]
 *   on-demand        u + E[on demand(C - u, S)]                         a start: d more to pay, S - d
 *   spot, held       e (p u + held(C - u, S)) + (1 - e) (p u / 2 + (idle(C - u, S) + idle(C, S)) / 2)    a start: likewise
 *
 * A loss comes in the middle of a step.  Without enough slack (deadline.h) a ride costs DENIED more.
 */
#include "plan/spot_value.h"

#include <math.h>
#include <stdlib.h>

#define WORK_CELLS  192
#define SLACK_CELLS 128
#define SLACK_POWER 1.5F /* cells are narrow where slack is short */
#define DENIED      1e6F /* hours */
#define LACK_COST                                                                              \
    20.0F /* for each hour of slack that is not there, so that cells beside do not lie */

/* What the job is in: idle or on on-demand, spot not there or there; or on spot. */
enum state { IDLE_AWAY, PAID_AWAY, IDLE_THERE, PAID_THERE, HELD, STATES };

struct lanes {
    float of[FG_SPOT_REGIMES];
};

/* Chances after a step: that spot is there, from away and from there. */
struct step {
    float hours, change; /* change: chance of another regime */
    struct lanes from_away, from_there;
};

struct fg_spot_value {
    float work_step, slack_most, restart, price;
    struct step step;
    struct step
        waits[SLACK_CELLS + 1]; /* at least a cell of slack, so that the program has an order */
    struct lanes survives;
    struct lanes cells[STATES][WORK_CELLS + 1][SLACK_CELLS + 1];
};

static float slack_of(const struct fg_spot_value *value, size_t cell)
{
    return value->slack_most * powf((float)cell / SLACK_CELLS, SLACK_POWER);
}

static void set_step(struct step *step, float hours)
{
    step->hours = hours;
    step->change = (float)(1 - exp(-(double)hours / FG_SPOT_REGIME_HOURS));
    for (size_t z = 0; z < FG_SPOT_REGIMES; z++) {
        step->from_away.of[z] = (float)fg_spot_regime_there(z, false, (double)hours);
        step->from_there.of[z] = (float)fg_spot_regime_there(z, true, (double)hours);
    }
}

/* -- looking up ----------------------------------------------------------------------------------------- */

struct place {
    size_t work, slack;
    float work_part, slack_part; /* of the next cell */
    float lack;
};

static struct place place_of(const struct fg_spot_value *value, float work, float slack)
{
    struct place at = {.lack = slack < 0 ? -slack : 0};
    float cell = work <= 0 ? 0 : work / value->work_step;
    cell = cell > WORK_CELLS ? WORK_CELLS : cell;
    at.work = cell >= WORK_CELLS ? WORK_CELLS - 1 : (size_t)cell;
    at.work_part = cell - (float)at.work;
    float share = slack <= 0 ? 0 : slack / value->slack_most;
    cell = share >= 1 ? SLACK_CELLS : SLACK_CELLS * powf(share, 1 / SLACK_POWER);
    at.slack = cell >= SLACK_CELLS ? SLACK_CELLS - 1 : (size_t)cell;
    float low = slack_of(value, at.slack), high = slack_of(value, at.slack + 1);
    float part = (share * value->slack_most - low) / (high - low);
    at.slack_part = part < 0 ? 0 : part > 1 ? 1 : part;
    return at;
}

/* Cells whose part is 0 are not looked at: they may not have been worked out yet. */
static void add_cells(const struct lanes row[SLACK_CELLS + 1],
                      const struct place *at,
                      float part,
                      struct lanes *out)
{
    const struct lanes *low = &row[at->slack], *high = &row[at->slack + (at->slack_part > 0)];
    for (size_t z = 0; z < FG_SPOT_REGIMES; z++)
        out->of[z] += part * (low->of[z] + at->slack_part * (high->of[z] - low->of[z]));
}

static struct lanes look_up(const struct fg_spot_value *value,
                            enum state state,
                            float work,
                            float slack)
{
    struct place at = place_of(value, work, slack);
    struct lanes out;
    for (size_t z = 0; z < FG_SPOT_REGIMES; z++)
        out.of[z] = LACK_COST * at.lack;
    if (at.work_part < 1)
        add_cells(value->cells[state][at.work], &at, 1 - at.work_part, &out);
    if (at.work_part > 0)
        add_cells(value->cells[state][at.work + 1], &at, at.work_part, &out);
    return out;
}

/* The regime may have changed. */
static struct lanes changed(struct lanes lanes, float change)
{
    float mean = 0;
    for (size_t z = 0; z < FG_SPOT_REGIMES; z++)
        mean += lanes.of[z] / FG_SPOT_REGIMES;
    for (size_t z = 0; z < FG_SPOT_REGIMES; z++)
        lanes.of[z] += change * (mean - lanes.of[z]);
    return lanes;
}

/* -- what a step costs, by what is done in it ------------------------------------------------------------ */

struct point {
    float work, slack;
    bool is_there;
};

static struct lanes cost_idle(const struct fg_spot_value *value,
                              const struct point *at,
                              const struct step *step)
{
    struct lanes out = {};
    float slack = at->slack - step->hours;
    if (slack < value->restart) {
        for (size_t z = 0; z < FG_SPOT_REGIMES; z++)
            out.of[z] = DENIED;
        return out;
    }
    struct lanes away = look_up(value, IDLE_AWAY, at->work, slack),
                 there = look_up(value, IDLE_THERE, at->work, slack);
    const struct lanes *chance = at->is_there ? &step->from_there : &step->from_away;
    for (size_t z = 0; z < FG_SPOT_REGIMES; z++)
        out.of[z] = away.of[z] + chance->of[z] * (there.of[z] - away.of[z]);
    return changed(out, step->change);
}

static struct lanes cost_paid(const struct fg_spot_value *value,
                              const struct point *at,
                              bool is_start)
{
    float work = at->work - value->step.hours, slack = at->slack;
    float hours = work < 0 ? at->work : value->step.hours;
    if (is_start)
        slack -= value->restart;
    struct lanes away = look_up(value, PAID_AWAY, work, slack),
                 there = look_up(value, PAID_THERE, work, slack);
    const struct lanes *chance =
        at->is_there ? &value->step.from_there : &value->step.from_away;
    struct lanes out;
    for (size_t z = 0; z < FG_SPOT_REGIMES; z++)
        out.of[z] = away.of[z] + chance->of[z] * (there.of[z] - away.of[z]);
    out = changed(out, value->step.change);
    for (size_t z = 0; z < FG_SPOT_REGIMES; z++)
        out.of[z] += hours + (is_start ? value->restart : 0);
    return out;
}

static struct lanes cost_spot(const struct fg_spot_value *value,
                              const struct point *at,
                              bool is_start)
{
    float work = at->work - value->step.hours, slack = at->slack;
    float hours = work < 0 ? at->work : value->step.hours;
    if (is_start)
        slack -= value->restart;
    struct lanes out;
    if (slack < value->restart) {
        for (size_t z = 0; z < FG_SPOT_REGIMES; z++)
            out.of[z] = DENIED;
        return out;
    }
    struct lanes held = look_up(value, HELD, work, slack),
                 late = look_up(value, IDLE_AWAY, work, slack),
                 soon = look_up(value, IDLE_AWAY, at->work, slack);
    for (size_t z = 0; z < FG_SPOT_REGIMES; z++) {
        float lives = value->survives.of[z];
        out.of[z] = lives * (value->price * hours + held.of[z])
                    + (1 - lives) * (value->price * hours + late.of[z] + soon.of[z]) / 2;
    }
    out = changed(out, value->step.change);
    for (size_t z = 0; is_start && z < FG_SPOT_REGIMES; z++)
        out.of[z] += value->price * value->restart;
    return out;
}

/* -- building --------------------------------------------------------------------------------------------- */

static struct lanes least(struct lanes a, struct lanes b)
{
    for (size_t z = 0; z < FG_SPOT_REGIMES; z++)
        a.of[z] = b.of[z] < a.of[z] ? b.of[z] : a.of[z];
    return a;
}

static void fill_cell(struct fg_spot_value *value, size_t work, size_t slack)
{
    struct point at = {.work = (float)work * value->work_step, .slack = slack_of(value, slack)};
    struct lanes *out[STATES];
    for (size_t state = 0; state < STATES; state++)
        out[state] = &value->cells[state][work][slack];
    *out[IDLE_AWAY] =
        least(cost_idle(value, &at, &value->waits[slack]), cost_paid(value, &at, true));
    *out[PAID_AWAY] = least(cost_paid(value, &at, false), *out[IDLE_AWAY]);
    at.is_there = true;
    struct lanes start = least(cost_spot(value, &at, true),
                               cost_idle(value, &at, &value->waits[slack])),
                 paid = cost_paid(value, &at, true);
    *out[IDLE_THERE] = least(start, paid);
    *out[PAID_THERE] = least(start, cost_paid(value, &at, false));
    *out[HELD] = least(cost_spot(value, &at, false), paid);
}

struct fg_spot_value *fg_spot_value_new(const struct fg_spot_value_terms *terms)
{
    struct fg_spot_value *value = calloc(1, sizeof(*value));
    if (!value)
        abort(); /* as arenas do */
    value->work_step = (float)((double)terms->work_us / 3.6e9) / WORK_CELLS;
    value->slack_most = (float)((double)terms->slack_us / 3.6e9);
    value->restart = (float)((double)terms->restart_us / 3.6e9);
    value->price = (float)terms->price_of_spot;
    set_step(&value->step, value->work_step);
    for (size_t z = 0; z < FG_SPOT_REGIMES; z++)
        value->survives.of[z] =
            (float)exp(-(double)value->work_step / fg_spot_regime_life_hours(z));
    value->waits[0] = value->step;
    for (size_t slack = 1; slack <= SLACK_CELLS; slack++) {
        float cell = slack_of(value, slack) - slack_of(value, slack - 1);
        set_step(&value->waits[slack], cell > value->work_step ? cell : value->work_step);
    }
    for (size_t work = 1; work <= WORK_CELLS; work++)
        for (size_t slack = 0; slack <= SLACK_CELLS; slack++)
            fill_cell(value, work, slack);
    return value;
}

void fg_spot_value_free(struct fg_spot_value *value)
{
    free(value);
}

/* -- asking ------------------------------------------------------------------------------------------------ */

static double weighed(struct lanes lanes, const struct fg_spot_outlook *outlook)
{
    double sum = 0;
    for (size_t z = 0; z < FG_SPOT_REGIMES; z++)
        sum += outlook->weights[z] * (double)lanes.of[z];
    return sum;
}

void fg_spot_value_of(const struct fg_spot_value *value,
                      const struct fg_spot_outlook *outlook,
                      bool is_there,
                      int64_t work_left_us,
                      int64_t slack_us,
                      struct fg_spot_costs *out)
{
    struct point at = {(float)((double)work_left_us / 3.6e9), (float)((double)slack_us / 3.6e9),
                       is_there};
    out->spot_stay = is_there ? weighed(cost_spot(value, &at, false), outlook) : (double)DENIED;
    out->spot_start = is_there ? weighed(cost_spot(value, &at, true), outlook) : (double)DENIED;
    out->wait = weighed(cost_idle(value, &at, &value->step), outlook);
    out->on_demand_stay = weighed(cost_paid(value, &at, false), outlook);
    out->on_demand_start = weighed(cost_paid(value, &at, true), outlook);
}
