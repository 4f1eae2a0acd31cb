/* project.h - tenants, roles, tokens. */
#pragma once

#include "model/job.h"
#include "model/period.h"

/* Roles in rising order: each may do all that the one before may. */
enum fg_role { FG_ROLE_NONE, FG_ROLE_VIEWER, FG_ROLE_MEMBER, FG_ROLE_OPERATOR, FG_ROLE_ADMIN };
const char *fg_role_name(enum fg_role role); /* "viewer", ... */
int fg_role_find(const char *name);          /* the role, or -1 */

/* Limits of a project, those below it included, on what it holds at one time.  -1: no limit. */
struct fg_quota {
    int64_t gpu_milli; /* accelerators of every kind together */
    int64_t cpu_milli;
    int64_t mem_mib;
    int64_t running; /* jobs holding devices */
    int64_t queued;  /* jobs waiting: a submit beyond is refused with FG_EQUOTA */
};

/* Limits for each user of a project and of those below it together.  0: none. */
struct fg_user_limits {
    int64_t running;   /* jobs holding devices */
    int64_t gpu_milli; /* accelerators held */
    int64_t queued;    /* jobs waiting: a submit beyond is refused with FG_EQUOTA */
    int64_t
        submits_per_minute; /* requests, whatever number of jobs they bring: beyond, FG_EBUSY */
};

/* What a project and all below it may cost in a period: once it is spent no job of them starts. */
struct fg_budget {
    int64_t uusd; /* 0: no budget */
    enum fg_period period;
    bool stops; /* who runs by then is asked to stop, and waits for the next period */
};

#define FG_QUOTA_KINDS_MAX 8
struct fg_kind_quota {
    char kind[FG_KIND_MAX];
    int64_t gpu_milli;       /* the limit; -1: none */
    int64_t guarantee_milli; /* 0: none */
};

struct fg_project {
    fg_project_id id;
    char name[FG_NAME_MAX];
    fg_project_id parent; /* the project that it is part of; 0: of none */
    uint32_t weight;  /* fair share among those of the same parent, 1 .. 1000; default 100 */
    int32_t priority; /* added to every job of it */
    struct fg_quota quota;
    struct fg_kind_quota kinds[FG_QUOTA_KINDS_MAX];
    size_t kinds_len;
    /* Accelerators of every kind together that it has by reclaim, if it asks for them and others have borrowed them;
     * for it and all projects below it, as the quota is. */
    int64_t guarantee_milli;
    bool
        borrows_back; /* beyond what is guaranteed it starts only jobs that can be asked to stop */
    bool archived;    /* no new jobs */
    struct fg_user_limits user_limits;
    struct fg_budget budget;
};

/* A bearer token as stored: the secret itself is shown once and never kept. */
struct fg_token {
    uint64_t id;
    char prefix[12];  /* first characters, to recognise it in a list */
    uint8_t hash[32]; /* SHA-256 of the secret */
    char user[FG_NAME_MAX];
    enum fg_role role;
    fg_project_id project; /* 0: every project */
    int64_t created_us, expires_us /* 0 never */, last_used_us;
    bool revoked;
};

/* Who asks. */
struct fg_actor {
    char user[FG_NAME_MAX];
    enum fg_role role;
    fg_project_id project; /* 0: every project */
    int64_t uid;           /* of a local peer, -1 over TCP */
};
