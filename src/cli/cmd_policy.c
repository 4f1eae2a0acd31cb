/* cmd_policy.c - fastgpu policy list: the policies by name, in one line each */
#include "cli/table.h"
#include "cli/verb.h"

#include "allocate/allocate.h"
#include "base/json_write.h"
#include "place/policy.h"
#include "schedule/order.h"

const struct fg_opt fg_opts_policy_list[] = {FG_OPT_JSON, {}};

fg_verb_fn fg_cmd_policy_list;

typedef void tell_fn(void *self, const char *family, const char *name, const char *summary);

/* All of them; the first of a family is the default. */
static void tell_all(tell_fn *tell, void *self)
{
    for (size_t i = 0; fg_job_orders[i]; i++)
        tell(self, "order", fg_job_orders[i]->name, fg_job_orders[i]->summary);
    const struct fg_place_policy *first = fg_place_policy_default();
    tell(self, "place", first->name, first->summary);
    for (size_t i = 0; fg_place_policies[i]; i++)
        if (fg_place_policies[i] != first)
            tell(self, "place", fg_place_policies[i]->name, fg_place_policies[i]->summary);
    for (int i = 0; i < FG_ALLOCATE_POLICIES; i++)
        tell(self, "allocate", fg_allocate_policy_name((enum fg_allocate_policy)i),
             fg_allocate_policy_text((enum fg_allocate_policy)i));
}

static void tell_json(void *self, const char *family, const char *name, const char *summary)
{
    struct fg_json *json = self;
    fg_json_object(json);
    fg_json_kv(json, "family", family);
    fg_json_kv(json, "name", name);
    fg_json_kv(json, "summary", summary);
    fg_json_end(json);
}

static void tell_row(void *self, const char *family, const char *name, const char *summary)
{
    struct fg_table *table = self;
    fg_table_add(table, FG_PLAIN, family);
    fg_table_add(table, FG_BOLD, name);
    fg_table_add(table, FG_PLAIN, summary);
}

int fg_cmd_policy_list(struct fg_cli *cli, struct fg_err *err)
{
    (void)err;
    if (fg_args_has(&cli->args, "json")) {
        FG_AUTO(fg_buf) struct fg_buf out = {};
        struct fg_json json = {.buf = &out};
        fg_json_array(&json);
        tell_all(tell_json, &json);
        fg_json_end(&json);
        fg_buf_printf(&out, "\n");
        fputs(out.text, stdout);
        return 0;
    }
    static const struct fg_column columns[] = {
        {"FAMILY", false, 5}, {"NAME", false, 8}, {"WHAT IT DOES", false, 0}, {}};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    tell_all(tell_row, table);
    fg_table_print(table, &cli->out, stdout);
    return 0;
}
