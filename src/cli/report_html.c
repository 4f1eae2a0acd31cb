/* report_html.c - fastgpu report --html FILE: what is asked of the service, and the file; see report_html.h */
#include "cli/report_html.h"

#include "cli/html_file.h"
#include "cli/pages.h"
#include "cli/view.h"

#include "base/clock.h"

#include <string.h>

/* Why the longest of those that wait still do; a job that began meanwhile has no reason. */
static int ask_why(struct fg_cli *cli,
                   struct fg_report_page *page,
                   struct fg_answer answers[FG_REPORT_LONGEST],
                   struct fg_err *err)
{
    for (size_t i = 0; i < page->jobs->waits_len; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/v1/jobs/%s/why", page->jobs->waits[i].id);
        int rc = fg_cli_get(cli, path, &answers[i], err);
        if (rc < 0)
            return rc;
        page->reasons[i] = fg_view_text(answers[i].doc, "summary");
    }
    return 0;
}

static int gather(struct fg_cli *cli,
                  struct fg_report_page *page,
                  struct fg_answer rest[3],
                  struct fg_answer answers[FG_REPORT_LONGEST],
                  struct fg_err *err)
{
    char path[64];
    int rc = fg_pages_read(cli, "/v1/jobs", 0, fg_report_jobs_add, page->jobs, NULL, err);
    if (rc >= 0)
        rc = ask_why(cli, page, answers, err);
    if (rc == 0)
        rc = fg_cli_get(cli, "/v1/learned", &rest[0], err);
    snprintf(path, sizeof(path), "/v1/findings?limit=1000&from=%.10s",
             fg_view_text(page->report, "from"));
    if (rc == 0)
        rc = fg_cli_get(cli, path, &rest[1], err);
    page->learned = rest[0].doc;
    page->findings = rest[1].doc;
    snprintf(path, sizeof(path), "/v1/energy?limit=1&from=%.10s",
             fg_view_text(page->report, "from"));
    if (rc == 0)
        rc = fg_cli_get(cli, path, &rest[2], err);
    page->savings = rest[2].doc ? fg_doc_get(rest[2].doc, "savings") : NULL;
    return rc;
}

int fg_report_html(struct fg_cli *cli,
                   const struct fg_doc *report,
                   const char *path,
                   struct fg_err *err)
{
    const struct fg_clock *clock = fg_clock_system();
    struct fg_answer rest[3] = {}, answers[FG_REPORT_LONGEST] = {};
    struct fg_report_jobs jobs = {.from_us = fg_view_time(report, "from"),
                                  .now_us = clock->now_us(clock->self)};
    struct fg_report_page page = {.report = report, .jobs = &jobs};
    FG_AUTO(fg_buf) struct fg_buf html = {};
    fg_report_jobs_begin(&jobs);
    int rc = gather(cli, &page, rest, answers, err);
    if (rc == 0) {
        fg_report_page_write(&html, &page);
        rc = fg_html_write(path, &html, err);
    }
    fg_report_jobs_end(&jobs);
    for (size_t i = 0; i < 3; i++)
        fg_answer_free(&rest[i]);
    for (size_t i = 0; i < FG_REPORT_LONGEST; i++)
        fg_answer_free(&answers[i]);
    return rc;
}
