/* job_read.c - the table of members, the defaults, and what holds between members; see job_read.h */
#include "model/job_read.h"
#include "model/names.h"
#include "model/url.h"

#include <assert.h>
#include <string.h>

#define DURATION_US_MAX (FG_DURATION_DAYS_MAX * 86'400'000'000ll)
#define MOMENT_US_MAX   253'402'300'799'000'000ll /* the end of year 9999 */
#define PATH_LEN_MAX    1024
#define KEY_LEN_MAX     255 /* of an idempotency key */

/* One row is one member of a job.  Rows with one offset are spellings of one thing: only one of them
 * may be given. */
struct fg_job_member {
    const char *name;
    fg_member_read *read;
    size_t offset;    /* in fg_job_spec */
    int64_t min, max; /* of a number; of text `max` is its greatest length */
    int (*check)(const char *what,
                 const char *text,
                 struct fg_err *err); /* of text; may be NULL */
};

static fg_member_read read_text, read_i32, read_u32, read_i64, read_bool, read_duration,
    read_moment, read_resources, read_any_of, read_throughput, read_grace, read_restart,
    read_checkpoint, read_flexible;

static int check_key(const char *what, const char *text, struct fg_err *err)
{
    if (!text[0])
        return fg_fail(err, FG_EINVAL, "%s: empty, expected 1 to %d characters", what,
                       KEY_LEN_MAX);
    for (const char *at = text; *at; at++)
        if (*at < 0x20 || *at > 0x7e)
            return fg_fail(err, FG_EINVAL, "%s: expected printable ASCII only", what);
    return 0;
}

#define AT(member)            offsetof(struct fg_job_spec, member)
#define TEXT(member, len)     #member, read_text, AT(member), 0, len
#define NUMBER(as, member)    read_##as, AT(member)
#define DURATION(name, field) name, read_duration, AT(field), 0, DURATION_US_MAX

static int check_url(const char *what, const char *text, struct fg_err *err)
{
    struct fg_url url;
    int rc = fg_url_parse(text, &url, err);
    /* Names are put behind it. */
    if (rc == 0 && strpbrk(url.path, "?"))
        rc = fg_fail(err, FG_EINVAL, "a query in it, expected the URL of a folder");
    return rc < 0 ? fg_wrap(err, rc, "%s", what) : 0;
}

