/* sim_html.c - --html FILE: what simulations found, as a page; see sim/page.h */
#include "cli/html_file.h"
#include "cli/sim_runs.h"

#include "sim/page.h"

#include <stdlib.h>
#include <string.h>

static void subtitle(const struct fg_sim_batch *batch, struct fg_buf *out)
{
    const struct fg_sim_result *first = batch->cases[0].result;
    unsigned long long failures = first->sums.node_failures, losses = first->sums.spot_losses;
    uint64_t gpus = fg_sim_cluster_gpus(batch->options.cluster);
    fg_buf_printf(out, "%zu jobs over %.1f days on %zu nodes", first->jobs_len,
                  (double)first->sums.span_us / 86.4e9,
                  fg_sim_cluster_nodes(batch->options.cluster));
    if (gpus)
        fg_buf_printf(out, " with %llu accelerators", (unsigned long long)gpus);
    if (failures)
        fg_buf_printf(out, "; %llu failure%s of nodes", failures, failures == 1 ? "" : "s");
    if (losses)
        fg_buf_printf(out, "; spot nodes taken away %llu time%s", losses,
                      losses == 1 ? "" : "s");
}

int fg_sim_html(const struct fg_sim_batch *batch, const char *path, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf page = {};
    FG_AUTO(fg_buf) struct fg_buf under = {};
    struct fg_sim_page_case *cases = calloc(batch->cases_len, sizeof(*cases));
    if (!cases)
        return fg_fail(err, FG_ENOMEM, "--html: no memory");
    for (size_t i = 0; i < batch->cases_len; i++)
        cases[i] = (struct fg_sim_page_case){batch->cases[i].policy.name,
                                             batch->cases[i].result, &batch->cases[i].summary};
    subtitle(batch, &under);
    fg_sim_page(&page, under.text, cases, batch->cases_len);
    free(cases);
    return fg_html_write(path, &page, err);
}
