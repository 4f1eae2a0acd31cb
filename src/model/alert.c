/* alert.c - see alert.h */
#include "model/alert.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const struct fg_alert_rule fg_alert_causes[FG_ALERT_CAUSES] = {
#define X(id, name, severity, looks, of, hint) {name, FG_SEVERITY_##severity, looks, of, hint},
#include "model/alert_cause.def"
#undef X
};

const char *fg_severity_name(enum fg_severity severity)
{
    static const char *const names[FG_SEVERITIES] = {"info", "warning", "critical"};
    assert(severity < FG_SEVERITIES);
    return names[severity];
}

enum fg_alert_cause fg_alert_cause_find(const char *name)
{
    unsigned at = 0;
    while (at < FG_ALERT_CAUSES && strcmp(fg_alert_causes[at].name, name) != 0)
        at++;
    return (enum fg_alert_cause)at;
}

/* The word at `at`, whole and in capitals. */
static bool is_word(const char *hint, const char *at, const char *word)
{
    size_t len = strlen(word);
    return strncmp(at, word, len) == 0 && (at == hint || at[-1] == ' ')
           && strchr(" ;,", at[len]);
}

void fg_alert_hint(const char *hint, fg_job_id job, const char *node, char out[FG_TEXT_MAX])
{
    size_t len = 0;
    for (const char *at = hint; *at && len < FG_TEXT_MAX - 1;) {
        int wrote = -1;
        if (job && is_word(hint, at, "JOB"))
            wrote = snprintf(out + len, FG_TEXT_MAX - len, "%llu", (unsigned long long)job);
        else if (node[0] && is_word(hint, at, "NODE"))
            wrote = snprintf(out + len, FG_TEXT_MAX - len, "%s", node);
        if (wrote < 0) {
            out[len++] = *at++;
            continue;
        }
        at += *at == 'J' ? strlen("JOB") : strlen("NODE");
        len = len + (size_t)wrote < FG_TEXT_MAX ? len + (size_t)wrote : FG_TEXT_MAX - 1;
    }
    out[len] = '\0';
}

const char *fg_alert_state(const struct fg_alert *alert)
{
    if (alert->cleared_us)
        return "cleared";
    return alert->acknowledged_us ? "acknowledged" : "open";
}
