/* row.c - see row.h */
#include "store/row.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* FLEXIBLE: two bits, fg_flexible. */
enum { PREEMPTIBLE = 1, CANCEL_ASKED = 2, STOP_SENT = 4, HELD = 8, GONE = 16, FLEXIBLE = 32 };

int64_t fg_job_flags(const struct fg_job *job)
{
    return (job->preemptible ? PREEMPTIBLE : 0) | (job->cancel_asked ? CANCEL_ASKED : 0)
           | (job->stop_sent ? STOP_SENT : 0) | (job->shift == FG_SHIFT_HELD ? HELD : 0)
           | (job->shift == FG_SHIFT_GONE ? GONE : 0) | job->flexible * FLEXIBLE;
}

void fg_copy_text(char *out, size_t size, const char *text)
{
    size_t len = strnlen(text, size - 1);
    memcpy(out, text, len);
    out[len] = '\0';
}

/* FG_JOB_COLUMNS, in this order. */
enum column {
    ID,
    STATE,
    PROJECT,
    USER,
    TASKS,
    ATTEMPT,
    FAILURES,
    RETRIES,
    PRIORITY,
    FLAGS,
    WAITS_FOR,
    AFTER_LEN,
    SUBMITTED,
    ELIGIBLE,
    STARTED,
    FINISHED,
    DEADLINE,
    TIME_LIMIT,
    BACKOFF,
    ARRAY_ID,
    ARRAY_INDEX,
    EXIT_CODE,
    TERM_SIGNAL,
    NAME,
    REQUEST,
    REASON,
    DURATION,
    ATTAINED,
    TASKS_MAX,
    GRACE,
    CHECKPOINT,
    RESTART,
    RESERVATION,
    SHAPE,
    FLEXIBLE_UNTIL,
    COLUMNS_LEN
};
_Static_assert(COLUMNS_LEN == FG_JOB_COLUMNS_LEN, "FG_JOB_COLUMNS and this list differ");

static void decode_core(const struct fg_query *query, struct fg_job *job)
{
    int64_t flags = fg_query_get(query, FLAGS);
    *job = (struct fg_job){
        .id = (fg_job_id)fg_query_get(query, ID),
        .project = (fg_project_id)fg_query_get(query, PROJECT),
        .tasks = (uint32_t)fg_query_get(query, TASKS),
        .tasks_max = (uint32_t)fg_query_get(query, TASKS_MAX),
        .attempt = (uint32_t)fg_query_get(query, ATTEMPT),
        .failures = (uint32_t)fg_query_get(query, FAILURES),
        .retries = (uint32_t)fg_query_get(query, RETRIES),
        .user = (uint32_t)fg_query_get(query, USER),
        .priority_milli = (int32_t)fg_query_get(query, PRIORITY),
        .state = (enum fg_job_state)fg_query_get(query, STATE),
        .preemptible = flags & PREEMPTIBLE,
        .cancel_asked = flags & CANCEL_ASKED,
        .stop_sent = flags & STOP_SENT,
        .waits_for = (uint8_t)fg_query_get(query, WAITS_FOR),
        .submitted_us = fg_query_get(query, SUBMITTED),
        .eligible_us = fg_query_get(query, ELIGIBLE),
        .started_us = fg_query_get(query, STARTED),
        .deadline_us = fg_query_get(query, DEADLINE),
        .time_limit_us = fg_query_get(query, TIME_LIMIT),
        .retry_backoff_us = fg_query_get(query, BACKOFF),
        .duration_us = fg_query_get(query, DURATION),
        .attained_us = fg_query_get(query, ATTAINED),
        .grace_us = fg_query_get(query, GRACE),
        .checkpoint_us = fg_query_get(query, CHECKPOINT),
        .restart_us = fg_query_get(query, RESTART),
        .reservation = (uint64_t)fg_query_get(query, RESERVATION),
        .shape = (uint64_t)fg_query_get(query, SHAPE),
        .flexible = (enum fg_flexible)(flags / FLEXIBLE & 3),
        .shift = flags & HELD   ? FG_SHIFT_HELD
                 : flags & GONE ? FG_SHIFT_GONE
                                : FG_SHIFT_OPEN,
        .flexible_until_us = fg_query_get(query, FLEXIBLE_UNTIL),
        .array_id = (fg_job_id)fg_query_get(query, ARRAY_ID),
        .array_index = (uint32_t)fg_query_get(query, ARRAY_INDEX),
    };
}