static const struct fg_job_member members[] = {
    {TEXT(name, FG_NAME_MAX), fg_name_check},
    {TEXT(project, FG_NAME_MAX), fg_name_check},
    {TEXT(reservation, FG_NAME_MAX), fg_name_check},
    {TEXT(run, FG_SPEC_BYTES_MAX), NULL},
    {TEXT(setup, FG_SPEC_BYTES_MAX), NULL},
    {"argv", fg_job_read_argv, AT(argv), 0, 0, NULL},
    {TEXT(cwd, PATH_LEN_MAX), fg_path_check_absolute},
    {TEXT(workdir, PATH_LEN_MAX), NULL},
    {TEXT(workdir_hash, PATH_LEN_MAX), fg_hash_check},
    {"resources", read_resources, AT(any_of), 0, 0, NULL},
    {"any_of", read_any_of, AT(any_of), 0, 0, NULL},
    {"throughput", read_throughput, SIZE_MAX, 0, 0, NULL}, /* into the alternatives */
    {"tasks", NUMBER(u32, tasks), 1, FG_TASKS_MAX, NULL},
    {"num_nodes", NUMBER(u32, tasks), 1, FG_TASKS_MAX, NULL},
    {"tasks_min", NUMBER(u32, tasks_min), 1, FG_TASKS_MAX, NULL},
    {"min_nodes", NUMBER(u32, tasks_min), 1, FG_TASKS_MAX, NULL},
    {"envs", fg_job_read_envs, AT(envs), 0, 0, NULL},
    {"labels", fg_job_read_labels, AT(labels), 0, 0, NULL},
    {"inputs", fg_job_read_inputs, AT(inputs), 0, 0, NULL},
    {"outputs", fg_job_read_outputs, AT(outputs), 0, 0, NULL},
    {TEXT(outputs_to, FG_URL_PATH_MAX), check_url},
    {"after", fg_job_read_after, AT(after), 0, 0, NULL},
    {"priority", NUMBER(i32, priority), -FG_PRIORITY_MAX, FG_PRIORITY_MAX, NULL},
    {"deadline", read_moment, AT(deadline_us), 0, 0, NULL},
    {"deadline_us", NUMBER(i64, deadline_us), 0, MOMENT_US_MAX, NULL},
    {"begin", read_moment, AT(begin_us), 0, 0, NULL},
    {"begin_us", NUMBER(i64, begin_us), 0, MOMENT_US_MAX, NULL},
    {DURATION("time_limit", time_limit_us), NULL},
    {"time_limit_us", NUMBER(i64, time_limit_us), 0, DURATION_US_MAX, NULL},
    {DURATION("duration", duration_us), NULL},
    {"duration_us", NUMBER(i64, duration_us), 0, DURATION_US_MAX, NULL},
    {"flexible", read_flexible, AT(flexible), 0, 0, NULL},
    {"grace", read_grace, AT(grace_us), 0, DURATION_US_MAX, NULL},
    {"grace_us", NUMBER(i64, grace_us), 0, DURATION_US_MAX, NULL},
    {"retries", NUMBER(u32, retries), 0, FG_RETRIES_MAX, NULL},
    {DURATION("retry_backoff", retry_backoff_us), NULL},
    {"retry_backoff_us", NUMBER(i64, retry_backoff_us), 0, DURATION_US_MAX, NULL},
    {"preemptible", read_bool, AT(preemptible), 0, 0, NULL},
    {"checkpoint", read_checkpoint, AT(checkpoint_us), 0, DURATION_US_MAX, NULL},
    {"checkpoint_us", NUMBER(i64, checkpoint_us), 0, DURATION_US_MAX, NULL},
    {"restart_us", read_restart, AT(restart_us), 0, DURATION_US_MAX, NULL},
    {"array", fg_job_read_array, AT(array_first), 0, 0, NULL},
    {"compute_density", NUMBER(i32, compute_density), 0, 100, NULL},
    {"time_sensitivity", NUMBER(i32, time_sensitivity), 0, 100, NULL},
    {"memory_need", NUMBER(i32, memory_need), 0, 100, NULL},
    {TEXT(idempotency_key, KEY_LEN_MAX), check_key},
};

#define MEMBERS_LEN (sizeof(members) / sizeof(members[0]))
_Static_assert(MEMBERS_LEN <= 64, "the set of members seen is 64 bits");

static void *field(struct fg_job_spec *spec, const struct fg_job_member *member)
{
    return (char *)spec + member->offset;
}

static int read_text(struct fg_job_reader *job,
                     const struct fg_doc *doc,
                     const struct fg_job_member *member,
                     struct fg_job_spec *out)
{
    const char *text;
    int rc = fg_read_text(&job->doc, doc, (size_t)member->max, &text);
    if (rc == 0 && member->check) {
        rc = member->check(job->doc.path, text, job->doc.err);
        rc = rc < 0 ? fg_read_wrap(&job->doc, doc, rc) : 0;
    }
    if (rc == 0)
        *(const char **)field(out, member) = text;
    return rc;
}

static int read_i64(struct fg_job_reader *job,
                    const struct fg_doc *doc,
                    const struct fg_job_member *member,
                    struct fg_job_spec *out)
{
    return fg_read_int(&job->doc, doc, member->min, member->max, field(out, member));
}

static int read_i32(struct fg_job_reader *job,
                    const struct fg_doc *doc,
                    const struct fg_job_member *member,
                    struct fg_job_spec *out)
{
    int64_t value;
    int rc = fg_read_int(&job->doc, doc, member->min, member->max, &value);
    if (rc == 0)
        *(int32_t *)field(out, member) = (int32_t)value;
    return rc;
}

