/* spot_outlook.c - a filter over regimes of a market; see the header for the model. */
#include "plan/spot_outlook.h"

#include <math.h>
#include <string.h>

/* Mean lives and absences, in hours: from a few looks to days. */
static const double scale_hours[FG_SPOT_SCALES] = {0.25, 1, 4, 16};

double fg_spot_regime_life_hours(size_t regime)
{
    return scale_hours[regime / FG_SPOT_SCALES];
}

double fg_spot_regime_absence_hours(size_t regime)
{
    return scale_hours[regime % FG_SPOT_SCALES];
}

double fg_spot_regime_there(size_t regime, bool is_there, double hours)
{
    double goes = 1 / fg_spot_regime_life_hours(regime),
           comes = 1 / fg_spot_regime_absence_hours(regime);
    double share = comes / (comes + goes), fade = exp(-(comes + goes) * hours);
    return is_there ? share + (1 - share) * fade : share - share * fade;
}

void fg_spot_outlook_start(struct fg_spot_outlook *outlook)
{
    *outlook = (struct fg_spot_outlook){};
    for (size_t i = 0; i < FG_SPOT_REGIMES; i++)
        outlook->weights[i] = 1.0 / FG_SPOT_REGIMES;
}

void fg_spot_outlook_start_near(struct fg_spot_outlook *outlook,
                                const struct fg_spot_outlook *near,
                                size_t near_len)
{
    fg_spot_outlook_start(outlook);
    for (size_t i = 0; near_len && i < FG_SPOT_REGIMES; i++) {
        double sum = 0;
        for (size_t k = 0; k < near_len; k++)
            sum += near[k].weights[i];
        outlook->weights[i] = (outlook->weights[i] + sum / (double)near_len) / 2;
    }
}

static void set_step(struct fg_spot_outlook *outlook, double hours)
{
    outlook->step_hours = hours;
    for (size_t i = 0; i < FG_SPOT_REGIMES; i++) {
        outlook->stays[i] = fg_spot_regime_there(i, true, hours);
        outlook->returns[i] = fg_spot_regime_there(i, false, hours);
    }
}

/* The first look: how likely each regime is to show this. */
static double first_chance(size_t regime, bool is_there)
{
    double life = fg_spot_regime_life_hours(regime),
           absence = fg_spot_regime_absence_hours(regime);
    return (is_there ? life : absence) / (life + absence);
}

void fg_spot_outlook_look(struct fg_spot_outlook *outlook, bool is_there, int64_t since_us)
{
    double hours = (double)since_us / 3.6e9, changed = 1 - exp(-hours / FG_SPOT_REGIME_HOURS);
    double sum = 0;
    if (outlook->looks > 0 && hours != outlook->step_hours)
        set_step(outlook, hours);
    for (size_t i = 0; i < FG_SPOT_REGIMES; i++) {
        double there = outlook->looks == 0 ? first_chance(i, true)
                       : outlook->is_there ? outlook->stays[i]
                                           : outlook->returns[i];
        double fresh = outlook->looks == 0 ? 0 : changed;
        outlook->weights[i] = (1 - fresh) * outlook->weights[i] + fresh / FG_SPOT_REGIMES;
        outlook->weights[i] *= is_there ? there : 1 - there;
        sum += outlook->weights[i];
    }
    for (size_t i = 0; i < FG_SPOT_REGIMES; i++)
        outlook->weights[i] = sum > 0 ? outlook->weights[i] / sum : 1.0 / FG_SPOT_REGIMES;
    outlook->is_there = is_there;
    outlook->looks++;
}

static double mean_of(const struct fg_spot_outlook *outlook, double (*of)(size_t regime))
{
    double mean = 0;
    for (size_t i = 0; i < FG_SPOT_REGIMES; i++)
        mean += outlook->weights[i] * of(i);
    return mean;
}

double fg_spot_life_hours(const struct fg_spot_outlook *outlook)
{
    return mean_of(outlook, fg_spot_regime_life_hours);
}

double fg_spot_absence_hours(const struct fg_spot_outlook *outlook)
{
    return mean_of(outlook, fg_spot_regime_absence_hours);
}

static double share_of(size_t regime)
{
    return first_chance(regime, true);
}

double fg_spot_share(const struct fg_spot_outlook *outlook)
{
    return mean_of(outlook, share_of);
}