int fg_job_decode(const struct fg_query *query, struct fg_job_columns *out, struct fg_err *err)
{
    decode_core(query, &out->job);
    out->after_len = (uint32_t)fg_query_get(query, AFTER_LEN);
    out->finished_us = fg_query_get(query, FINISHED);
    out->exit_code = (int32_t)fg_query_get(query, EXIT_CODE);
    out->term_signal = (int32_t)fg_query_get(query, TERM_SIGNAL);
    out->name = fg_query_get_text(query, NAME);
    out->reason = fg_query_get_text(query, REASON);
    int len = fg_request_decode(fg_query_get_text(query, REQUEST), out->any_of);
    if (len < 0 || out->job.state >= FG_JOB_STATES || out->after_len > FG_AFTER_MAX)
        return fg_fail(err, FG_EIO,
                       "job %" PRIu64 ": its row makes no sense: the database is damaged",
                       out->job.id);
    out->any_of_len = (size_t)len;
    return 0;
}

/* Decimal number at `*at`, which moves behind it and behind the `end` that must follow. */
static bool take_number(const char **at, char end, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    const char *p = *at;
    if (*p < '0' || *p > '9')
        return false;
    for (; *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(value, 10, &value)
            || __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
            return false;
    if (*p != end || value > max)
        return false;
    *at = p + 1;
    *out = value;
    return true;
}

static bool take_u32(const char **at, char end, uint32_t *out)
{
    uint64_t value = 0;
    if (!take_number(at, end, UINT32_MAX, &value))
        return false;
    *out = (uint32_t)value;
    return true;
}

/* Decimal number at `at`; the place behind it.  By hand: this runs at every submit. */
static char *put_number(char *at, uint64_t value, char end)
{
    char digits[20];
    size_t len = 0;
    do {
        digits[len++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    while (len)
        *at++ = digits[--len];
    *at++ = end;
    return at;
}

static bool says_where(const struct fg_request *request)
{
    return request->suppliers[0] || request->regions[0] || request->max_price_uusd
           || request->may_split;
}

static char *put_text(char *at, const char *text, char end)
{
    size_t len = strnlen(text, FG_WHERE_MAX - 1);
    memcpy(at, text, len);
    at[len] = end;
    return at + len + 1;
}

/* Memory; the rate and where it may run only if that was said: rows are read, and written, by older versions too. */
static char *put_last(char *at, const struct fg_request *request)
{
    bool where = says_where(request), rate = where || request->rate_milli;
    at = put_number(at, request->mem_mib, rate ? '|' : ';');
    if (rate)
        at = put_number(at, request->rate_milli, where ? '|' : ';');
    if (!where)
        return at;
    at = put_number(at, (uint64_t)request->max_price_uusd, '|');
    at = put_number(at, request->may_split, '|');
    at = put_text(at, request->suppliers, '|');
    return put_text(at, request->regions, ';');
}

int fg_request_encode(const struct fg_request *any_of,
                      size_t len,
                      char out[FG_REQUEST_TEXT_MAX],
                      struct fg_err *err)
{
    if (len > FG_ANY_OF_MAX)
        return fg_fail(err, FG_EINVAL, "%zu alternatives, at most %d are kept", len,
                       FG_ANY_OF_MAX);
    char *at = out;
    for (size_t i = 0; i < len; i++) {
        const struct fg_request *request = &any_of[i];
        size_t kind_len = strnlen(request->kind, FG_KIND_MAX);
        if (kind_len == FG_KIND_MAX || strpbrk(request->kind, "|;"))
            return fg_fail(err, FG_EINVAL,
                           "accelerator kind: at most %d bytes without '|' and ';'",
                           FG_KIND_MAX - 1);
        memcpy(at, request->kind, kind_len);
        at += kind_len;
        *at++ = '|';
        at = put_number(at, request->count, '|');
        at = put_number(at, request->gpu_milli, '|');
        at = put_number(at, request->gpu_mem_mib, '|');
        at = put_number(at, request->cpu_milli, '|');
        at = put_last(at, request);
    }
    *at = '\0';
    return 0;
}

static bool take_text(const char **at, char end, char out[FG_WHERE_MAX])
{
    const char stop[] = {end, '\0'};
    size_t len = strcspn(*at, stop);
    if (len >= FG_WHERE_MAX || (*at)[len] != end)
        return false;
    memcpy(out, *at, len);
    *at += len + 1;
    return true;
}

static bool take_where(const char **at, struct fg_request *request)
{
    uint64_t price_uusd, split;
    if (!take_number(at, '|', FG_PRICE_UUSD_MAX, &price_uusd)
        || !take_number(at, '|', 1, &split))
        return false;
    request->max_price_uusd = (int64_t)price_uusd;
    request->may_split = split;
    return take_text(at, '|', request->suppliers) && take_text(at, ';', request->regions);
}

/* See put_last. */
static bool take_last(const char **at, struct fg_request *request)
{
    if (take_number(at, ';', UINT64_MAX, &request->mem_mib))
        return true;
    if (!take_number(at, '|', UINT64_MAX, &request->mem_mib))
        return false;
    return take_u32(at, ';', &request->rate_milli)
           || (take_u32(at, '|', &request->rate_milli) && take_where(at, request));
}

int fg_request_decode(const char *text, struct fg_request out[FG_ANY_OF_MAX])
{
    int len = 0;
    for (; *text; len++) {
        size_t kind_len = strcspn(text, "|");
        if (len == FG_ANY_OF_MAX || kind_len >= FG_KIND_MAX || !text[kind_len])
            return FG_EINVAL;
        struct fg_request *request = &out[len];
        memset(request, 0, sizeof(*request)); /* all of it: equal requests are equal bytes */
        memcpy(request->kind, text, kind_len);
        text += kind_len + 1;
        if (!take_u32(&text, '|', &request->count) || !take_u32(&text, '|', &request->gpu_milli)
            || !take_u32(&text, '|', &request->gpu_mem_mib)
            || !take_u32(&text, '|', &request->cpu_milli) || !take_last(&text, request))
            return FG_EINVAL;
    }
    return len;
}

void fg_grants_encode(const struct fg_grant *grants, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++) {
        out = put_number(out, grants[i].node, ':');
        out = put_number(out, grants[i].devices, ':');
        out = put_number(out, grants[i].gpu_milli, ':');
        out = put_number(out, grants[i].cpu_milli, ':');
        out = put_number(out, grants[i].mem_mib, ';');
    }
    *out = '\0';
}

int fg_grants_decode(const char *text, struct fg_grant *out)
{
    int len = 0;
    for (; *text; len++) {
        if (len == FG_TASKS_MAX)
            return FG_EINVAL;
        struct fg_grant *grant = &out[len];
        if (!take_u32(&text, ':', &grant->node) || !take_u32(&text, ':', &grant->devices)
            || !take_u32(&text, ':', &grant->gpu_milli)
            || !take_u32(&text, ':', &grant->cpu_milli)
            || !take_number(&text, ';', UINT64_MAX, &grant->mem_mib))
            return FG_EINVAL;
    }
    return len;
}

void fg_project_decode(const struct fg_query *query, struct fg_project *out)
{
    *out = (struct fg_project){
        .id = (fg_project_id)fg_query_get(query, 0),
        .weight = (uint32_t)fg_query_get(query, 2),
        .priority = (int32_t)fg_query_get(query, 3),
        .quota = {.gpu_milli = fg_query_get(query, 4),
                  .cpu_milli = fg_query_get(query, 5),
                  .mem_mib = fg_query_get(query, 6),
                  .running = fg_query_get(query, 7),
                  .queued = fg_query_get(query, 8)},
        .archived = fg_query_get(query, 9) != 0,
        .parent = (fg_project_id)fg_query_get(query, 10),
        .guarantee_milli = fg_query_get(query, 11),
        .borrows_back = fg_query_get(query, 12) != 0,
        .user_limits = {.running = fg_query_get(query, 13),
                        .gpu_milli = fg_query_get(query, 14),
                        .queued = fg_query_get(query, 15),
                        .submits_per_minute = fg_query_get(query, 16)},
        .budget = {.uusd = fg_query_get(query, 17),
                   .period = (enum fg_period)fg_query_get(query, 18),
                   .stops = fg_query_get(query, 19) != 0},
    };
    fg_copy_text(out->name, sizeof(out->name), fg_query_get_text(query, 1));
}

void fg_token_decode(const struct fg_query *query, struct fg_token *out)
{
    *out = (struct fg_token){
        .id = (uint64_t)fg_query_get(query, 0),
        .role = (enum fg_role)fg_query_get(query, 4),
        .project = (fg_project_id)fg_query_get(query, 5),
        .created_us = fg_query_get(query, 6),
        .expires_us = fg_query_get(query, 7),
        .last_used_us = fg_query_get(query, 8),
        .revoked = fg_query_get(query, 9) != 0,
    };
    fg_copy_text(out->prefix, sizeof(out->prefix), fg_query_get_text(query, 1));
    const void *hash = sqlite3_column_blob(query->stmt, 2);
    if (hash && sqlite3_column_bytes(query->stmt, 2) == (int)sizeof(out->hash))
        memcpy(out->hash, hash, sizeof(out->hash));
    fg_copy_text(out->user, sizeof(out->user), fg_query_get_text(query, 3));
}
