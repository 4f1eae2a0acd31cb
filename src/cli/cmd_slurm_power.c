/* cmd_slurm_power.c - fastgpu slurm-resume, slurm-suspend: what slurmctld calls to switch CLOUD nodes on and off.
 *
 * A node that is switched on is an order for one machine, which becomes that node; switched off, the order is given back.  slurmctld calls
 * again after it was restarted: a node that is ordered already is not ordered twice.
 */
#include "cli/money_opt.h"
#include "cli/verb.h"
#include "cli/view.h"

#include "base/json_write.h"
#include "base/uuid.h"
#include "slurm/words.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define HOSTS_MAX 4096
#define OPEN      "planned,approved,ordered,delivered,inspected,active"

const struct fg_opt fg_opts_slurm_resume[] = {
    {"supplier", 0, "NAME", "who sells the machines", NULL},
    {"instance", 0, "NAME", "which of its machines", NULL},
    {"contract", 0, "KIND", "on_demand or spot", "on_demand|spot|reserved"},
    {"region", 0, "NAME", "where", NULL},
    {"zone", 0, "NAME", "where in it", NULL},
    {"max-price", 0, "USD", "of a machine for an hour (the offer's)", NULL},
    {"project", 0, "NAME", "who pays for what nobody uses (the pool)", NULL},
    {}};
const struct fg_opt fg_opts_slurm_suspend[] = {
    {"supplier", 0, "NAME", "who sold the machines", NULL}, {}};

fg_verb_fn fg_cmd_slurm_resume, fg_cmd_slurm_suspend;

struct hosts {
    char (*names)[FG_NAME_MAX];
    size_t len;
};

static void add_host(void *self, const char *name)
{
    struct hosts *hosts = self;
    snprintf(hosts->names[hosts->len++], FG_NAME_MAX, "%s", name);
}

static int read_hosts(const struct fg_cli *cli, struct hosts *out, struct fg_err *err)
{
    const char *list = cli->args.words[0];
    out->names = calloc(HOSTS_MAX, FG_NAME_MAX);
    if (!out->names)
        abort();
    if (!fg_args_get(&cli->args, "supplier"))
        return fg_fail(err, FG_EINVAL, "expected --supplier");
    if (fg_slurm_hosts((struct fg_field){list, strlen(list)}, HOSTS_MAX, add_host, out)
        && out->len > 0)
        return 0;
    return fg_fail(err, FG_EINVAL, "%.80s: not a list of at most %d hosts, like n[1-3,07]",
                   list, HOSTS_MAX);
}

/* One after the other, all of them whatever happens to one; the first error is told at the end. */
static int each(struct fg_cli *cli,
                int (*one)(struct fg_cli *cli, const char *name, struct fg_err *err),
                struct fg_err *err)
{
    struct hosts hosts = {};
    int first = read_hosts(cli, &hosts, err);
    for (size_t i = 0; first != FG_EINVAL && i < hosts.len; i++) {
        struct fg_err why = {};
        int rc = one(cli, hosts.names[i], &why);
        if (rc < 0)
            fprintf(stderr, "%s: %s\n", hosts.names[i], why.text);
        if (rc < 0 && first == 0)
            first = fg_fail(err, rc, "%s: %s", hosts.names[i], why.text);
    }
    free(hosts.names);
    return first;
}

/* -- on --------------------------------------------------------------------------------------------------------- */

static int order_node(struct fg_cli *cli, const char *name, struct fg_err *err)
{
    static const char *const texts[] = {"supplier", "instance", "contract",
                                        "region",   "zone",     "project"};
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf body = {};
    struct fg_json json = {.buf = &body};
    char key[FG_UUID_MAX];
    int64_t max_uusd = -1;
    int rc = fg_cli_usd(cli, "max-price", -1, &max_uusd, err);
    if (rc < 0)
        return rc;
    fg_uuid_make(key);
    fg_json_object(&json);
    fg_json_kv(&json, "key", key);
    fg_json_kv(&json, "node", name);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (fg_args_get(&cli->args, texts[i]))
            fg_json_kv(&json, texts[i], fg_args_get(&cli->args, texts[i]));
    if (max_uusd >= 0)
        fg_json_kv_int(&json, "max_uusd_per_hour", max_uusd);
    fg_json_end(&json);
    rc = fg_cli_send(cli, "POST", "/v1/orders", body.text, &answer, err);
    if (rc == 0)
        printf("%s: order %s is %s\n", name, fg_view_text(answer.doc, "id"),
               fg_view_text(answer.doc, "state"));
    return rc;
}

int fg_cmd_slurm_resume(struct fg_cli *cli, struct fg_err *err)
{
    if (sodium_init() < 0)
        return fg_fail(err, FG_EIO, "libsodium cannot be initialised");
    if (!fg_args_get(&cli->args, "instance"))
        return fg_fail(err, FG_EINVAL, "expected --instance");
    return each(cli, order_node, err);
}

/* -- off -------------------------------------------------------------------------------------------------------- */

static int give_back(struct fg_cli *cli, const struct fg_doc *order, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    char path[80];
    const char *state = fg_view_text(order, "state");
    bool is_there = strcmp(state, "delivered") == 0 || strcmp(state, "inspected") == 0
                    || strcmp(state, "active") == 0;
    snprintf(path, sizeof(path), "/v1/orders/%.20s/%s", fg_view_text(order, "id"),
             is_there ? "release" : "cancel");
    int rc = fg_cli_send(cli, "POST", path,
                         is_there ? "{\"remark\":\"switched off by Slurm\",\"stop_jobs\":true}"
                                  : "{\"remark\":\"switched off by Slurm\"}",
                         &answer, err);
    if (rc == 0)
        printf("%s: order %s is given back\n", fg_view_text(order, "node"),
               fg_view_text(order, "id"));
    return rc;
}

/* Every order that is open for the node: there is one, or none. */
static int release_node(struct fg_cli *cli, const char *name, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf path = {};
    char cursor[64] = "";
    int rc = 0;
    do {
        FG_AUTO(fg_answer) struct fg_answer answer = {};
        fg_buf_clear(&path);
        fg_buf_puts(&path, "/v1/orders?limit=1000&state=" OPEN "&supplier=");
        fg_url_escape(&path, fg_args_get(&cli->args, "supplier"), false);
        if (cursor[0])
            fg_buf_printf(&path, "&cursor=%s", cursor);
        rc = fg_cli_get(cli, path.text, &answer, err);
        const struct fg_doc *items = rc == 0 ? fg_doc_get(answer.doc, "items") : NULL;
        for (const struct fg_doc *at = items ? items->first : NULL; at && rc == 0;
             at = at->next)
            if (strcmp(fg_view_text(at, "node"), name) == 0 && !fg_view_bool(at, "leaving"))
                rc = give_back(cli, at, err);
        snprintf(cursor, sizeof(cursor), "%.60s",
                 rc == 0 ? fg_view_text(answer.doc, "next") : "");
    } while (rc == 0 && cursor[0]);
    return rc;
}

int fg_cmd_slurm_suspend(struct fg_cli *cli, struct fg_err *err)
{
    return each(cli, release_node, err);
}
