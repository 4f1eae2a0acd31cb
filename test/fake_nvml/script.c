/* script.c - see script.h and README.md */
#include "test/fake_nvml/script.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
#define X(id, name, unit, kind, dcgm, meaning) name,
#include "model/reading.def"
#undef X
};

static int reading_of(const char *name, size_t len)
{
    for (int i = 0; i < FG_READINGS_LEN; i++)
        if (strlen(names[i]) == len && strncmp(names[i], name, len) == 0)
            return i;
    return -1;
}

static void add_rule(struct fake_script *script, struct fake_rule rule)
{
    if (script->rules_len == FAKE_RULES_MAX)
        return;
    if (script->rules_len == script->rules_room) {
        script->rules_room = script->rules_room ? script->rules_room * 2 : 64;
        script->rules = realloc(script->rules, script->rules_room * sizeof(*script->rules));
        if (!script->rules)
            abort();
    }
    script->rules[script->rules_len++] = rule;
}

/* "busy=370 power=300000", or "busy=0..1000" */
static void add_values(struct fake_script *script, struct fake_rule rule, char *words)
{
    char *state;
    for (char *word = strtok_r(words, " \n", &state); word;
         word = strtok_r(NULL, " \n", &state)) {
        size_t len = strcspn(word, "=");
        rule.which = reading_of(word, len);
        if (word[len] != '=' || rule.which < 0)
            continue;
        char *to = strstr(word, ".."); /* "0." would be a number */
        if (to)
            *to = '\0';
        rule.from = strtod(word + len + 1, NULL);
        rule.to = to ? strtod(to + 2, NULL) : rule.from;
        add_rule(script, rule);
    }
}

/* A board's number, or * for all. */
static bool take_board(const char *word, int *out)
{
    return strcmp(word, "*") == 0 ? (*out = -1, true) : sscanf(word, "%d", out) == 1;
}

static void read_fault(struct fake_script *script, struct fake_rule rule, const char *text)
{
    char word[32] = "", rest[32] = "";
    sscanf(text, "%31s %31s", word, rest);
    rule.from = strtod(rest, NULL);
    rule.which = -1;
    if (strcmp(word, "gone") == 0) {
        rule.kind = FAKE_GONE;
    } else if (strcmp(word, "hang") == 0) {
        rule.kind = FAKE_HANG;
        rule.to_s = rule.from_s + rule.from;
    } else if (strcmp(word, "xid") == 0) {
        rule.kind = FAKE_XID;
    } else if (strcmp(word, "ecc") == 0) {
        rule.kind = FAKE_AT;
        rule.which = FG_READING_ECC_UNCORRECTED;
    } else if (strcmp(word, "denied") == 0) {
        rule.kind = FAKE_DENIED;
    } else if (strcmp(word, "unsupported") == 0) {
        rule.kind = FAKE_NONE;
        rule.which = reading_of(rest, strlen(rest));
    } else {
        return;
    }
    add_rule(script, rule);
}

/* A line that is no board; false: it is one, or nothing. */
static bool read_rule(struct fake_script *script, char *line)
{
    struct fake_rule rule = {};
    char board[16];
    int at = 0;
    if (sscanf(line, "at %lf %15s %n", &rule.from_s, board, &at) >= 2 && at)
        rule.kind = FAKE_AT;
    else if (sscanf(line, "ramp %lf %lf %15s %n", &rule.from_s, &rule.to_s, board, &at) >= 3
             && at)
        rule.kind = FAKE_RAMP;
    else if (sscanf(line, "sine %lf %15s %n", &rule.to_s, board, &at) >= 2 && at)
        rule.kind = FAKE_SINE;
    else if (sscanf(line, "fault %lf %15s %n", &rule.from_s, board, &at) >= 2 && at)
        return take_board(board, &rule.board) && (read_fault(script, rule, line + at), true);
    else
        return false;
    if (take_board(board, &rule.board))
        add_values(script, rule, line + at);
    return true;
}

