/* report_html.h - the report of a period as one page of HTML: it needs nothing from anywhere, no script. */
#pragma once

#include "cli/report_jobs.h"
#include "cli/verb.h"

/* What the page is made of. */
struct fg_report_page {
    const struct fg_doc *report;            /* GET /v1/report */
    const struct fg_doc *learned;           /* GET /v1/learned; NULL: none */
    const struct fg_doc *findings;          /* GET /v1/findings; NULL: none */
    const struct fg_doc *savings;           /* of GET /v1/energy; NULL: none */
    struct fg_report_jobs *jobs;            /* added up */
    const char *reasons[FG_REPORT_LONGEST]; /* why jobs->waits wait; NULL: not known */
};

/* The page.  Names and reasons may hold anything. */
void fg_report_page_write(struct fg_buf *out, const struct fg_report_page *page);

/* report_waste.c: devices that were held and not used, by user, the dearest first; and what to say of it in advice. */
void fg_report_waste_write(struct fg_buf *out, const struct fg_doc *findings);
void fg_report_waste_advise(struct fg_buf *out, const struct fg_doc *findings);

/* Ask the service for the rest, and write the page to the file. */
[[nodiscard]] int fg_report_html(struct fg_cli *cli,
                                 const struct fg_doc *report,
                                 const char *path,
                                 struct fg_err *err);
