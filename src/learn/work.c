/* work.c - see work.h */
#include "learn/work.h"

#define HOUR_US 3'600'000'000LL

static uint64_t key_of(const struct fg_job *job, const struct fg_class *class)
{
    uint64_t work = fg_class_work(class);
    return work && job->duration_us > 0 ? ~work : work;
}

void fg_work_note(struct fg_speeds *speeds,
                  const struct fg_job *job,
                  const struct fg_class *class,
                  const char *kind,
                  int64_t ran_us)
{
    if (job->duration_us > 0)
        ran_us = (int64_t)((__int128)ran_us * HOUR_US / job->duration_us);
    if (kind[0])
        fg_speeds_note(speeds, key_of(job, class), kind, ran_us);
}

bool fg_work_speed(struct fg_speeds *speeds,
                   const struct fg_config *config,
                   const struct fg_job *job,
                   const struct fg_request *any_of,
                   size_t any_of_len,
                   const char *kind,
                   struct fg_speed *out)
{
    if (config->learn_speeds == 0)
        return false;
    struct fg_class class = fg_class_of(job, any_of, any_of_len);
    return fg_speeds_rate(speeds, key_of(job, &class), kind, out)
           && out->error * 100 <= (double)config->learn_speeds;
}
