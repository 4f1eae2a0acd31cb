/* project_limits.c - see project_limits.h */
#include "cli/project_limits.h"

#include "cli/human.h"
#include "cli/view.h"

#include <inttypes.h>
#include <string.h>

/* -- set --------------------------------------------------------------------------------------------- */

static int write_user_limits(const struct fg_cli *cli, struct fg_json *json, struct fg_err *err)
{
    static const struct {
        const char *option, *key;
        double scale;
    } rows[] = {{"user-running", "running", 1},
                {"user-gpus", "gpu_milli", 1000},
                {"user-queued", "queued", 1},
                {"user-submits", "submits_per_minute", 1}};
    int rc = 0;
    fg_json_key(json, "user_limits");
    fg_json_object(json);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && rc == 0; i++) {
        const char *text = fg_args_get(&cli->args, rows[i].option);
        if (text)
            rc = fg_project_write_limit(json, rows[i].option, rows[i].key, text, rows[i].scale,
                                        err);
    }
    fg_json_end(json);
    return rc;
}

static int write_budget(const struct fg_cli *cli, struct fg_json *json, struct fg_err *err)
{
    const char *usd = fg_args_get(&cli->args, "budget"),
               *period = fg_args_get(&cli->args, "budget-period"),
               *action = fg_args_get(&cli->args, "budget-action");
    if (!usd && !period && !action)
        return 0;
    fg_json_key(json, "budget");
    if (usd && strcmp(usd, "none") == 0) {
        fg_json_null(json);
        return 0;
    }
    fg_json_object(json);
    int rc = usd ? fg_project_write_limit(json, "budget", "uusd", usd, 1e6, err) : 0;
    if (period)
        fg_json_kv(json, "period", period);
    if (action)
        fg_json_kv(json, "action", action);
    fg_json_end(json);
    return rc;
}

int fg_project_write_limits(const struct fg_cli *cli, struct fg_json *json, struct fg_err *err)
{
    int rc = write_user_limits(cli, json, err);
    return rc < 0 ? rc : write_budget(cli, json, err);
}

/* -- show -------------------------------------------------------------------------------------------- */

static void print_count(const struct fg_doc *limits, const char *key, const char *what)
{
    int64_t limit = fg_view_int(limits, key, 0);
    if (limit > 0)
        printf("each user: at most %" PRId64 " %s\n", limit, what);
}

static void print_budget(const struct fg_doc *project, const struct fg_doc *budget)
{
    const struct fg_doc *usage = fg_doc_get(project, "usage");
    const char *period = fg_view_text(budget, "period"), *renews;
    double all = (double)fg_view_int(budget, "uusd", 0) / 1e6,
           spent = (double)fg_view_int(usage, "spent_uusd", 0) / 1e6,
           committed = (double)fg_view_int(usage, "committed_uusd", 0) / 1e6;
    if (strcmp(period, "total") == 0)
        printf("budget: %.2f USD in total", all);
    else
        printf("budget: %.2f USD a %s", all, period);
    printf("; %.2f spent, %.2f committed, %.2f left", spent, committed,
           all > spent + committed ? all - spent - committed : 0);
    renews = fg_view_text(usage, "renews_at");
    if (renews[0])
        printf("; renews on %.10s", renews);
    printf("%s\n", strcmp(fg_view_text(budget, "action"), "stop") == 0
                       ? "; then running jobs are stopped"
                       : "");
}

void fg_project_print_limits(const struct fg_doc *project)
{
    const struct fg_doc *limits = fg_doc_get(project, "user_limits"),
                        *budget = fg_doc_get(project, "budget");
    char number[FG_HUMAN_MAX];
    print_count(limits, "running", "running jobs");
    if (fg_view_int(limits, "gpu_milli", 0) > 0) {
        fg_human_milli(fg_view_int(limits, "gpu_milli", 0), number);
        printf("each user: at most %s accelerators\n", number);
    }
    print_count(limits, "queued", "waiting jobs");
    print_count(limits, "submits_per_minute", "submits a minute");
    if (budget && budget->kind == FG_DOC_MAP)
        print_budget(project, budget);
}
