/* queue_test.c - whatever happens, a walk gives what sorting all ready jobs would give. */
#include "queue/queue.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define SEEDS    60
#define STEPS    900
#define JOBS_MAX 300
#define PROJECTS 5
#define CLASSES  7

/* -- the model: an array, sorted when asked ------------------------------------------------------ */

struct world {
    uint64_t seed;
    struct fg_queue *queue;
    struct fg_job jobs[JOBS_MAX]; /* id 0: free */
    struct fg_project projects[PROJECTS + 1];
    int64_t bonus[PROJECTS + 1];
    fg_job_id next_id;
    int64_t now_us;
};

static uint32_t draw(struct world *world, uint32_t below)
{
    uint64_t z = world->seed += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

static int64_t key(const void *, const struct fg_job *job, const struct fg_project *project)
{
    return job->priority_milli + 1000LL * project->priority - job->submitted_us;
}

static uint32_t class_of(struct fg_queue *queue, uint32_t number)
{
    struct fg_request request = {.count = number % 2, .cpu_milli = 1000 * (number + 1)};
    snprintf(request.kind, sizeof(request.kind), "%s", number % 2 ? "h100" : "");
    return fg_queue_class(queue, &request, 1);
}

static void build(struct world *world, uint64_t seed)
{
    *world = (struct world){.seed = seed, .next_id = 1, .now_us = 1000};
    world->queue = fg_queue_new(&(struct fg_queue_options){.jobs_max = JOBS_MAX, .key = key});
    for (uint32_t id = 1; id <= PROJECTS; id++) {
        struct fg_project *project = &world->projects[id];
        *project = (struct fg_project){.id = id, .quota.queued = -1};
        snprintf(project->name, sizeof(project->name), "p%u", id);
        if (fg_queue_project_put(world->queue, project, NULL) != 0)
            abort();
    }
    for (uint32_t i = 0; i < CLASSES; i++)
        (void)class_of(world->queue, i);
}

static bool is_ready(const struct world *world, const struct fg_job *job)
{
    return job->id && job->state == FG_JOB_QUEUED && job->waits_for == 0
           && job->eligible_us <= world->now_us;
}

static bool before(const struct world *world, const struct fg_job *a, const struct fg_job *b)
{
    int64_t x = key(NULL, a, &world->projects[a->project]) + world->bonus[a->project];
    int64_t y = key(NULL, b, &world->projects[b->project]) + world->bonus[b->project];
    return x != y ? x > y : a->id < b->id;
}

/* The ready jobs in order, by insertion. */
static size_t sorted(const struct world *world, const struct fg_job **out)
{
    size_t len = 0;
    for (size_t i = 0; i < JOBS_MAX; i++) {
        const struct fg_job *job = &world->jobs[i];
        if (!is_ready(world, job))
            continue;
        size_t at = len++;
        for (; at > 0 && before(world, job, out[at - 1]); at--)
            out[at] = out[at - 1];
        out[at] = job;
    }
    return len;
}

/* -- steps, on the queue and on the model ----------------------------------------------------------- */

static void randomize(struct world *world, struct fg_job *job)
{
    job->priority_milli = (int32_t)draw(world, 40) - 20;
    job->state = draw(world, 4) ? FG_JOB_QUEUED : FG_JOB_RUNNING;
    job->waits_for = draw(world, 6) == 0;
    job->eligible_us = draw(world, 4) ? 0 : world->now_us + 1 + draw(world, 60);
}

static void add(struct world *world)
{
    struct fg_job *job = &world->jobs[draw(world, JOBS_MAX)];
    if (job->id)
        return;
    *job = (struct fg_job){.id = world->next_id++,
                           .project = 1 + draw(world, PROJECTS),
                           .request = class_of(world->queue, draw(world, CLASSES)),
                           .tasks = 1,
                           .submitted_us = draw(world, 30)};
    randomize(world, job);
    if (fg_queue_add(world->queue, job, NULL) != 0)
        abort();
}

static void set_or_del(struct world *world, bool del)
{
    struct fg_job *job = &world->jobs[draw(world, JOBS_MAX)];
    if (!job->id)
        return;
    if (del) {
        fg_queue_del(world->queue, job->id);
        *job = (struct fg_job){};
        return;
    }
    randomize(world, job);
    fg_queue_set(world->queue, job);
}

static void change_project(struct world *world)
{
    uint32_t id = 1 + draw(world, PROJECTS);
    if (draw(world, 2)) {
        world->bonus[id] = (int64_t)draw(world, 30) - 15;
        fg_queue_set_bonus(world->queue, id, world->bonus[id]);
    } else {
        world->projects[id].priority = (int32_t)draw(world, 3);
        if (fg_queue_project_put(world->queue, &world->projects[id], NULL) != 0)
            abort();
    }
}

static void step(struct world *world)
{
    uint32_t what = draw(world, 20);
    if (what < 8)
        add(world);
    else if (what < 18)
        set_or_del(world, what < 12);
    else if (what < 19)
        change_project(world);
    else
        world->now_us += draw(world, 40);
    int64_t next = fg_queue_advance(world->queue, world->now_us);
    if (next && next <= world->now_us)
        abort();
}

/* -- what must hold -------------------------------------------------------------------------------- */

static const char *check_walk(struct world *world)
{
    const struct fg_job *want[JOBS_MAX];
    size_t len = sorted(world, want);
    fg_queue_walk(world->queue);
    for (size_t i = 0; i < len; i++) {
        const struct fg_job *got = fg_queue_next(world->queue);
        if (!got || got->id != want[i]->id)
            return "order";
        if (i > 0 && !fg_queue_is_before(world->queue, want[i - 1]->id, want[i]->id))
            return "is_before";
    }
    for (int again = 0; again < 2; again++)
        if (fg_queue_next(world->queue))
            return "more than there are";
    return fg_queue_ready(world->queue) == len ? NULL : "ready";
}

/* Things happen while it is walked: what was not touched still comes, in order; what is gone does not. */
static const char *check_shaken_walk(struct world *world)
{
    const struct fg_job *want[JOBS_MAX];
    struct fg_job was[JOBS_MAX];
    size_t len = sorted(world, want), at = 0;
    for (size_t i = 0; i < len; i++)
        was[i] = *want[i];
    fg_queue_walk(world->queue);
    for (;;) {
        const struct fg_job *got = fg_queue_next(world->queue);
        for (; at < len && (!got || was[at].id != got->id); at++) {
            const struct fg_job *now = fg_queue_get(world->queue, was[at].id);
            if (now && memcmp(now, &was[at], sizeof(*now)) == 0)
                return "left out";
        }
        if (!got)
            return NULL;
        if (!is_ready(world, got))
            return "not ready";
        at++;
        if (draw(world, 3) == 0)
            set_or_del(world, true);
        else if (draw(world, 2))
            add(world);
    }
}

static const char *check_counts(struct world *world)
{
    size_t open = 0, ready[CLASSES] = {};
    int64_t queued[PROJECTS + 1] = {};
    for (size_t i = 0; i < JOBS_MAX; i++) {
        const struct fg_job *job = &world->jobs[i];
        const struct fg_job *kept = fg_queue_get(world->queue, job->id);
        if (!job->id)
            continue;
        if (!kept || kept->priority_milli != job->priority_milli || kept->state != job->state)
            return "record";
        open++;
        queued[job->project] += job->state == FG_JOB_QUEUED;
        ready[job->request] += is_ready(world, job);
    }
    for (uint32_t id = 1; id <= PROJECTS; id++)
        if (fg_queue_held(world->queue, id)->queued != queued[id])
            return "queued";
    for (uint32_t class = 0; class < CLASSES; class ++)
        if (fg_queue_class_ready(world->queue, class) != ready[class])
            return "ready of a class";
    return fg_queue_len(world->queue) == open && fg_queue_slots(world->queue) <= JOBS_MAX
               ? NULL
               : "count";
}

static const char *check_positions(struct world *world)
{
    const struct fg_job *order[JOBS_MAX];
    size_t len = sorted(world, order), before_it[PROJECTS + 1] = {};
    for (size_t i = 0; i < len; i++)
        if (fg_queue_position(world->queue, order[i]->id) != before_it[order[i]->project]++)
            return "position";
    return NULL;
}

static void a_walk_equals_a_sort(void)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct world *world = malloc(sizeof(*world));
        build(world, seed);
        const char *broken = NULL;
        for (int i = 0; i < STEPS && !broken; i++) {
            step(world);
            broken = check_counts(world);
            if (!broken && draw(world, 8) == 0)
                broken = draw(world, 2) ? check_walk(world) : check_shaken_walk(world);
            if (!broken && draw(world, 30) == 0)
                broken = check_positions(world);
        }
        if (!broken)
            broken = check_walk(world);
        if (broken)
            printf("# seed %llu: %s\n", (unsigned long long)seed, broken);
        if (broken || seed == SEEDS)
            OK(!broken);
        fg_queue_free(world->queue);
        free(world);
    }
}

