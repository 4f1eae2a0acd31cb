/* node.c - see node.h
 *
 * One walk over the line.  A key that comes twice counts the first time: comments and reasons, which people write, stand
 * at the end.
 */
#include "slurm/node.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum key {
    KEY_NAME,
    KEY_ADDRESS,
    KEY_HOST,
    KEY_CPUS,
    KEY_CPUS_USED,
    KEY_CPUS_USABLE,
    KEY_MEM,
    KEY_MEM_USED,
    KEY_MEM_KEPT,
    KEY_GRES,
    KEY_GRES_USED,
    KEY_FEATURES,
    KEY_PARTITIONS,
    KEY_STATE,
    KEYS
};

static const char *const keys[KEYS] = {
    [KEY_NAME] = "NodeName",         [KEY_ADDRESS] = "NodeAddr",
    [KEY_HOST] = "NodeHostName",     [KEY_CPUS] = "CPUTot",
    [KEY_CPUS_USED] = "CPUAlloc",    [KEY_CPUS_USABLE] = "CPUEfctv",
    [KEY_MEM] = "RealMemory",        [KEY_MEM_USED] = "AllocMem",
    [KEY_MEM_KEPT] = "MemSpecLimit", [KEY_GRES] = "Gres",
    [KEY_GRES_USED] = "GresUsed",    [KEY_FEATURES] = "ActiveFeatures",
    [KEY_PARTITIONS] = "Partitions", [KEY_STATE] = "State",
};

struct values {
    struct fg_field of[KEYS];
    struct fg_field reason;
};

static void gather(struct fg_field line, struct values *out)
{
    size_t at = 0;
    struct fg_field key, value;
    while (fg_slurm_pair_next(line, &at, &key, &value)) {
        if (fg_slurm_same(key, "Reason")) {
            out->reason =
                (struct fg_field){value.text, (size_t)(line.text + line.len - value.text)};
            return;
        }
        for (int i = 0; i < KEYS; i++)
            if (!out->of[i].text && fg_slurm_same(key, keys[i])) {
                out->of[i] = value;
                break;
            }
    }
}

/* Whether the list "a,b,c" has this word. */
static bool has_word(struct fg_field list, const char *word)
{
    size_t at = 0;
    struct fg_field item;
    while (list.len > 0 && fg_fields_next(list, ',', &at, &item))
        if (fg_slurm_same(item, word))
            return true;
    return false;
}

static bool copy_word(struct fg_field field, char *out, size_t size)
{
    if (field.len == 0 || field.len >= size)
        return false;
    memcpy(out, field.text, field.len);
    for (size_t i = 0; i < field.len; i++)
        if (out[i] <= ' ' || (unsigned char)out[i] >= 127) {
            memset(out, 0, size);
            return false;
        }
    return true;
}

/* -- may it get work -- */

static const struct {
    const char *state, *why;
} shut[] = {
    {"DOWN", "Slurm says that it is down"},
    {"ERROR", "Slurm says that it has an error"},
    {"UNKNOWN", "Slurm does not know its state yet"},
    {"FUTURE", "it is not there yet"},
    {"DRAIN", "it is being drained"},
    {"FAIL", "it is about to fail"},
    {"MAINT", "it is under maintenance"},
    {"RESERVED", "it is reserved for others"},
    {"NOT_RESPONDING", "it does not answer Slurm"},
    {"NO_RESPOND", "it does not answer Slurm"},
    {"INVALID_REG", "it registered with less than Slurm expects"},
    {"POWERING_DOWN", "it is being switched off"},
    {"POWER_DOWN", "it is about to be switched off"},
    {"REBOOT_ISSUED", "it is being rebooted"},
    {"REBOOT_REQUESTED", "it is about to be rebooted"},
    {"REBOOT", "it is about to be rebooted"},
    {"BLOCKED", "a job has it to itself"},
    {"EXTERNAL", "it is kept for reservations"},
};
#define SHUT (sizeof(shut) / sizeof(shut[0]))

static const char *const usable[] = {
    "IDLE",           "MIXED",       "ALLOCATED",     "COMPLETING",  "CLOUD",
    "POWERED_DOWN",   "POWERING_UP", "POWER_UP",      "PLANNED",     "DYNAMIC_NORM",
    "DYNAMIC_FUTURE", "PERFCTRS",    "LAUNCH_FAILED", "POWER_DRAIN", "BLOCKED_WITH",
};

static const char *why_shut(struct fg_field word)
{
    for (size_t i = 0; i < SHUT; i++)
        if (fg_slurm_same(word, shut[i].state))
            return shut[i].why;
    for (size_t i = 0; i < sizeof(usable) / sizeof(usable[0]); i++)
        if (fg_slurm_same(word, usable[i]))
            return NULL;
    return "it is in a state that we do not know";
}

static enum fg_node_rest rest_of(struct fg_field state)
{
    static const struct {
        const char *word;
        enum fg_node_rest rest;
    } rests[] = {{"POWER_UP", FG_REST_WAKING},
                 {"POWERING_UP", FG_REST_WAKING},
                 {"POWERING_DOWN", FG_REST_GOING},
                 {"POWER_DOWN", FG_REST_GOING},
                 {"POWERED_DOWN", FG_REST_ASLEEP}};
    for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
        size_t at = 0;
        struct fg_field word;
        while (state.len > 0 && fg_fields_next(state, '+', &at, &word))
            if (fg_slurm_same(word, rests[i].word))
                return rests[i].rest;
    }
    return FG_REST_AWAKE;
}

static bool is_silence(struct fg_field word)
{
    return fg_slurm_same(word, "NOT_RESPONDING") || fg_slurm_same(word, "NO_RESPOND");
}

