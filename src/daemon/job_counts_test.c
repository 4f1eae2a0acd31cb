/* job_counts_test.c - counters of jobs grow by what those of their devices grew, whoever held them before. */
#include "daemon/job_counts.h"

#include "test/tap.h"

/* A device says that it has used so much; the job that holds it gets what that is more.  Returns the sum of the job. */
static int64_t tell(struct fg_job_counts *counts, uint64_t device, int64_t mj, fg_job_id job)
{
    int64_t value[FG_READINGS_LEN] = FG_READINGS_UNKNOWN, grown[FG_JOB_COUNTS_LEN],
            sums[FG_JOB_COUNTS_LEN];
    value[FG_READING_ENERGY] = mj;
    fg_job_counts_grown(counts, device, value, grown);
    EQ(grown[1], -1);
    fg_job_counts_add(counts, job, grown, sums);
    EQ(sums[2], -1);
    return sums[0];
}

static void jobs_count_what_they_held(void)
{
    struct fg_job_counts *counts = fg_job_counts_new();
    EQ(tell(counts, 7, 1000, 1), -1); /* since when is not known */
    EQ(tell(counts, 7, 1500, 1), 500);
    EQ(tell(counts, 8, 40, 1), 500);
    EQ(tell(counts, 8, 50, 1), 510);
    EQ(tell(counts, 7, 1700, 2), 200);
    EQ(tell(counts, 7, 10, 2), 200); /* the driver was loaded anew */
    EQ(tell(counts, 7, -1, 2), 200);
    EQ(tell(counts, 7, 30, 2), 220);
    EQ(tell(counts, 8, 60, 1), 520);
    fg_job_counts_free(counts);
}

/* Those that come and go are forgotten, those that stay are not. */
static void what_is_not_asked_for_is_forgotten(void)
{
    struct fg_job_counts *counts = fg_job_counts_new();
    const int64_t unknown[FG_JOB_COUNTS_LEN] = {-1, -1, -1}, one[FG_JOB_COUNTS_LEN] = {1, 1, 1};
    int64_t sums[FG_JOB_COUNTS_LEN];
    fg_job_counts_add(counts, 1, one, sums);
    fg_job_counts_add(counts, 2, one, sums);
    for (fg_job_id job = 10; job < 250000; job++) {
        fg_job_counts_add(counts, job, one, sums);
        if (job % 1000 == 0)
            fg_job_counts_add(counts, 2, one, sums);
    }
    fg_job_counts_add(counts, 2, unknown, sums);
    EQ(sums[0], 250);
    fg_job_counts_add(counts, 1, unknown, sums);
    EQ(sums[0], -1);
    fg_job_counts_free(counts);
}

int main(void)
{
    RUN(jobs_count_what_they_held);
    RUN(what_is_not_asked_for_is_forgotten);
    return tap_done();
}