/* -- by example ---------------------------------------------------------------------------------------- */

static struct fg_queue *small(void)
{
    struct fg_queue *queue =
        fg_queue_new(&(struct fg_queue_options){.jobs_max = 4, .key = key});
    struct fg_project project = {.id = 1, .name = "default"};
    EQ(fg_queue_project_put(queue, &project, NULL), 0);
    return queue;
}

static void equal_requests_are_one_class(void)
{
    FG_AUTO(fg_queue) struct fg_queue *queue = small();
    struct fg_request a = {.kind = "h100", .count = 1, .gpu_milli = 1000}, b = a;
    memset(a.kind + 5, 'x', 3); /* behind the final 0: does not count */
    struct fg_request both[] = {a, {.cpu_milli = 1}};
    uint32_t one = fg_queue_class(queue, &a, 1);
    EQ(fg_queue_class(queue, &b, 1), one);
    uint32_t two = fg_queue_class(queue, both, 2);
    OK(two != one);
    b.gpu_mem_mib = 1;
    OK(fg_queue_class(queue, &b, 1) != one);
    EQ(fg_queue_classes_len(queue), 3);
    size_t len;
    EQ(fg_queue_class_at(queue, two, &len)[1].cpu_milli, 1);
    EQ(len, 2);
}

/* A service that runs for years sees any number of different requests. */
static void classes_that_nobody_has_are_forgotten(void)
{
    FG_AUTO(fg_queue) struct fg_queue *queue = small();
    struct fg_request kept = {.cpu_milli = 77}, passing = {};
    struct fg_job job = {.id = 1, .project = 1, .request = fg_queue_class(queue, &kept, 1)};
    EQ(fg_queue_add(queue, &job, NULL), 0);
    bool right = true;
    for (uint32_t i = 1; i <= 20000; i++) {
        passing.cpu_milli = 1000 + i;
        struct fg_job other = {
            .id = 1 + i, .project = 1, .request = fg_queue_class(queue, &passing, 1)};
        right = right && fg_queue_add(queue, &other, NULL) == 0;
        size_t len;
        right =
            right
            && fg_queue_class_at(queue, other.request, &len)->cpu_milli == passing.cpu_milli;
        fg_queue_del(queue, other.id);
        fg_queue_advance(queue, i);
    }
    OK(right);
    OK(fg_queue_classes_len(queue) < 5000);
    EQ(fg_queue_class(queue, &kept, 1), job.request);
}

