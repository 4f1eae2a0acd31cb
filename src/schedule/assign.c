/* assign.c - see assign.h */
#include "schedule/assign.h"

#include <assert.h>
#include <stdlib.h>

#define NONE FG_ASSIGN_NONE

/* A move is worth making when it gains more than rounding errors: this part of what the job has. */
#define WORTH 1e-9

static double speed(const struct fg_assign *assign,
                    const struct fg_assign_job *job,
                    int32_t kind,
                    int32_t mate)
{
    const struct fg_assign_speeds *speeds = assign->speeds;
    if (kind == NONE)
        return 0;
    if (mate == NONE)
        return speeds->alone[(size_t)job->type * speeds->kinds_len + (size_t)kind];
    size_t pair = (size_t)job->type * speeds->types_len + assign->jobs[mate].type;
    return speeds->paired[pair * speeds->kinds_len + (size_t)kind];
}

double fg_assign_speed(const struct fg_assign *assign, size_t job)
{
    return speed(assign, &assign->jobs[job], assign->jobs[job].kind, assign->jobs[job].mate);
}

static double worth(const struct fg_assign *assign, int32_t job, int32_t kind, int32_t mate)
{
    return job == NONE
               ? 0
               : assign->jobs[job].weight * speed(assign, &assign->jobs[job], kind, mate);
}

double fg_assign_value(const struct fg_assign *assign)
{
    double sum = 0;
    for (size_t i = 0; i < assign->jobs_len; i++)
        sum += assign->jobs[i].weight * fg_assign_speed(assign, i);
    return sum;
}

/* What two who share are worth together; both must make progress. */
static double worth_pair(const struct fg_assign *assign, int32_t a, int32_t b, int32_t kind)
{
    double of_a = worth(assign, a, kind, b), of_b = worth(assign, b, kind, a);
    if (b == NONE)
        return of_a;
    return of_a > 0 && of_b > 0 ? of_a + of_b : -1;
}

/* -- moves ----------------------------------------------------------------------------------------------- */

enum move_kind { STAY, TO_FREE, JOIN, CHANGE };

struct move {
    enum move_kind what;
    int32_t to; /* a kind (TO_FREE), or a job */
    double gain;
};

/* What changes when the job leaves its place: its own worth goes, a mate has the devices to itself. */
static double leaving(const struct fg_assign *assign, int32_t job)
{
    const struct fg_assign_job *self = &assign->jobs[job];
    double gain = -self->worth;
    if (self->mate != NONE)
        gain += worth(assign, self->mate, self->kind, NONE) - assign->jobs[self->mate].worth;
    return gain;
}

static double worth_of_both(const struct fg_assign *assign, const struct fg_assign_job *job)
{
    return job->worth + (job->mate == NONE ? 0 : assign->jobs[job->mate].worth);
}

static void try_free(const struct fg_assign *assign,
                     int32_t job,
                     double left,
                     struct move *best)
{
    const struct fg_assign_job *self = &assign->jobs[job];
    for (uint32_t kind = 0; kind < assign->speeds->kinds_len; kind++) {
        bool is_own = self->kind == (int32_t)kind && self->mate == NONE;
        if (is_own || assign->free[kind] < self->devices)
            continue;
        double gain = left + worth(assign, job, (int32_t)kind, NONE);
        if (gain > best->gain)
            *best = (struct move){TO_FREE, (int32_t)kind, gain};
    }
}

static void try_join(
    const struct fg_assign *assign, int32_t job, int32_t other, double left, struct move *best)
{
    const struct fg_assign_job *there = &assign->jobs[other];
    if (!assign->speeds->paired || there->kind == NONE || there->mate != NONE)
        return;
    double both = worth_pair(assign, job, other, there->kind);
    double gain = both - there->worth + left;
    if (both > 0 && gain > best->gain)
        *best = (struct move){JOIN, other, gain};
}

static void try_change(const struct fg_assign *assign,
                       int32_t job,
                       int32_t other,
                       struct move *best)
{
    const struct fg_assign_job *a = &assign->jobs[job], *b = &assign->jobs[other];
    if (a->kind == b->kind && a->mate == NONE && b->mate == NONE)
        return;
    double before = worth_of_both(assign, a) + worth_of_both(assign, b);
    double here = worth_pair(assign, job, b->mate, b->kind);
    double there = worth_pair(assign, other, a->mate, a->kind);
    if (here >= 0 && there >= 0 && here + there - before > best->gain)
        *best = (struct move){CHANGE, other, here + there - before};
}