/* "device 0 kind=h100 id=... mem_mib=81559": a device of a recorded machine. */
static bool read_device(struct fake_board *out, const char *line)
{
    const char *kind = strstr(line, " kind="), *mem = strstr(line, " mem_mib=");
    if (strncmp(line, "device ", 7) != 0 || !kind || !mem)
        return false;
    *out = (struct fake_board){};
    char word[40] = "";
    sscanf(kind, " kind=%39s", word);
    snprintf(out->name, sizeof(out->name), "Fake %s", word);
    sscanf(mem, " mem_mib=%u", &out->mem_mib);
    return true;
}

static void read_line(struct fake_script *script, char *line)
{
    struct fake_process process;
    struct fake_board *it = &script->boards[script->boards_len];
    script->hangs |= strcmp(line, "hang\n") == 0;
    script->fails |= strcmp(line, "fail\n") == 0;
    if (line[0] == '#' || read_rule(script, line))
        return;
    if (sscanf(line, "process %d %u %u %u", &process.board, &process.pid, &process.mem_mib,
               &process.busy)
        == 4) {
        if (script->processes_len < FAKE_PROCESSES_MAX)
            script->processes[script->processes_len++] = process;
        return;
    }
    if (script->boards_len == FAKE_BOARDS_MAX)
        return;
    *it = (struct fake_board){};
    if (read_device(it, line)
        || sscanf(line, "%63[^|]|%u|%u|%u|%u|%u|%u|%31[^|]|%u|%u|%u", it->name, &it->mem_mib,
                  &it->used_mib, &it->busy, &it->power_mw, &it->temp_c, &it->instances,
                  it->profile, &it->instance_mib, &it->nvlink, &it->pcie)
               >= 2)
        script->boards_len++;
}

void fake_script_read(struct fake_script *script, const char *path)
{
    FILE *file = path ? fopen(path, "re") : NULL;
    char line[1024];
    free(script->rules);
    memset(script, 0, sizeof(*script));
    if (!file) {
        for (; script->boards_len < 2; script->boards_len++)
            script->boards[script->boards_len] =
                (struct fake_board){.name = "NVIDIA H100 80GB HBM3 (FAKE)",
                                    .mem_mib = 81559,
                                    .used_mib = 1024,
                                    .busy = 40,
                                    .power_mw = 310000,
                                    .temp_c = 55,
                                    .nvlink = 1};
        return;
    }
    while (fgets(line, sizeof(line), file))
        read_line(script, line);
    fclose(file);
}

static double value_of(const struct fake_rule *rule, double time_s)
{
    if (rule->kind == FAKE_SINE && rule->to_s > 0)
        return rule->from
               + (rule->to - rule->from) * (1 - cos(2 * M_PI * time_s / rule->to_s)) / 2;
    if (rule->kind == FAKE_RAMP && time_s < rule->to_s)
        return rule->from
               + (rule->to - rule->from) * (time_s - rule->from_s)
                     / (rule->to_s - rule->from_s);
    return rule->to;
}

static bool applies(const struct fake_rule *rule, size_t board, double time_s)
{
    return (rule->board < 0 || (size_t)rule->board == board) && time_s >= rule->from_s;
}

double fake_script_value(const struct fake_script *script,
                         size_t board,
                         enum fg_reading which,
                         double time_s,
                         double usual)
{
    for (size_t i = script->rules_len; i-- > 0;) {
        const struct fake_rule *rule = &script->rules[i];
        if (rule->kind <= FAKE_SINE && rule->which == (int)which
            && applies(rule, board, time_s)) {
            double value = rule->kind == FAKE_AT ? rule->from : value_of(rule, time_s);
            return value < 0 ? usual : value;
        }
    }
    return usual;
}

const struct fake_rule *fake_script_fault(
    const struct fake_script *script, int kind, size_t board, int which, double time_s)
{
    for (size_t i = script->rules_len; i-- > 0;) {
        const struct fake_rule *rule = &script->rules[i];
        if ((int)rule->kind == kind && (which < 0 || rule->which == which)
            && applies(rule, board, time_s) && (kind != FAKE_HANG || time_s < rule->to_s))
            return rule;
    }
    return NULL;
}