static void dependents_come_once_each(void)
{
    FG_AUTO(fg_queue) struct fg_queue *queue = small();
    struct fg_request request = {.cpu_milli = 1};
    for (fg_job_id id = 1; id <= 4; id++) {
        struct fg_job job = {.id = id, .project = 1, .waits_for = id > 1};
        job.request = fg_queue_class(queue, &request, 1);
        EQ(fg_queue_add(queue, &job, NULL), 0);
    }
    EQ(fg_queue_depend(queue, 2, 1, false), 0);
    EQ(fg_queue_depend(queue, 3, 1, true), 0);
    EQ(fg_queue_depend(queue, 4, 2, false), 0);
    EQ(fg_queue_depend(queue, 4, 9, false), FG_ENOENT);
    EQ(fg_queue_depend(queue, 4, 4, false), FG_ENOENT);
    EQ(fg_queue_ready(queue), 1);
    unsigned seen = 0;
    fg_job_id job;
    bool any_end;
    for (int i = 0; i < 2; i++) {
        OK(fg_queue_next_dependent(queue, 1, &job, &any_end));
        seen |= 1U << job;
        EQ(any_end, job == 3);
    }
    EQ(seen, 0b1100);
    OK(!fg_queue_next_dependent(queue, 1, &job, &any_end));
    fg_queue_del(queue, 2); /* with its edge; the slot and the edges are used again */
    struct fg_job again = {.id = 5, .project = 1, .request = 0};
    EQ(fg_queue_add(queue, &again, NULL), 0);
    OK(!fg_queue_next_dependent(queue, 5, &job, &any_end));
    EQ(fg_queue_slots(queue), 4);
}