static int read_u32(struct fg_job_reader *job,
                    const struct fg_doc *doc,
                    const struct fg_job_member *member,
                    struct fg_job_spec *out)
{
    int64_t value;
    int rc = fg_read_int(&job->doc, doc, member->min, member->max, &value);
    if (rc == 0)
        *(uint32_t *)field(out, member) = (uint32_t)value;
    return rc;
}

static int read_bool(struct fg_job_reader *job,
                     const struct fg_doc *doc,
                     const struct fg_job_member *member,
                     struct fg_job_spec *out)
{
    return fg_read_bool(&job->doc, doc, field(out, member));
}

static int read_duration(struct fg_job_reader *job,
                         const struct fg_doc *doc,
                         const struct fg_job_member *member,
                         struct fg_job_spec *out)
{
    return fg_read_duration(&job->doc, doc, member->max, field(out, member));
}

/* 0 in the spec leaves it to the service; who writes "grace: 0" wants none, and gets a microsecond. */
static int read_grace(struct fg_job_reader *job,
                      const struct fg_doc *doc,
                      const struct fg_job_member *member,
                      struct fg_job_spec *out)
{
    int rc = fg_read_duration(&job->doc, doc, member->max, &out->grace_us);
    if (rc == 0 && out->grace_us == 0)
        out->grace_us = 1;
    return rc;
}

static int read_restart(struct fg_job_reader *job,
                        const struct fg_doc *doc,
                        const struct fg_job_member *member,
                        struct fg_job_spec *out)
{
    if (out->restart_us != 0)
        return fg_read_fail(&job->doc, doc,
                            "given in checkpoint as well, expected one of them");
    return fg_read_int(&job->doc, doc, 0, member->max, &out->restart_us);
}

static int read_checkpoint_member(struct fg_job_reader *job,
                                  const struct fg_doc *doc,
                                  const struct fg_job_member *member,
                                  struct fg_job_spec *out)
{
    bool is_every = strcmp(doc->key, "every") == 0;
    if (!is_every && out->restart_us != 0)
        return fg_read_fail(&job->doc, doc,
                            "restart_us is given as well, expected one of them");
    return fg_read_duration(&job->doc, doc, member->max,
                            is_every ? &out->checkpoint_us : &out->restart_us);
}

/* {every: 10m, restart: 1m}, or how often alone. */
static int read_checkpoint(struct fg_job_reader *job,
                           const struct fg_doc *doc,
                           const struct fg_job_member *member,
                           struct fg_job_spec *out)
{
    static const char *const names[] = {"every", "restart"};
    struct fg_doc_reader *reader = &job->doc;
    int rc = 0;
    if (doc->kind != FG_DOC_MAP)
        rc = fg_read_duration(reader, doc, member->max, &out->checkpoint_us);
    for (const struct fg_doc *child = doc->kind == FG_DOC_MAP ? doc->first : NULL;
         child && rc == 0; child = child->next) {
        if (strcmp(child->key, names[0]) != 0 && strcmp(child->key, names[1]) != 0)
            return fg_read_fail_unknown(reader, child, names, 2);
        size_t mark = fg_read_enter(reader, child->key);
        rc = read_checkpoint_member(job, child, member, out);
        if (rc == 0)
            fg_read_leave(reader, mark);
    }
    if (rc == 0 && out->checkpoint_us == 0)
        rc = fg_read_fail(reader, doc,
                          "every: missing or 0, expected how often, like {every: 10m}");
    return rc;
}

static int read_flexible_member(struct fg_job_reader *job,
                                const struct fg_doc *doc,
                                struct fg_job_spec *out)
{
    const char *text;
    if (strcmp(doc->key, "until_us") == 0)
        return fg_read_int(&job->doc, doc, 0, MOMENT_US_MAX, &out->flexible_until_us);
    if (strcmp(doc->key, "until") == 0)
        return fg_read_moment(&job->doc, doc, job->now_us, &out->flexible_until_us);
    int rc = fg_read_text(&job->doc, doc, FG_NAME_MAX, &text);
    int by = rc == 0 ? fg_flexible_find(text) : 0;
    if (rc == 0 && by < 0)
        return fg_read_fail(&job->doc, doc, "%.40s, expected price, carbon or both", text);
    out->flexible = (enum fg_flexible)by;
    return rc;
}

