/* cmd_plan_break_even.c - fastgpu plan break-even: buy, reserve or rent */
#include "cli/break_even_print.h"
#include "cli/offer_files.h"

#include "base/clock.h"

#include <math.h>
#include <stdlib.h>

const struct fg_opt fg_opts_plan_break_even[] = {
    FG_OPTS_OFFERS("the list of the program"),
    {"hours-per-day", 0, "H", "it is used so long each day (24)", NULL},
    {"utilisation", 'u', "PERCENT", "it is used so much of the time", NULL},
    {"months", 'm', "N", "the need lasts so long (36)", NULL},
    {"devices", 'n', "N",
     "at the same time, in whole instances (one, as a part of an instance)", NULL},
    {"lost", 0, "TIME", "work lost each time that spot is taken back (15m)", NULL},
    {"resale", 0, "PERCENT", "of its book value that a machine is sold for (50)", NULL},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_plan_break_even;

#define LOST_US INT64_C(900000000)

/* A decimal number of an option, times `scale`; `*out` keeps its value without it. */
static int read_scaled(const struct fg_cli *cli,
                       const char *name,
                       double max,
                       double scale,
                       uint32_t *out,
                       struct fg_err *err)
{
    const char *text = fg_args_get(&cli->args, name);
    char *end = NULL;
    if (!text)
        return 0;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= 0 && value <= max))
        return fg_fail(err, FG_EINVAL, "--%s: %.40s, expected a number from 0 to %g", name,
                       text, max);
    *out = (uint32_t)lround(value * scale);
    return 0;
}

static int read_use(const struct fg_cli *cli,
                    struct fg_break_even_question *question,
                    struct fg_err *err)
{
    if (fg_args_has(&cli->args, "hours-per-day") && fg_args_has(&cli->args, "utilisation"))
        return fg_fail(err, FG_EINVAL,
                       "--hours-per-day and --utilisation say the same: expected one of them");
    question->use_ppm = 1000000;
    int rc = read_scaled(cli, "hours-per-day", 24, 1e6 / 24, &question->use_ppm, err);
    if (rc == 0)
        rc = read_scaled(cli, "utilisation", 100, 1e4, &question->use_ppm, err);
    return rc;
}

static int read_question(const struct fg_cli *cli,
                         struct fg_break_even_question *question,
                         struct fg_err *err)
{
    int64_t months = 0, devices = 0;
    const char *lost = fg_args_get(&cli->args, "lost");
    question->lost_us = LOST_US;
    question->resale_milli = 500;
    int rc = read_use(cli, question, err);
    if (rc == 0)
        rc = read_scaled(cli, "resale", 100, 10, &question->resale_milli, err);
    if (rc == 0)
        rc = fg_cli_number(cli, "months", 1, FG_BREAK_EVEN_MONTHS_MAX, 36, &months, err);
    if (rc == 0)
        rc = fg_cli_number(cli, "devices", 1, FG_ORDER_COUNT_MAX, 0, &devices, err);
    if (rc < 0)
        return rc;
    if (lost && fg_duration_parse(lost, &question->lost_us) < 0)
        return fg_fail(err, FG_EINVAL, "--lost: %.40s, expected a duration as 15m", lost);
    question->months = (uint32_t)months;
    question->devices = (uint32_t)devices;
    return 0;
}

int fg_cmd_plan_break_even(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_offer_sheet) struct fg_offer_sheet sheet = {};
    struct fg_break_even_question question = {};
    struct fg_break_even answer;
    const char *kind = fg_args_get(&cli->args, "accelerator");
    if (!kind)
        return fg_fail(err, FG_EINVAL, "--accelerator: missing, expected a kind as H100");
    int rc = read_question(cli, &question, err);
    if (rc == 0)
        rc = fg_offer_files_read(cli, &sheet, err);
    if (rc < 0)
        return rc;
    question.offers = sheet.offers;
    question.offers_len = sheet.offers_len;
    rc = fg_break_even(&question, &answer, err);
    if (rc < 0)
        return rc;
    if (fg_args_has(&cli->args, "json"))
        fg_break_even_print_json(kind, &question, &answer);
    else
        fg_break_even_print(kind, &question, &answer, &cli->out);
    return 0;
}