static void later_means_later(void)
{
    FG_AUTO(fg_queue) struct fg_queue *queue = small();
    struct fg_request request = {.cpu_milli = 1};
    struct fg_job job = {.id = 1, .project = 1, .eligible_us = 500};
    job.request = fg_queue_class(queue, &request, 1);
    EQ(fg_queue_add(queue, &job, NULL), 0);
    EQ(fg_queue_advance(queue, 100), 500);
    job.eligible_us = 300; /* sooner than it said at first */
    fg_queue_set(queue, &job);
    EQ(fg_queue_advance(queue, 299), 300);
    EQ(fg_queue_ready(queue), 0);
    job.eligible_us = 700; /* and later again */
    fg_queue_set(queue, &job);
    EQ(fg_queue_advance(queue, 699) > 699, true);
    EQ(fg_queue_ready(queue), 0);
    EQ(fg_queue_advance(queue, 700), 0);
    EQ(fg_queue_ready(queue), 1);
    fg_queue_walk(queue);
    EQ(fg_queue_next(queue)->id, 1);
}

static void limits_are_kept(void)
{
    FG_AUTO(fg_queue) struct fg_queue *queue = small();
    struct fg_request request = {.cpu_milli = 1};
    struct fg_job job = {.project = 1, .request = fg_queue_class(queue, &request, 1)};
    for (job.id = 1; job.id <= 4; job.id++)
        EQ(fg_queue_add(queue, &job, NULL), 0);
    EQ(fg_queue_add(queue, &job, NULL), FG_ENOCAP);
    job.id = 2;
    EQ(fg_queue_add(queue, &job, NULL), FG_EEXIST);
    EQ(fg_queue_len(queue), 4);
    OK(!fg_queue_get(queue, 5));
    OK(!fg_queue_get(queue, 0));
    struct fg_project project = {.id = FG_PROJECTS_MAX + 1, .name = "one too many"};
    EQ(fg_queue_project_put(queue, &project, NULL), FG_ENOCAP);
    project.id = 3;
    EQ(fg_queue_project_put(queue, &project, NULL), 0);
    OK(!fg_queue_project(queue, 2));
    EQ(fg_queue_project_find(queue, "one too many")->id, 3);
    OK(!fg_queue_project_find(queue, ""));
    EQ(fg_queue_projects_max(queue), 3);
}

static void a_quota_counts_what_is_held(void)
{
    struct fg_project project = {.name = "p",
                                 .quota = {.gpu_milli = 4000,
                                           .cpu_milli = -1,
                                           .mem_mib = -1,
                                           .running = 3,
                                           .queued = -1},
                                 .kinds = {{"h100-sxm", 1000, 0}, {"h100", 2000, 0}},
                                 .kinds_len = 2};
    EQ(fg_quota_row(&project, "h100-sxm-80g"), 0);
    EQ(fg_quota_row(&project, "h100-pcie"), 1);
    EQ(fg_quota_row(&project, "h100"), 1);
    EQ(fg_quota_row(&project, "h1000"), -1);
    EQ(fg_quota_row(&project, "a100"), -1);
    struct fg_held held = {};
    struct fg_amount one = {.gpu_milli = 1000, .kinds = {1000}}, two = {.gpu_milli = 2000};
    struct fg_err err = {};
    EQ(fg_quota_allows(&project, &held, &one, &err), 0);
    fg_held_add(&held, &one);
    EQ(fg_quota_allows(&project, &held, &one, &err), FG_EQUOTA);
    OK(strstr(err.text, "h100-sxm") != NULL);
    EQ(fg_quota_allows(&project, &held, &two, &err), 0);
    fg_held_add(&held, &two);
    EQ(fg_quota_allows(&project, &held, &two, &err), FG_EQUOTA);
    OK(strstr(err.text, "milli-devices") != NULL);
    fg_held_add(&held, &(struct fg_amount){});
    EQ(fg_quota_allows(&project, &held, &(struct fg_amount){}, &err), FG_EQUOTA);
    OK(strstr(err.text, "running jobs") != NULL);
    fg_held_take(&held, &two);
    EQ(fg_quota_allows(&project, &held, &two, NULL), 0);
    EQ(held.running, 2);
}

int main(void)
{
    RUN(equal_requests_are_one_class);
    RUN(classes_that_nobody_has_are_forgotten);
    RUN(dependents_come_once_each);
    RUN(later_means_later);
    RUN(limits_are_kept);
    RUN(a_quota_counts_what_is_held);
    RUN(a_walk_equals_a_sort);
    return tap_done();
}