/* {by: carbon, until: 8h}, or what it waits for alone. */
static int read_flexible(struct fg_job_reader *job,
                         const struct fg_doc *doc,
                         [[maybe_unused]] const struct fg_job_member *member,
                         struct fg_job_spec *out)
{
    static const char *const names[] = {"by", "until", "until_us"};
    struct fg_doc_reader *reader = &job->doc;
    if (doc->kind != FG_DOC_MAP)
        return read_flexible_member(job, doc, out);
    int rc = 0;
    for (const struct fg_doc *child = doc->first; child && rc == 0; child = child->next) {
        if (strcmp(child->key, names[0]) != 0 && strcmp(child->key, names[1]) != 0
            && strcmp(child->key, names[2]) != 0)
            return fg_read_fail_unknown(reader, child, names, 3);
        size_t mark = fg_read_enter(reader, child->key);
        rc = read_flexible_member(job, child, out);
        if (rc == 0)
            fg_read_leave(reader, mark);
    }
    if (rc == 0 && out->flexible == FG_FLEXIBLE_NOT)
        rc = fg_read_fail(reader, doc, "by: missing, expected price, carbon or both");
    return rc;
}

static int read_moment(struct fg_job_reader *job,
                       const struct fg_doc *doc,
                       const struct fg_job_member *member,
                       struct fg_job_spec *out)
{
    return fg_read_moment(&job->doc, doc, job->now_us, field(out, member));
}

static int read_resources(struct fg_job_reader *job,
                          const struct fg_doc *doc,
                          [[maybe_unused]] const struct fg_job_member *member,
                          struct fg_job_spec *out)
{
    return fg_request_read_resources(&job->doc, doc, out);
}

static int read_any_of(struct fg_job_reader *job,
                       const struct fg_doc *doc,
                       [[maybe_unused]] const struct fg_job_member *member,
                       struct fg_job_spec *out)
{
    return fg_request_read_any_of(&job->doc, doc, out);
}

/* It is about what other members say: done when all are read. */
static int read_throughput(struct fg_job_reader *job,
                           const struct fg_doc *doc,
                           [[maybe_unused]] const struct fg_job_member *member,
                           [[maybe_unused]] struct fg_job_spec *out)
{
    job->throughput = doc;
    return fg_read_kind(&job->doc, doc, FG_DOC_MAP);
}

/* The row of that name, or -1. */
static int find_member(const char *name)
{
    for (size_t i = 0; i < MEMBERS_LEN; i++)
        if (members[i].name[0] == name[0] && strcmp(members[i].name, name) == 0)
            return (int)i;
    return -1;
}

static int fail_unknown(struct fg_doc_reader *reader, const struct fg_doc *child)
{
    const char *names[MEMBERS_LEN];
    for (size_t i = 0; i < MEMBERS_LEN; i++)
        names[i] = members[i].name;
    return fg_read_fail_unknown(reader, child, names, MEMBERS_LEN);
}

/* Another spelling of what row `row` says, that was seen already; or NULL. */
static const char *other_spelling(uint64_t seen, int row)
{
    for (size_t i = 0; i < MEMBERS_LEN; i++)
        if (seen >> i & 1 && members[i].offset == members[row].offset)
            return members[i].name;
    return NULL;
}

static int read_members(struct fg_job_reader *job,
                        const struct fg_doc *doc,
                        struct fg_job_spec *out)
{
    struct fg_doc_reader *reader = &job->doc;
    uint64_t seen = 0;
    for (const struct fg_doc *child = doc->first; child; child = child->next) {
        int row = find_member(child->key);
        if (row < 0)
            return fail_unknown(reader, child);
        if (child->kind == FG_DOC_NULL)
            continue; /* as if it were not there */
        size_t mark = fg_read_enter(reader, child->key);
        const char *other = other_spelling(seen, row);
        if (other)
            return fg_read_fail(reader, child, "the same as %s, give one of them", other);
        int rc = members[row].read(job, child, &members[row], out);
        if (rc < 0)
            return rc;
        fg_read_leave(reader, mark);
        seen |= 1ull << row;
    }
    return 0;
}

