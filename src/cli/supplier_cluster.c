/* supplier_cluster.c - see supplier_cluster.h */
#include "cli/supplier_cluster.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/money_opt.h"
#include "cli/supplier_words.h"
#include "model/cluster_terms.h"

#include <string.h>

/* A text that is taken as it is: the service checks it. */
struct text_opt {
    const char *name;
    size_t offset, size;
};
#define TEXT_OPT(opt, member)                                                                  \
    {                                                                                          \
        opt, offsetof(struct fg_cluster_terms, member),                                        \
            sizeof(((struct fg_cluster_terms *)0)->member)                                     \
    }
static const struct text_opt texts[] = {
    TEXT_OPT("ssh", ssh),         TEXT_OPT("conf", conf), TEXT_OPT("partition", partition),
    TEXT_OPT("account", account), TEXT_OPT("link", link), TEXT_OPT("program", program),
    TEXT_OPT("folder", folder),   TEXT_OPT("site", site), TEXT_OPT("region", region),
};

struct time_opt {
    const char *name;
    size_t offset;
};
static const struct time_opt times[] = {
    {"lease", offsetof(struct fg_cluster_terms, lease_us)},
    {"reuse", offsetof(struct fg_cluster_terms, reuse_us)},
    {"patience", offsetof(struct fg_cluster_terms, patience_us)},
    {"poll", offsetof(struct fg_cluster_terms, poll_us)},
};

static const char *const others[] = {"token-file", "place", "shared-folder", "price"};

#define LEN(table) (sizeof(table) / sizeof((table)[0]))

static int refuse_if_given(const struct fg_cli *cli, const char *name, struct fg_err *err)
{
    return fg_args_has(&cli->args, name)
               ? fg_fail(err, FG_EINVAL, "--%s: expected a supplier of kind slurm", name)
               : 0;
}

static int refuse_all(const struct fg_cli *cli, struct fg_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < LEN(texts); i++)
        rc = refuse_if_given(cli, texts[i].name, err);
    for (size_t i = 0; rc == 0 && i < LEN(times); i++)
        rc = refuse_if_given(cli, times[i].name, err);
    for (size_t i = 0; rc == 0 && i < LEN(others); i++)
        rc = refuse_if_given(cli, others[i], err);
    return rc;
}

static int read_text(const struct fg_cli *cli,
                     const struct text_opt *opt,
                     struct fg_cluster_terms *out,
                     struct fg_err *err)
{
    const char *text = fg_args_get(&cli->args, opt->name);
    return !text || fg_copy((char *)out + opt->offset, opt->size, text)
               ? 0
               : fg_fail(err, FG_EINVAL, "--%s: more than %zu bytes", opt->name, opt->size - 1);
}

static int read_time(const struct fg_cli *cli,
                     const struct time_opt *opt,
                     struct fg_cluster_terms *out,
                     struct fg_err *err)
{
    const char *text = fg_args_get(&cli->args, opt->name);
    int64_t time_us = 0;
    if (!text)
        return 0;
    if (strcmp(text, "0") != 0 && (fg_duration_parse(text, &time_us) < 0 || time_us < 0))
        return fg_fail(err, FG_EINVAL, "--%s: %.40s, expected a time like 30s", opt->name,
                       text);
    memcpy((char *)out + opt->offset, &time_us, sizeof(time_us));
    return 0;
}

static int read_terms(const struct fg_cli *cli,
                      struct fg_cluster_terms *out,
                      struct fg_err *err)
{
    const char *place = fg_args_get(&cli->args, "place");
    int found = place ? fg_cluster_place_find(place) : FG_CLUSTER_PLACE_OURS;
    int rc = 0;
    *out = fg_cluster_terms_default();
    if (found < 0)
        return fg_fail(err, FG_EINVAL, "--place: %.20s, expected ours or slurm", place);
    out->place = (enum fg_cluster_place)found;
    out->folder_is_shared = fg_args_has(&cli->args, "shared-folder");
    for (size_t i = 0; rc == 0 && i < LEN(texts); i++)
        rc = read_text(cli, &texts[i], out, err);
    for (size_t i = 0; rc == 0 && i < LEN(times); i++)
        rc = read_time(cli, &times[i], out, err);
    /* The commands run elsewhere, or here: then a file of here is named. */
    if (rc == 0 && out->conf[0] && !out->ssh[0]) {
        char conf[FG_TEXT_MAX];
        memcpy(conf, out->conf, sizeof(conf));
        rc = fg_supplier_path(conf, out->conf, sizeof(out->conf), err);
    }
    return rc == 0 ? fg_cli_usd(cli, "price", 0, &out->price_uusd_per_device_hour, err) : rc;
}

int fg_supplier_cluster_read(const struct fg_cli *cli,
                             const char *url,
                             struct fg_supplier *out,
                             struct fg_err *err)
{
    const char *token = fg_args_get(&cli->args, "token-file");
    if (out->kind != FG_SUPPLIER_SLURM)
        return refuse_all(cli, err);
    /* Meant for slurmrestd, it would take our token there. */
    if (!url && fg_args_has(&cli->args, "url"))
        return fg_fail(
            err, FG_EINVAL,
            "--url is where the service of FastGPU is: slurmrestd's URL stands behind "
            "the word slurm, and FASTGPU_URL names the service");
    if (token && fg_args_has(&cli->args, "secret-file"))
        return fg_fail(err, FG_EINVAL,
                       "--token-file and --secret-file are the same, expected one of them");
    if (url && !fg_copy(out->url, sizeof(out->url), url))
        return fg_fail(err, FG_EINVAL, "a URL of more than %d bytes", FG_TEXT_MAX - 1);
    if (token && !url)
        return fg_fail(
            err, FG_EINVAL,
            "--token-file is for slurmrestd, whose URL is missing behind the word slurm");
    int rc = 0;
    if (token)
        rc = fg_supplier_path(token, out->secret_file, sizeof(out->secret_file), err);
    return rc == 0 ? read_terms(cli, &out->cluster, err) : rc;
}
