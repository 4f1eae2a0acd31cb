/* node_check.c - machines that tried whether they can do work, and cannot; see node_inner.h */
#include "control/node_inner.h"

#include "model/self_check.h"

#include <stdlib.h>

#define STALE_US INT64_C(60000000) /* readings come every few seconds */
/* Certificates and leases of what runs there do not stand more; readings are minutes late at most. */
#define CLOCK_US INT64_C(300000000)

static const struct {
    int64_t bit;
    const char *why;
} checks[] = {
    {FG_CHECK_STUCK, "the disk of its jobs does not answer"},
    {FG_CHECK_FULL, "no space left on the disk of its jobs"},
    {FG_CHECK_DISK, "the disk of its jobs cannot be written"},
    {FG_CHECK_CLOCK, "its clock is wrong by more than five minutes"},
};

const char *fg_node_check_why(const struct known_node *known, int64_t now_us)
{
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        if (known->checks & checks[i].bit && now_us - known->checks_us < STALE_US)
            return checks[i].why;
    return NULL;
}

void fg_node_check_read(struct fg_control *control,
                        struct known_node *known,
                        const struct fg_device_sample *sample,
                        int64_t now_us)
{
    int64_t bits = sample->value[FG_READING_CHECKS];
    known->checks = bits > 0 ? bits : 0;
    if (llabs(sample->time_us - now_us) > CLOCK_US)
        known->checks |= FG_CHECK_CLOCK;
    known->checks_us = now_us;
    if ((fg_node_check_why(known, now_us) != NULL) != known->is_unfit)
        control->nodes_us = control->now_us;
}

/* What is over is followed by a probation. */
void fg_node_check_tick(struct fg_control *control, struct known_node *known)
{
    const char *why = fg_node_check_why(known, control->now_us);
    if (why && known->checks_us + STALE_US < control->nodes_us)
        control->nodes_us = known->checks_us + STALE_US;
    if ((why != NULL) == known->is_unfit)
        return;
    known->is_unfit = why != NULL;
    if (why)
        fg_health_fault(&known->health, control->config, FG_FAULT_FALL, 0, why,
                        control->now_us);
    else
        fg_health_rose(&known->health, control->config, 0, control->now_us);
    if (fg_control_begin(control))
        fg_control_tell(control, why ? "node.unfit" : "node.fit", NULL,
                        "\"node\":\"%s\",\"reason\":\"%s\"", known->name, why ? why : "");
}
