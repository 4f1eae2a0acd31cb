/* cmd_supplier_try.c - fastgpu supplier test: does a plug-in keep the contract? */
#include "cli/human.h"
#include "cli/interrupt.h"
#include "cli/supplier_words.h"
#include "cli/table.h"
#include "cli/verb.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "base/text.h"
#include "model/supplier_json.h"
#include "provision/contract.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct fg_opt fg_opts_supplier_test[] = {
    {"url", 0, "URL", "a REST service instead of a program", NULL},
    {"machines", 0, "FILE", "a list of own machines instead of a program", "file"},
    {"secret-file", 0, "FILE", "what it knows us by, mode 0600", "file"},
    {"instance", 0, "NAME", "order this one (else the cheapest that is offered)", NULL},
    {"no-buy", 0, NULL, "try only the rules that need no order", NULL},
    {"timeout", 0, "TIME", "of one call, 60s", NULL},
    {"wait", 0, "TIME", "how long a delivery may take, 60s", NULL},
    FG_OPT_JSON,
    {}};

fg_verb_fn fg_cmd_supplier_test;

/* One run of the kit. */
struct trial {
    struct fg_cli *cli;
    struct fg_supplier supplier;
    struct fg_contract_test test;
    char folder[64];
    struct fg_buf text;
    struct fg_json json;
    size_t counts[FG_RULE_RESULTS];
};

static int read_duration(const struct fg_cli *cli,
                         const char *name,
                         int64_t max_us,
                         int64_t *out_us,
                         struct fg_err *err)
{
    const char *text = fg_args_get(&cli->args, name);
    if (!text)
        return 0;
    if (fg_duration_parse(text, out_us) < 0 || *out_us < 1000 || *out_us > max_us)
        return fg_fail(err, FG_EINVAL, "--%s: %.40s, expected a time like 30s, up to %lld s",
                       name, text, (long long)(max_us / 1000000));
    return 0;
}

static int read_program(const struct fg_cli *cli, struct fg_supplier *out, struct fg_err *err)
{
    if (cli->args.words_len > FG_SUPPLIER_ARGS_MAX)
        return fg_fail(err, FG_EINVAL, "%zu words, expected at most %d", cli->args.words_len,
                       FG_SUPPLIER_ARGS_MAX);
    out->kind = FG_SUPPLIER_EXEC;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < cli->args.words_len; i++)
        rc = fg_supplier_word(cli->args.words[i], out->argv[out->argv_len++], err);
    return rc;
}

static int read_supplier(const struct fg_cli *cli, struct fg_supplier *out, struct fg_err *err)
{
    const char *url = fg_args_get(&cli->args, "url");
    const char *machines = fg_args_get(&cli->args, "machines");
    const char *secret = fg_args_get(&cli->args, "secret-file");
    int rc = 0;
    *out = (struct fg_supplier){.name = "tested", .timeout_us = FG_SUPPLIER_TIMEOUT_US};
    if ((url != NULL) + (machines != NULL) + (cli->args.words_len > 0) != 1)
        return fg_fail(err, FG_EINVAL,
                       "expected one of: a program behind --, --url, --machines");
    if (url && !fg_copy(out->url, sizeof(out->url), url))
        return fg_fail(err, FG_EINVAL, "--url: more than %d bytes", FG_TEXT_MAX - 1);
    if (url) {
        out->kind = FG_SUPPLIER_HTTP;
        rc = fg_supplier_check(out, err);
    } else if (machines) {
        out->kind = FG_SUPPLIER_OWNED;
        rc = fg_supplier_path(machines, out->machines_file, sizeof(out->machines_file), err);
    } else {
        rc = read_program(cli, out, err);
    }
    if (rc == 0 && secret)
        rc = fg_supplier_path(secret, out->secret_file, sizeof(out->secret_file), err);
    return rc == 0 ? read_duration(cli, "timeout", FG_SUPPLIER_TIMEOUT_US_MAX, &out->timeout_us,
                                   err)
                   : rc;
}

static void print_rule(struct trial *trial, const struct fg_rule_report *report)
{
    static const enum fg_style styles[] = {FG_GOOD, FG_BAD, FG_DIM};
    const struct fg_term *out = &trial->cli->out;
    printf("%s%-7s%s  %-13s  %s\n", fg_style_text(out, styles[report->result]),
           fg_rule_result_name(report->result), fg_style_text(out, FG_PLAIN), report->name,
           report->text);
    if (report->reason[0])
        printf("         %-13s  %s\n", "", report->reason);
    fflush(stdout);
}

static void on_rule(void *self, const struct fg_rule_report *report)
{
    struct trial *trial = self;
    trial->counts[report->result]++;
    if (!fg_args_has(&trial->cli->args, "json")) {
        print_rule(trial, report);
        return;
    }
    fg_json_object(&trial->json);
    fg_json_kv(&trial->json, "rule", report->name);
    fg_json_kv(&trial->json, "text", report->text);
    fg_json_kv(&trial->json, "result", fg_rule_result_name(report->result));
    fg_json_kv(&trial->json, "reason", report->reason);
    fg_json_key(&trial->json, "seconds");
    fg_json_double(&trial->json, (double)report->took_us / 1e6);
    fg_json_end(&trial->json);
}

static int remove_one(const char *path, const struct stat *, int, struct FTW *)
{
    return remove(path);
}

static void run(struct trial *trial)
{
    bool is_json = fg_args_has(&trial->cli->args, "json");
    if (is_json) {
        fg_json_object(&trial->json);
        fg_json_key(&trial->json, "rules");
        fg_json_array(&trial->json);
    }
    fg_contract_run(&trial->test);
    const size_t *counts = trial->counts;
    if (!is_json) {
        printf("%zu passed, %zu failed, %zu skipped\n", counts[FG_RULE_PASSED],
               counts[FG_RULE_FAILED], counts[FG_RULE_SKIPPED]);
        return;
    }
    fg_json_end(&trial->json);
    for (int result = 0; result < FG_RULE_RESULTS; result++)
        fg_json_kv_int(&trial->json, fg_rule_result_name((enum fg_rule_result)result),
                       (int64_t)counts[result]);
    fg_json_end(&trial->json);
    printf("%s\n", trial->text.text);
}

int fg_cmd_supplier_test(struct fg_cli *cli, struct fg_err *err)
{
    struct trial trial = {.cli = cli, .folder = "/tmp/fastgpu-supplier-XXXXXX"};
    trial.json.buf = &trial.text;
    trial.test = (struct fg_contract_test){.supplier = &trial.supplier,
                                           .folder = trial.folder,
                                           .instance = fg_args_get(&cli->args, "instance"),
                                           .buys = !fg_args_has(&cli->args, "no-buy"),
                                           .wait_us = 60000000,
                                           .on_rule = on_rule,
                                           .self = &trial};
    int rc = read_supplier(cli, &trial.supplier, err);
    if (rc == 0)
        rc = read_duration(cli, "wait", INT64_C(86400000000), &trial.test.wait_us, err);
    if (rc < 0)
        return rc;
    FG_AUTO(fg_interrupt) struct fg_interrupt *interrupt = fg_interrupt_new();
    trial.test.stop_fd = interrupt ? fg_interrupt_fd(interrupt) : -1;
    if (!mkdtemp(trial.folder))
        return fg_fail(err, FG_EIO, "%s: %s", trial.folder, strerror(errno));
    run(&trial);
    fg_buf_free(&trial.text);
    nftw(trial.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return trial.counts[FG_RULE_FAILED] > 0;
}
