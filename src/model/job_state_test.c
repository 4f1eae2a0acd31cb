/* job_state_test.c - final states keep; a refused move changes nothing. */
#include "model/job.h"
#include "test/tap.h"

#include <string.h>

static void final_states_keep(void)
{
    for (enum fg_job_state from = 0; from < FG_JOB_STATES; from++)
        for (enum fg_job_state to = 0; to < FG_JOB_STATES; to++) {
            enum fg_job_state state = from;
            int rc = fg_job_move(&state, to, NULL);
            if (fg_job_state_is_final(from))
                EQ(rc, FG_ESTATE);
            EQ(state, rc == 0 ? to : from);
        }
}

static void the_reason_is_readable(void)
{
    struct fg_err err = {};
    enum fg_job_state state = FG_JOB_SUCCEEDED;
    EQ(fg_job_move(&state, FG_JOB_RUNNING, &err), FG_ESTATE);
    OK(strcmp(err.text, "job is succeeded, it cannot become running") == 0);
}

int main(void)
{
    RUN(final_states_keep);
    RUN(the_reason_is_readable);
    return tap_done();
}
