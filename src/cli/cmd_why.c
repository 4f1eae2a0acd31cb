/* cmd_why.c - fastgpu why: the true reason a job waits */
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/view.h"

#include <inttypes.h>
#include <string.h>

const struct fg_opt fg_opts_why[] = {FG_OPT_JSON, {}};

fg_verb_fn fg_cmd_why;

static void print_nodes(struct fg_cli *cli, const struct fg_doc *why)
{
    static const struct fg_column columns[] = {
        {"NODE", false, 8}, {"FITS", false, 0}, {"WHY", false, 20}, {}};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (const struct fg_doc *node = fg_view_first(why, "nodes"); node; node = node->next) {
        bool fits = fg_view_bool(node, "fits");
        fg_table_add(table, FG_PLAIN, fg_view_text(node, "node"));
        fg_table_add(table, fits ? FG_GOOD : FG_WARN, fits ? "yes" : "no");
        fg_table_add(table, FG_PLAIN, fg_view_text(node, "why"));
    }
    if (fg_table_len(table) > 0) {
        printf("\n");
        fg_table_print(table, &cli->out, stdout);
    }
}

int fg_cmd_why(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    char path[64];
    uint64_t id;
    int rc = fg_cli_id(cli->args.words[0], &id, err);
    if (rc < 0)
        return rc;
    snprintf(path, sizeof(path), "/v1/jobs/%" PRIu64 "/why", id);
    rc = fg_cli_get(cli, path, &answer, err);
    if (rc < 0)
        return rc;
    if (fg_cli_json(cli, answer.doc))
        return 0;
    const char *state = fg_view_text(answer.doc, "state");
    printf("job %" PRIu64 " %s%s%s: %s\n", id,
           fg_style_text(&cli->out, fg_style_of_state(state)), state,
           fg_style_text(&cli->out, FG_PLAIN), fg_view_text(answer.doc, "summary"));
    for (const struct fg_doc *reason = fg_view_first(answer.doc, "reasons"); reason;
         reason = reason->next)
        if (strcmp(fg_view_text(reason, "text"), fg_view_text(answer.doc, "summary")) != 0)
            printf("  - %s\n", fg_view_text(reason, "text"));
    if (fg_view_int(answer.doc, "position", 0) > 0)
        printf("position in the queue: %" PRId64 ", priority %g\n",
               fg_view_int(answer.doc, "position", 0), fg_view_real(answer.doc, "priority", 0));
    print_nodes(cli, answer.doc);
    return 0;
}