/* "IDLE+DRAIN+NOT_RESPONDING", "DOWN*": the first word that forbids work gives the reason.  One that is off does not answer. */
static void read_state(struct fg_field state, struct fg_slurm_node *out)
{
    size_t at = 0;
    struct fg_field word;
    const char *why = state.len == 0 ? "Slurm tells no state" : NULL;
    out->rest = rest_of(state);
    bool may_be_silent = out->rest == FG_REST_WAKING || out->rest == FG_REST_ASLEEP;
    while (!why && state.len > 0 && fg_fields_next(state, '+', &at, &word)) {
        while (word.len > 0 && strchr("*~#%!$@^-", word.text[word.len - 1])) {
            if (word.text[word.len - 1] == '*' && !may_be_silent)
                why = "it does not answer Slurm";
            word.len--;
        }
        if (fg_slurm_same(word, "CLOUD"))
            out->is_cloud = true;
        const char *own = may_be_silent && is_silence(word) ? NULL : why_shut(word);
        why = own ? own : why;
    }
    out->is_up = !why;
    if (why)
        snprintf(out->reason, sizeof(out->reason), "%s", why);
}

/* "Not responding [slurm@2026-11-21T18:57:19] Comment=..." behind our words. */
static void add_reason(struct fg_field reason, struct fg_slurm_node *out)
{
    char text[FG_TEXT_MAX / 2];
    size_t end = 0;
    while (end < reason.len && reason.text[end] != '[')
        end++;
    while (end > 0 && reason.text[end - 1] == ' ')
        end--;
    if (out->is_up || end == 0 || fg_slurm_same((struct fg_field){reason.text, end}, "none"))
        return;
    snprintf(text, sizeof(text), "%.*s", (int)end, reason.text);
    char clean[FG_TEXT_MAX / 2] = "";
    fg_copy_clean(clean, sizeof(clean), text);
    size_t used = strlen(out->reason);
    snprintf(out->reason + used, sizeof(out->reason) - used, ": %s", clean);
}

/* -- what it has -- */

static int read_gres(const struct values *values, struct fg_slurm_node *out, struct fg_err *err)
{
    struct fg_slurm_gres used[FG_SLURM_GRES_MAX];
    int len = fg_slurm_gres_parse(values->of[KEY_GRES], out->gres);
    int used_len = fg_slurm_gres_parse(values->of[KEY_GRES_USED], used);
    if (len < 0 || used_len < 0)
        return fg_fail(err, FG_EINVAL, "node %s: its GRES cannot be read", out->name);
    out->gres_len = (uint32_t)len;
    for (int i = 0; i < len; i++)
        for (int k = 0; k < used_len; k++)
            if (strcmp(out->gres[i].type, used[k].type) == 0)
                out->gres_used[i] = used[k].count;
    return 0;
}

static void read_partitions(struct fg_field list, const char *wanted, struct fg_slurm_node *out)
{
    size_t at = 0;
    struct fg_field first;
    out->in_partition = list.len > 0 && (!wanted[0] || has_word(list, wanted));
    if (wanted[0] && out->in_partition)
        fg_copy(out->partition, sizeof(out->partition), wanted);
    else if (list.len > 0 && fg_fields_next(list, ',', &at, &first))
        copy_word(first, out->partition, sizeof(out->partition));
}

static uint64_t number(struct fg_field field)
{
    uint64_t value = 0;
    return field.text && fg_slurm_count(field, UINT32_MAX, &value) ? value : 0;
}

static int read_size(const struct values *values, struct fg_slurm_node *out, struct fg_err *err)
{
    uint64_t cpus = number(values->of[KEY_CPUS]),
             usable_cpus = number(values->of[KEY_CPUS_USABLE]);
    uint64_t kept = number(values->of[KEY_MEM_KEPT]);
    if (usable_cpus > 0 && usable_cpus < cpus)
        cpus = usable_cpus;
    out->mem_mib = number(values->of[KEY_MEM]);
    out->mem_mib -= kept < out->mem_mib ? kept : 0;
    out->mem_used_mib = number(values->of[KEY_MEM_USED]);
    uint64_t used = number(values->of[KEY_CPUS_USED]);
    if (cpus == 0 || cpus > FG_CPUS_MAX || used > UINT16_MAX)
        return fg_fail(err, FG_EINVAL, "node %s: %lu CPUs, expected 1 to %d", out->name,
                       (unsigned long)cpus, FG_CPUS_MAX);
    out->cpus = (uint32_t)cpus;
    out->cpus_used = (uint32_t)used;
    return 0;
}

int fg_slurm_node_parse(struct fg_field line,
                        const char *partition,
                        struct fg_slurm_node *out,
                        struct fg_err *err)
{
    struct values values = {};
    memset(out, 0, sizeof(*out));
    gather(line, &values);
    if (!copy_word(values.of[KEY_NAME], out->name, sizeof(out->name)))
        return fg_fail(err, FG_EINVAL, "a line without the name of a node");
    if (!copy_word(values.of[KEY_ADDRESS], out->address, sizeof(out->address))
        && !copy_word(values.of[KEY_HOST], out->address, sizeof(out->address)))
        memcpy(out->address, out->name, sizeof(out->address));
    int rc = read_size(&values, out, err);
    if (rc == 0)
        rc = read_gres(&values, out, err);
    if (rc < 0)
        return rc;
    read_partitions(values.of[KEY_PARTITIONS], partition, out);
    out->is_spot = has_word(values.of[KEY_FEATURES], "spot");
    read_state(values.of[KEY_STATE], out);
    add_reason(values.reason, out);
    return 0;
}
