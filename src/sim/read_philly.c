/* read_philly.c - the list of jobs made of Microsoft's Philly traces (Jeon et al., USENIX ATC 2019).
 *
 * timestamp is the submission, duration the run time in seconds, cluster the virtual cluster: our project. */
#include "sim/read_inner.h"

enum { TIMESTAMP, DURATION, NUM_GPUS, CLUSTER };
static const char *const columns[] = {"timestamp", "duration", "num_gpus", "cluster", NULL};

const struct fg_table_format fg_format_philly = {
    .name = "philly",
    .separator = ',',
    .has_header = true,
    .comment = "#",
    .columns = columns,
    .required = 4,
};

int fg_row_philly(struct fg_reader *reader)
{
    struct fg_sim_job job = fg_reader_new_job(reader);
    int64_t gpus = 0;
    int rc = fg_field_moment(fg_reader_field(reader, TIMESTAMP), "timestamp", &job.submit_us,
                             reader->err);
    if (rc == 0)
        rc = fg_field_seconds(fg_reader_field(reader, DURATION), "duration", &job.duration_us,
                              reader->err);
    if (rc == 0)
        rc = fg_field_int_in(fg_reader_field(reader, NUM_GPUS), "num_gpus", 0, GPUS_MAX, &gpus,
                             reader->err);
    if (rc == 0)
        rc = fg_reader_project(reader, fg_reader_field(reader, CLUSTER), &job);
    if (rc < 0)
        return rc;
    if (gpus == 0 || job.duration_us == 0)
        return ROW_SKIPPED;
    rc = fg_reader_gang(reader, &job, reader->reading->kind, (uint32_t)gpus, 0, 0);
    return rc < 0 ? rc : fg_sim_trace_add(reader->trace, &job, reader->err);
}