static void set_defaults(struct fg_job_spec *out)
{
    *out = (struct fg_job_spec){.any_of = {fg_request_default()},
                                .any_of_len = 1,
                                .tasks = 1,
                                .retry_backoff_us = FG_RETRY_BACKOFF_US_DEFAULT,
                                .compute_density = -1,
                                .time_sensitivity = -1,
                                .memory_need = -1};
    for (size_t i = 0; i < MEMBERS_LEN; i++)
        if (members[i].read == read_text)
            *(const char **)field(out, &members[i]) = "";
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

/* The first word of the first line that runs something.  Words with "=" set variables, and what they
 * are set to may be secret. */
static const char *first_word(const char *script, char out[FG_NAME_MAX])
{
    out[0] = '\0';
    while (*script && !out[0]) {
        script += strspn(script, " \t\r\n");
        size_t len = strcspn(script, " \t\r\n;|&<>()");
        bool is_comment = *script == '#';
        if (is_comment) {
            script += strcspn(script, "\n");
            continue;
        }
        bool sets = memchr(script, '=', len) != NULL;
        if (!sets && len > 0) {
            size_t cut = len < FG_NAME_MAX ? len : FG_NAME_MAX - 1;
            memcpy(out, script, cut);
            out[cut] = '\0';
        }
        script += len;
        script += strspn(script, ";|&<>()");
    }
    return out;
}

static const char *default_name(struct fg_job_reader *job, const struct fg_job_spec *spec)
{
    char word[FG_NAME_MAX], *name = FG_NEW(job->doc.arena, char, FG_NAME_MAX);
    const char *from = job->default_name;
    if (!from)
        from = spec->argv_len > 0 ? spec->argv[0] : first_word(spec->run, word);
    const char *slash = strrchr(from, '/');
    fg_name_make(slash ? slash + 1 : from, name);
    return name;
}

/* What holds between members. */
static int check_whole(struct fg_job_reader *job,
                       const struct fg_doc *doc,
                       struct fg_job_spec *out)
{
    struct fg_doc_reader *reader = &job->doc;
    bool has_run = !is_blank(out->run);
    if (!has_run && out->argv_len == 0)
        return fg_read_fail(reader, doc, "run: missing, expected the script to run (or argv)");
    if (has_run && out->argv_len > 0)
        return fg_read_fail(reader, doc, "argv: run is given as well, expected one of them");
    if (out->cwd[0] && (out->workdir[0] || out->workdir_hash[0]))
        return fg_read_fail(
            reader, doc,
            "cwd: workdir is given as well, expected one of them (cwd runs in place, "
            "workdir in a copy)");
    if (!job->local_files && out->workdir[0] && !out->workdir_hash[0])
        return fg_read_fail(
            reader, doc,
            "workdir: a local folder, which must be uploaded first and named by "
            "workdir_hash (fastgpu submit does both)");
    if (out->tasks_min > out->tasks)
        return fg_read_fail(reader, doc, "min_nodes: %u, expected at most num_nodes (%u)",
                            out->tasks_min, out->tasks);
    if (out->deadline_us > 0 && out->begin_us > out->deadline_us)
        return fg_read_fail(reader, doc, "begin: after the deadline");
    return 0;
}

int fg_job_read(struct fg_job_reader *job, const struct fg_doc *doc, struct fg_job_spec *out)
{
    struct fg_job_spec spec;
    set_defaults(&spec);
    job->throughput = NULL;
    if (doc->kind != FG_DOC_MAP)
        return fg_read_fail(&job->doc, doc, "%s, expected the members of a job, like run: ...",
                            fg_doc_kind_name(doc->kind));
    int rc = read_members(job, doc, &spec);
    if (rc == 0 && job->throughput)
        rc = fg_request_read_throughput(&job->doc, job->throughput, &spec);
    if (rc == 0)
        rc = check_whole(job, doc, &spec);
    if (rc < 0)
        return rc;
    if (!spec.name[0])
        spec.name = default_name(job, &spec);
    *out = spec;
    return 0;
}
