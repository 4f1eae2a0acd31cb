/* priority_test.c - the formula of the design, and ageing that lets every job pass in the end. */
#include "schedule/order.h"
#include "schedule/priority.h"
#include "test/tap.h"

#define HOUR_US 3'600'000'000LL

static struct fg_config config;

static int64_t key_of(const struct fg_job_order *order, const struct fg_job *job)
{
    static const struct fg_project project;
    return order->key(
        &(struct fg_order_view){.config = &config, .job = job, .project = &project});
}

static struct fg_job_spec spec_of(int32_t c, int32_t t, int32_t m)
{
    return (struct fg_job_spec){.compute_density = c, .time_sensitivity = t, .memory_need = m};
}

static void the_formula_gives_71_5(void)
{
    struct fg_job_spec spec = spec_of(100, 5, 100);
    EQ(fg_priority_milli(&config, &spec), 71500);
    spec.priority = 7;
    EQ(fg_priority_milli(&config, &spec), 78500);
    spec.priority = -1000;
    EQ(fg_priority_milli(&config, &spec), 71500 - 1000000);
}

static void what_is_not_said_is_derived(void)
{
    struct fg_job_spec cpu = spec_of(-1, -1, -1), gpu = cpu, late = cpu;
    EQ(fg_priority_milli(&config, &cpu), 500 * 20 + 300 * 5);
    gpu.any_of[0] = (struct fg_request){.count = 8, .gpu_mem_mib = 65536, .mem_mib = 524288};
    EQ(fg_priority_milli(&config, &gpu), 500 * 100 + 300 * 5 + 200 * 100);
    gpu.any_of[0].mem_mib = 0; /* 512 GiB of device memory: half */
    EQ(fg_priority_milli(&config, &gpu), 500 * 100 + 300 * 5 + 200 * 50);
    late.deadline_us = 1;
    EQ(fg_priority_milli(&config, &late), 500 * 20 + 300 * 100);
}

static void weights_cannot_overflow(void)
{
    struct fg_config heavy = config;
    heavy.priority_w1_milli = heavy.priority_w2_milli = heavy.priority_w3_milli = 1000000;
    heavy.priority_age_per_hour = 100000;
    struct fg_job_spec spec = spec_of(100, 100, 100);
    spec.priority = 1000;
    EQ(fg_priority_milli(&heavy, &spec), 301000000);
    struct fg_job job = {.priority_milli = INT32_MAX, .submitted_us = 0};
    struct fg_project project = {.priority = 1000};
    struct fg_order_view view = {.config = &heavy, .job = &job, .project = &project};
    OK(fg_job_orders[0]->key(&view) > 0);
    job.submitted_us = 4'102'444'800'000'000; /* 2100 */
    OK(fg_job_orders[0]->key(&view) < 0);
}

/* Two points an hour apart in P and ten points an hour of age: twelve minutes. */
static void age_makes_up_for_any_difference(void)
{
    struct fg_project project = {};
    struct fg_job low = {.id = 1, .priority_milli = 10000, .submitted_us = 0};
    struct fg_job high = {.id = 2, .priority_milli = 12000};
    const struct fg_job_order *order = fg_job_order_find("priority");
    for (int64_t minute = 0; minute <= 30; minute++) {
        high.submitted_us = minute * 60'000'000;
        bool low_first = key_of(order, &low) > key_of(order, &high);
        EQ(low_first, minute > 12);
        int64_t now = high.submitted_us + HOUR_US;
        bool low_higher = fg_priority_now_milli(&config, &low, &project, now)
                          > fg_priority_now_milli(&config, &high, &project, now);
        EQ(low_higher, minute > 12); /* what people are shown agrees with the order */
    }
}

static void orders_have_names(void)
{
    OK(fg_job_order_find("priority") == fg_job_orders[0]);
    OK(fg_job_order_find("fifo") != NULL);
    OK(!fg_job_order_find("lifo"));
    struct fg_job first = {.submitted_us = 1, .priority_milli = 0};
    struct fg_job second = {.submitted_us = 2, .priority_milli = 99};
    const struct fg_job_order *fifo = fg_job_order_find("fifo");
    OK(key_of(fifo, &first) > key_of(fifo, &second));
}

int main(void)
{
    fg_config_defaults(&config);
    RUN(the_formula_gives_71_5);
    RUN(what_is_not_said_is_derived);
    RUN(weights_cannot_overflow);
    RUN(age_makes_up_for_any_difference);
    RUN(orders_have_names);
    return tap_done();
}
