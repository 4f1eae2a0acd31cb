/* health.c - see health.h */
#include "control/health.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HALF_LIFE_US  INT64_C(1800000000)
#define STRAIN_MAX    2000
#define STRAIN_HOLD   600 /* from here on it is held */
#define DOUBLINGS_MAX 20

static const uint32_t weights[] = {[FG_FAULT_FALL] = 150,
                                   [FG_FAULT_START] = 220,
                                   [FG_FAULT_LOST] = 150,
                                   [FG_FAULT_SICK] = 350};

/* Halves whole half-lives, and goes straight in between. */
static uint32_t strain_at(const struct fg_health *health, int64_t now_us)
{
    int64_t age_us = now_us > health->strain_us ? now_us - health->strain_us : 0;
    int64_t halves = age_us / HALF_LIFE_US;
    if (halves > 20)
        return 0;
    uint32_t strain = health->strain >> halves;
    return strain - (uint32_t)(strain * (age_us % HALF_LIFE_US) / (2 * HALF_LIFE_US));
}

static void set_strain(struct fg_health *health, uint32_t strain, int64_t now_us)
{
    health->strain = strain < STRAIN_MAX ? strain : STRAIN_MAX;
    health->strain_us = now_us;
}

static int64_t probation_us(const struct fg_config *config, uint32_t times)
{
    int64_t most_us = config->node_probation_max_s * 1000000;
    int64_t pause_us = config->node_probation_s * 1000000;
    for (uint32_t i = 1; i < times && i < DOUBLINGS_MAX && pause_us < most_us; i++)
        pause_us *= 2;
    return pause_us < most_us ? pause_us : most_us;
}

void fg_health_hold(struct fg_health *health, int64_t until_us)
{
    if (until_us > health->hold_us)
        health->hold_us = until_us;
}

void fg_health_fault(struct fg_health *health,
                     const struct fg_config *config,
                     enum fg_fault fault,
                     fg_job_id job,
                     const char *why,
                     int64_t now_us)
{
    bool is_same_job = job && job == health->job && fault == FG_FAULT_START;
    int64_t calm_us = config->node_probation_max_s * 1000000;
    if (fault == FG_FAULT_FALL) {
        if (health->fell_us && now_us - health->fell_us > calm_us)
            health->falls = health->holds = 0;
        health->falls++;
        health->fell_us = now_us;
    }
    if (!is_same_job)
        set_strain(health, strain_at(health, now_us) + weights[fault], now_us);
    if (job)
        health->job = job;
    snprintf(health->why, sizeof(health->why), "%s", why);
    health->why_us = now_us;
    if (health->strain >= STRAIN_HOLD && !fg_health_is_held(health, now_us)) {
        health->holds++;
        fg_health_hold(health, now_us + probation_us(config, health->holds + 1));
        set_strain(health, health->strain / 2, now_us);
    }
}

void fg_health_rose(struct fg_health *health,
                    const struct fg_config *config,
                    uint32_t free_falls,
                    int64_t now_us)
{
    if (health->falls > free_falls)
        fg_health_hold(health, now_us + probation_us(config, health->falls - free_falls));
}

void fg_health_good(struct fg_health *health, int64_t now_us)
{
    if (health->strain)
        set_strain(health, strain_at(health, now_us) / 2, now_us);
    health->job = 0;
}

void fg_health_forget(struct fg_health *health)
{
    *health = (struct fg_health){};
}

bool fg_health_is_held(const struct fg_health *health, int64_t now_us)
{
    return health->hold_us > now_us;
}

uint32_t fg_health_milli(const struct fg_health *health, int64_t now_us)
{
    uint32_t strain = strain_at(health, now_us);
    return strain < 1000 ? 1000 - strain : 0;
}

/* -- words ------------------------------------------------------------------------------------------ */

static const struct {
    const char *words, *hint;
} faults[] = {
#define X(words, hint) {words, hint},
#include "control/fault.def"
#undef X
};

static bool has_words(const char *text, const char *words)
{
    size_t len = strlen(words);
    for (; *text; text++)
        if (strncasecmp(text, words, len) == 0)
            return true;
    return false;
}

const char *fg_fault_hint(const char *text)
{
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        if (has_words(text, faults[i].words))
            return faults[i].hint;
    return NULL;
}
