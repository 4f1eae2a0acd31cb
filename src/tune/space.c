/* space.c - see space.h */
#include "tune/space.h"

#include "base/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What there is that knobs could change. */
struct facts {
    bool preemptible, elastic, data, power, prices, sites;
};

static struct facts look(const struct fg_sim_trace *trace, const struct fg_sim_cluster *cluster)
{
    struct facts facts = {};
    for (size_t i = 0; i < trace->jobs_len; i++) {
        facts.preemptible |= trace->jobs[i].preemptible;
        facts.elastic |= trace->jobs[i].tasks_min > 0;
    }
    for (size_t i = 0; i < trace->requests_len; i++)
        facts.data |= trace->requests[i].data_mib > 0;
    for (size_t i = 0; i < cluster->groups_len; i++) {
        const struct fg_sim_group *group = &cluster->groups[i];
        const char *site = group->site ? group->site : "", *other = cluster->groups[0].site;
        facts.power |= group->watts.busy_milli > 0;
        facts.prices |= group->price_uusd_per_hour != cluster->groups[0].price_uusd_per_hour;
        facts.sites |= strcmp(site, other ? other : "") != 0 || group->islands > 1;
    }
    return facts;
}

static bool is_felt(const char *name, const struct facts *facts)
{
    const struct {
        const char *begin;
        bool there;
    } needs[] = {
        {"schedule.preempt", facts->preemptible},
        {"preempt_", facts->preemptible},
        {"elastic_", facts->elastic},
        {"place_data", facts->data},
        {"place_energy", facts->power},
        {"place_price", facts->prices},
        {"place_topology", facts->sites},
        {"place_interference", false}, /* not simulated */
        {"place_reliability", false},
    };
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
        if (strncmp(name, needs[i].begin, strlen(needs[i].begin)) == 0)
            return needs[i].there;
    return true;
}

static bool is_listed(const char *name, const char *only)
{
    size_t len = strlen(name);
    for (const char *at = only; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, name, len) == 0 && (at[len] == ',' || !at[len]))
            return true;
    return !only;
}

static int check_only(const char *only, struct fg_err *err)
{
    char words[1024], *rest = words, *word;
    if (!fg_copy(words, sizeof(words), only))
        return fg_fail(err, FG_EINVAL, "too many settings");
    while ((word = strsep(&rest, ",")))
        if (fg_knob_find(word) == fg_knobs_len())
            return fg_fail(err, FG_EINVAL, "%.40s: no setting that can be tuned", word);
    return 0;
}

static void add(struct fg_space *space, size_t knob, const struct fg_knobs *knobs)
{
    char tries[FG_SPACE_VALUES_MAX * FG_KNOB_TEXT_MAX], *rest = tries, *word;
    char now[FG_KNOB_TEXT_MAX];
    size_t gene = space->len++, len = 0;
    bool has_now = false;
    assert(gene < FG_SPACE_GENES_MAX);
    space->knob[gene] = knob;
    fg_knob_get(knobs, knob, now);
    fg_copy(tries, sizeof(tries), fg_knob_tries(knob));
    while ((word = strsep(&rest, " "))) {
        if (strcmp(word, now) == 0) {
            has_now = true;
            space->first[gene] = (uint8_t)len;
        }
        assert(len + 1 < FG_SPACE_VALUES_MAX);
        fg_copy(space->value[gene][len++], FG_KNOB_TEXT_MAX, word);
    }
    if (!has_now) {
        space->first[gene] = (uint8_t)len;
        fg_copy(space->value[gene][len++], FG_KNOB_TEXT_MAX, now);
    }
    space->values[gene] = (uint8_t)len;
}

int fg_space_make(const struct fg_knobs *knobs,
                  const struct fg_sim_trace *trace,
                  const struct fg_sim_cluster *cluster,
                  const char *only,
                  struct fg_space *out,
                  struct fg_err *err)
{
    const struct facts facts = look(trace, cluster);
    int rc = only ? check_only(only, err) : 0;
    *out = (struct fg_space){};
    for (size_t knob = 0; rc == 0 && knob < fg_knobs_len(); knob++)
        if (is_listed(fg_knob_name(knob), only) && is_felt(fg_knob_name(knob), &facts))
            add(out, knob, knobs);
    if (rc == 0 && out->len == 0)
        rc = fg_fail(err, FG_EINVAL, "nothing in these jobs could feel another value");
    return rc;
}

void fg_space_apply(const struct fg_space *space,
                    const uint8_t *individual,
                    struct fg_knobs *knobs)
{
    for (size_t gene = 0; gene < space->len; gene++) {
        int rc =
            fg_knob_set(knobs, space->knob[gene], space->value[gene][individual[gene]], NULL);
        assert(rc == 0);
        (void)rc;
    }
}
