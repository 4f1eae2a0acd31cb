/* predict_test.c - the last two of the same user, else of the project; bounded; against a list of all. */
#include "queue/predict.h"
#include "test/tap.h"

#include <stdlib.h>

static const struct fg_request one = {.kind = "h100", .count = 1, .gpu_milli = 1000},
                               two = {.kind = "h100", .count = 2, .gpu_milli = 1000};

static struct fg_job job_of(uint32_t user, fg_project_id project)
{
    return (struct fg_job){.user = user, .project = project, .tasks = 1};
}

static void the_last_two_are_averaged(void)
{
    FG_AUTO(fg_predict) struct fg_predict *predict = fg_predict_new(100);
    struct fg_job ada = job_of(1, 1), bob = job_of(2, 1), eve = job_of(3, 2);
    EQ(fg_predict_us(predict, &ada, &one, 1), 0);
    fg_predict_note(predict, &ada, &one, 1, 100);
    EQ(fg_predict_us(predict, &ada, &one, 1), 100);
    fg_predict_note(predict, &ada, &one, 1, 200);
    fg_predict_note(predict, &ada, &one, 1, 400);
    EQ(fg_predict_us(predict, &ada, &one, 1), 300);
    EQ(fg_predict_us(predict, &ada, &two, 1), 0);   /* another request */
    EQ(fg_predict_us(predict, &bob, &one, 1), 300); /* the same project */
    EQ(fg_predict_us(predict, &eve, &one, 1), 0);
    ada.tasks = 2;
    EQ(fg_predict_us(predict, &ada, &one, 1), 0);
}

static void a_time_limit_is_the_most(void)
{
    FG_AUTO(fg_predict) struct fg_predict *predict = fg_predict_new(100);
    struct fg_job job = job_of(1, 1);
    fg_predict_note(predict, &job, &one, 1, INT64_MAX);
    fg_predict_note(predict, &job, &one, 1, INT64_MAX);
    OK(fg_predict_us(predict, &job, &one, 1) > INT64_MAX / 2);
    job.time_limit_us = 7;
    EQ(fg_predict_us(predict, &job, &one, 1), 7);
    struct fg_job quick = job_of(9, 9);
    fg_predict_note(predict, &quick, &one, 1, 0);
    fg_predict_note(predict, &quick, &one, 1, -5);
    EQ(fg_predict_us(predict, &quick, &one, 1), 1); /* known, and not "unknown" */
}

/* More classes than there is room for: what was seen lately is right, and nothing is ever wrong. */
static void the_oldest_are_forgotten(void)
{
    FG_AUTO(fg_predict) struct fg_predict *predict = fg_predict_new(64);
    size_t known = 0, wrong = 0;
    for (uint32_t user = 1; user <= 10000; user++) {
        struct fg_job job = job_of(user, user);
        fg_predict_note(predict, &job, &one, 1, user);
        wrong += fg_predict_us(predict, &job, &one, 1) != user;
    }
    for (uint32_t user = 1; user <= 10000; user++) {
        struct fg_job job = job_of(user, user);
        int64_t us = fg_predict_us(predict, &job, &one, 1);
        known += us != 0;
        wrong += us != 0 && us != user;
    }
    EQ(wrong, 0);
    OK(known > 10 && known <= 68);
}

int main(void)
{
    RUN(the_last_two_are_averaged);
    RUN(a_time_limit_is_the_most);
    RUN(the_oldest_are_forgotten);
    return tap_done();
}
