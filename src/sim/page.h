/* page.h - results as one page of HTML: plots, one colour a policy, and the figures as a table.
 *
 * It needs nothing from anywhere: style and pictures are in it, no script.  Light or dark as the reader's system is.
 */
#pragma once

#include "base/buf.h"
#include "sim/report.h"

struct fg_sim_page_case {
    const char *name; /* the policy */
    const struct fg_sim_result *result;
    const struct fg_sim_summary *summary;
};

/* A whole page; `subtitle` says what was simulated ("82,247 jobs of philly.csv on 2,490 devices").  Names may hold anything. */
void fg_sim_page(struct fg_buf *out,
                 const char *subtitle,
                 const struct fg_sim_page_case *cases,
                 size_t cases_len);