static struct move find_move(const struct fg_assign *assign, int32_t job)
{
    const struct fg_assign_job *self = &assign->jobs[job];
    struct move best = {.gain = WORTH * self->worth};
    double left = leaving(assign, job);
    try_free(assign, job, left, &best);
    for (int32_t other = 0; other < (int32_t)assign->jobs_len; other++) {
        if (other == job || other == self->mate || assign->jobs[other].devices != self->devices)
            continue;
        try_join(assign, job, other, left, &best);
        try_change(assign, job, other, &best);
    }
    return best;
}

/* Its place, or its mate's, is another one. */
static void value(struct fg_assign *assign, int32_t job)
{
    struct fg_assign_job *self = &assign->jobs[job];
    self->worth = worth(assign, job, self->kind, self->mate);
    if (self->mate != NONE)
        assign->jobs[self->mate].worth = worth(assign, self->mate, self->kind, job);
}

static void leave(struct fg_assign *assign, struct fg_assign_job *job)
{
    int32_t mate = job->mate;
    if (mate == NONE && job->kind != NONE)
        assign->free[job->kind] += job->devices;
    job->kind = job->mate = NONE;
    job->worth = 0;
    if (mate == NONE)
        return;
    assign->jobs[mate].mate = NONE;
    value(assign, mate);
}

static void enter_free(struct fg_assign *assign, struct fg_assign_job *job, int32_t kind)
{
    assert(assign->free[kind] >= job->devices);
    assign->free[kind] -= job->devices;
    job->kind = kind;
    value(assign, (int32_t)(job - assign->jobs));
}

static void change(struct fg_assign *assign, int32_t job, int32_t other)
{
    struct fg_assign_job *a = &assign->jobs[job], *b = &assign->jobs[other];
    struct fg_assign_job was = *a;
    a->kind = b->kind;
    a->mate = b->mate;
    b->kind = was.kind;
    b->mate = was.mate;
    if (a->mate != NONE)
        assign->jobs[a->mate].mate = job;
    if (b->mate != NONE)
        assign->jobs[b->mate].mate = other;
    value(assign, job);
    value(assign, other);
}

static void make_move(struct fg_assign *assign, int32_t job, struct move move)
{
    struct fg_assign_job *self = &assign->jobs[job];
    if (move.what == CHANGE) {
        change(assign, job, move.to);
        return;
    }
    leave(assign, self);
    if (move.what == TO_FREE) {
        enter_free(assign, self, move.to);
        return;
    }
    self->kind = assign->jobs[move.to].kind;
    self->mate = move.to;
    assign->jobs[move.to].mate = job;
    value(assign, job);
}

/* -- jobs of other widths: one takes the devices of those of the least worth ------------------------------- */

#define VICTIMS_MAX 16

struct taking {
    int32_t kind;
    int32_t victims[VICTIMS_MAX];
    size_t victims_len;
    double gain;
};

static bool is_taken(const struct taking *taking, int32_t job)
{
    for (size_t i = 0; i < taking->victims_len; i++)
        if (taking->victims[i] == job)
            return true;
    return false;
}

/* The job on that kind (of two who share, the first) whose devices are worth least, as far as they are needed. */
static int32_t cheapest(const struct fg_assign *assign,
                        int32_t job,
                        uint32_t need,
                        const struct taking *taking)
{
    int32_t found = NONE;
    double least = 0;
    for (int32_t i = 0; i < (int32_t)assign->jobs_len; i++) {
        const struct fg_assign_job *other = &assign->jobs[i];
        if (other->kind != taking->kind || i == job || other->mate == job
            || (other->mate != NONE && other->mate < i) || is_taken(taking, i))
            continue;
        uint32_t used = other->devices < need ? other->devices : need;
        double price = worth_of_both(assign, other) / (used ? used : 1);
        if (found == NONE || price < least) {
            found = i;
            least = price;
        }
    }
    return found;
}

/* Victims that ran alone take the devices that the job leaves, as far as these go. */
static double moved_back(const struct fg_assign *assign,
                         int32_t job,
                         const struct taking *taking)
{
    const struct fg_assign_job *self = &assign->jobs[job];
    double gain = 0;
    if (self->kind == NONE || self->mate != NONE)
        return 0;
    uint32_t room = assign->free[self->kind] + self->devices;
    for (size_t i = 0; i < taking->victims_len; i++) {
        const struct fg_assign_job *victim = &assign->jobs[taking->victims[i]];
        if (victim->mate != NONE || victim->devices > room)
            continue;
        room -= victim->devices;
        gain += worth(assign, taking->victims[i], self->kind, NONE);
    }
    return gain;
}

