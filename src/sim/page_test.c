/* page_test.c - the page is whole, asks nobody for anything, and shows hostile names as text */
#include "sim/page.h"
#include "sim/plot.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

static struct fg_sim_result *some_result(size_t jobs)
{
    struct fg_sim_result *result = fg_sim_result_new(jobs, 1);
    for (size_t i = 0; i < jobs; i++)
        result->jobs[i] = (struct fg_sim_outcome){.submit_us = (int64_t)i * 1'000'000,
                                                  .start_us = (int64_t)i * 2'000'000,
                                                  .end_us = (int64_t)i * 3'000'000 + 1,
                                                  .run_us = 1'000'000,
                                                  .gpu_milli = 1000,
                                                  .end = FG_SIM_DONE};
    for (int64_t i = 0; i < 40; i++)
        fg_sim_result_sample(result,
                             &(struct fg_sim_sample){.gpus_up = 10,
                                                     .gpus_busy = (double)(i % 10),
                                                     .jobs_waiting = (double)i,
                                                     .usd_per_hour = 20},
                             i * 60'000'000, (i + 1) * 60'000'000);
    return result;
}

static size_t times_in(const char *text, const char *word)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, word)); at += strlen(word))
        count++;
    return count;
}

static void page_is_whole(void)
{
    FG_AUTO(fg_sim_result) struct fg_sim_result *result = some_result(50);
    struct fg_sim_summary summary;
    fg_sim_summarise(result, 0, SIZE_MAX, &summary);
    struct fg_sim_page_case cases[] = {{"fifo", result, &summary},
                                       {"<script>alert('x')</script>&\"\n", result, &summary}};
    FG_AUTO(fg_buf) struct fg_buf page = {};
    fg_sim_page(&page, "50 <jobs>", cases, 2);
    OK(strncmp(page.text, "<!doctype html>", 15) == 0);
    OK(strstr(page.text, "</main></body></html>"));
    OK(!strstr(page.text, "<script") && !strstr(page.text, "http"));
    OK(strstr(page.text, "50 &lt;jobs&gt;"));
    OK(!strstr(page.text, "nan") && !strstr(page.text, "inf"));
    EQ(times_in(page.text, "<figure>"), 4); /* no energy was drawn, and nothing stranded */
    EQ(times_in(page.text, "<svg"), times_in(page.text, "</svg>"));
    EQ(times_in(page.text, "<tr>"), times_in(page.text, "</tr>"));
    fg_sim_summary_free(&summary);
}

static void nothing_ran_is_a_page_too(void)
{
    FG_AUTO(fg_sim_result) struct fg_sim_result *result = fg_sim_result_new(3, 1);
    struct fg_sim_summary summary;
    fg_sim_summarise(result, 0, SIZE_MAX, &summary);
    struct fg_sim_page_case one = {"fifo", result, &summary};
    FG_AUTO(fg_buf) struct fg_buf page = {};
    fg_sim_page(&page, "nothing", &one, 1);
    OK(strstr(page.text, "</html>") && !strstr(page.text, "nan"));
    fg_sim_summary_free(&summary);
}

static void text_is_escaped(void)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    fg_html_text(&out, "a<b>&\"'\x01é");
    OK(strcmp(out.text, "a&lt;b&gt;&amp;&quot;&#39;?é") == 0);
}

int main(void)
{
    RUN(page_is_whole);
    RUN(nothing_ran_is_a_page_too);
    RUN(text_is_escaped);
    return tap_done();
}