static bool plan_taking(const struct fg_assign *assign, int32_t job, struct taking *taking)
{
    const struct fg_assign_job *self = &assign->jobs[job];
    uint32_t room = assign->free[taking->kind];
    taking->victims_len = 0;
    taking->gain = leaving(assign, job) + worth(assign, job, taking->kind, NONE);
    while (room < self->devices) {
        int32_t victim = taking->victims_len < VICTIMS_MAX
                             ? cheapest(assign, job, self->devices - room, taking)
                             : NONE;
        if (victim == NONE)
            return false;
        const struct fg_assign_job *other = &assign->jobs[victim];
        taking->gain -= worth_of_both(assign, other);
        taking->victims[taking->victims_len++] = victim;
        room += other->devices;
    }
    taking->gain += moved_back(assign, job, taking);
    return true;
}

static void take(struct fg_assign *assign, int32_t job, const struct taking *taking)
{
    struct fg_assign_job *self = &assign->jobs[job];
    int32_t old = self->mate == NONE ? self->kind : NONE;
    leave(assign, self);
    for (size_t i = 0; i < taking->victims_len; i++) {
        struct fg_assign_job *victim = &assign->jobs[taking->victims[i]];
        bool was_alone = victim->mate == NONE;
        if (!was_alone)
            leave(assign, &assign->jobs[victim->mate]);
        leave(assign, victim);
        if (was_alone && old != NONE && victim->devices <= assign->free[old])
            enter_free(assign, victim, old);
    }
    enter_free(assign, self, taking->kind);
}

static bool try_taking(struct fg_assign *assign, int32_t job)
{
    struct taking best = {.gain = WORTH * assign->jobs[job].weight}, next;
    bool found = false;
    for (uint32_t kind = 0; kind < assign->speeds->kinds_len; kind++) {
        next.kind = (int32_t)kind;
        if (next.kind == assign->jobs[job].kind
            || assign->capacity[kind] < assign->jobs[job].devices
            || worth(assign, job, next.kind, NONE) <= 0 || !plan_taking(assign, job, &next)
            || next.gain <= best.gain)
            continue;
        best = next;
        found = true;
    }
    if (found)
        take(assign, job, &best);
    return found;
}

/* -- the search -------------------------------------------------------------------------------------------- */

static bool count_free(struct fg_assign *assign)
{
    bool one_width = true;
    for (uint32_t kind = 0; kind < assign->speeds->kinds_len; kind++)
        assign->free[kind] = assign->capacity[kind];
    for (int32_t i = 0; i < (int32_t)assign->jobs_len; i++) {
        struct fg_assign_job *job = &assign->jobs[i];
        one_width &= job->devices == assign->jobs[0].devices;
        job->worth = worth(assign, i, job->kind, job->mate);
        if (job->kind == NONE || (job->mate != NONE && job->mate < i))
            continue;
        assert(assign->free[job->kind] >= job->devices);
        assign->free[job->kind] -= job->devices;
    }
    return one_width;
}

size_t fg_assign_improve(struct fg_assign *assign, const uint32_t *order, unsigned passes)
{
    bool one_width = count_free(assign);
    size_t moves = 0, before = SIZE_MAX;
    for (unsigned pass = 0; pass < passes && moves != before; pass++) {
        before = moves;
        for (size_t i = 0; i < assign->jobs_len; i++) {
            struct move move = find_move(assign, (int32_t)order[i]);
            if (move.what == STAY)
                continue;
            make_move(assign, (int32_t)order[i], move);
            moves++;
        }
        for (size_t i = 0; i < assign->jobs_len && !one_width; i++)
            moves += try_taking(assign, (int32_t)order[i]);
    }
    return moves;
}

/* -- weights ------------------------------------------------------------------------------------------------- */

static int by_key(const void *left, const void *right, void *self)
{
    const double *keys = self;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    if (keys[a] != keys[b])
        return keys[a] < keys[b] ? -1 : 1;
    return a < b ? -1 : a > b;
}

static double mean_speed(const struct fg_assign *assign,
                         const struct fg_assign_job *job,
                         double devices)
{
    double sum = 0;
    for (uint32_t kind = 0; kind < assign->speeds->kinds_len; kind++)
        sum += speed(assign, job, (int32_t)kind, NONE) * assign->capacity[kind];
    return sum / devices;
}

void fg_assign_weigh(struct fg_assign *assign,
                     const double *keys,
                     double slope,
                     uint32_t *order)
{
    double devices = 0, behind = 0;
    for (uint32_t kind = 0; kind < assign->speeds->kinds_len; kind++)
        devices += assign->capacity[kind];
    assert(devices > 0);
    for (size_t i = 0; i < assign->jobs_len; i++) {
        order[i] = (uint32_t)i;
        behind += assign->jobs[i].devices;
    }
    qsort_r(order, assign->jobs_len, sizeof(order[0]), by_key, (void *)keys);
    for (size_t i = 0; i < assign->jobs_len; i++) {
        struct fg_assign_job *job = &assign->jobs[order[i]];
        behind -= job->devices;
        job->weight = (1 + slope * behind / devices) / mean_speed(assign, job, devices);
    }
}
