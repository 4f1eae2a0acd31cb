/* job_lists.c - the members of a job that are lists and maps; see job_read.h */
#include "model/job_json.h"
#include "model/job_read.h"
#include "model/names.h"
#include "model/url.h"

#include <stdlib.h>
#include <string.h>

#define VALUE_LEN_MAX   (128 * 1024) /* of one environment variable: the kernel's own limit */
#define ARG_LEN_MAX     (128 * 1024)
#define PATTERN_LEN_MAX 1024
#define URL_LEN_MAX     (FG_URL_PATH_MAX + 80) /* with a hash behind it */

/* Text that stands alone is a list of one. */
static const struct fg_doc *first_of(const struct fg_doc *doc, size_t *out_len)
{
    bool is_list = doc->kind == FG_DOC_LIST;
    *out_len = is_list ? doc->len : 1;
    return is_list ? doc->first : doc;
}

static int check_len(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     size_t len,
                     size_t max)
{
    if (len <= max)
        return 0;
    return fg_read_fail(reader, doc, "%zu given, expected %zu at most", len, max);
}

int fg_job_read_argv(struct fg_job_reader *job,
                     const struct fg_doc *doc,
                     [[maybe_unused]] const struct fg_job_member *member,
                     struct fg_job_spec *out)
{
    struct fg_doc_reader *reader = &job->doc;
    int rc = fg_read_kind(reader, doc, FG_DOC_LIST);
    if (rc == 0)
        rc = check_len(reader, doc, doc->len, FG_ARGV_MAX);
    if (rc < 0)
        return rc;
    const char **words = FG_NEW(reader->arena, const char *, doc->len + 1);
    size_t len = 0;
    for (const struct fg_doc *child = doc->first; child && rc == 0; child = child->next) {
        size_t mark = fg_read_enter_at(reader, len);
        rc = fg_read_text(reader, child, ARG_LEN_MAX, &words[len++]);
        if (rc == 0)
            fg_read_leave(reader, mark);
    }
    if (rc == 0 && (len == 0 || words[0][0] == '\0'))
        rc = fg_read_fail(reader, doc, "empty, expected a program and its arguments");
    out->argv = words;
    out->argv_len = len;
    return rc;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct fg_pair *)a)->key, ((const struct fg_pair *)b)->key);
}

struct pairs_rule {
    size_t len_max, value_len_max;
    int (*check)(struct fg_job_reader *job, const struct fg_pair *pair);
};

/* Members of a map as pairs, sorted: equal jobs must become equal bytes. */
static int read_pairs(struct fg_job_reader *job,
                      const struct fg_doc *doc,
                      const struct pairs_rule *rule,
                      struct fg_pair **out,
                      size_t *out_len)
{
    struct fg_doc_reader *reader = &job->doc;
    int rc = fg_read_kind(reader, doc, FG_DOC_MAP);
    if (rc == 0)
        rc = check_len(reader, doc, doc->len, rule->len_max);
    if (rc < 0)
        return rc;
    struct fg_pair *pairs = FG_NEW(reader->arena, struct fg_pair, doc->len);
    size_t len = 0;
    for (const struct fg_doc *child = doc->first; child && rc == 0; child = child->next) {
        struct fg_pair *pair = &pairs[len++];
        size_t mark = fg_read_enter(reader, child->key);
        pair->key = fg_arena_printf(reader->arena, "%s", child->key);
        rc = fg_read_text(reader, child, rule->value_len_max, &pair->value);
        if (rc == 0) {
            rc = rule->check(job, pair);
            rc = rc < 0 ? fg_read_wrap(reader, child, rc) : 0;
        }
        if (rc == 0)
            fg_read_leave(reader, mark);
    }
    if (rc == 0 && len > 1)
        qsort(pairs, len, sizeof(*pairs), by_key);
    for (size_t i = 1; i < len && rc == 0;
         i++) /* a document has no key twice, but a script may */
        if (strcmp(pairs[i - 1].key, pairs[i].key) == 0)
            rc = fg_read_fail(reader, doc, "%s is given twice", pairs[i].key);
    *out = pairs;
    *out_len = len;
    return rc;
}

static int check_env(struct fg_job_reader *job, const struct fg_pair *pair)
{
    int rc = fg_env_name_check(pair->key, job->doc.err);
    return rc < 0 ? fg_wrap(job->doc.err, rc, "%s", job->doc.path) : 0;
}

int fg_job_read_envs(struct fg_job_reader *job,
                     const struct fg_doc *doc,
                     [[maybe_unused]] const struct fg_job_member *member,
                     struct fg_job_spec *out)
{
    static const struct pairs_rule rule = {FG_ENV_MAX, VALUE_LEN_MAX, check_env};
    struct fg_pair *pairs;
    int rc = read_pairs(job, doc, &rule, &pairs, &out->envs_len);
    if (rc == 0)
        out->envs = pairs;
    return rc;
}

static int check_label(struct fg_job_reader *job, const struct fg_pair *pair)
{
    int rc = fg_name_check(job->doc.path, pair->key, job->doc.err);
    if (rc < 0)
        return rc;
    for (const char *at = pair->value; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return fg_fail(job->doc.err, FG_EINVAL, "%s: a control character", job->doc.path);
    return 0;
}

int fg_job_read_labels(struct fg_job_reader *job,
                       const struct fg_doc *doc,
                       [[maybe_unused]] const struct fg_job_member *member,
                       struct fg_job_spec *out)
{
    static const struct pairs_rule rule = {FG_LABELS_MAX, FG_TEXT_MAX - 1, check_label};
    struct fg_pair *pairs;
    int rc = read_pairs(job, doc, &rule, &pairs, &out->labels_len);
    if (rc == 0)
        out->labels = pairs;
    return rc;
}

/* "URL" or "URL#HASH" */
static int check_fetch(struct fg_job_reader *job, const char *value)
{
    char text[URL_LEN_MAX + 1];
    struct fg_url url;
    const char *path = job->doc.path, *sharp = strchrnul(value, '#');
    snprintf(text, sizeof(text), "%.*s", (int)(sharp - value), value);
    int rc = fg_url_parse(text, &url, job->doc.err);
    if (rc < 0)
        return fg_wrap(job->doc.err, rc, "%s", path);
    if (*sharp == '\0')
        return 0;
    const char *digits = strchrnul(sharp, ':');
    bool known = strncmp(sharp, "#blake2b:", 9) == 0 || strncmp(sharp, "#sha256:", 8) == 0;
    if (known && strspn(digits + 1, "0123456789abcdef") == 64 && digits[65] == '\0')
        return 0;
    return fg_fail(
        job->doc.err, FG_EINVAL,
        "%s: what stands behind # is no hash, expected blake2b:HEX or sha256:HEX with "
        "64 digits",
        path);
}

/* In a file the value may be a local file, which the client uploads; on the wire it is a hash. */
static int check_input(struct fg_job_reader *job, const struct fg_pair *pair)
{
    const char *path = job->doc.path;
    bool is_url = strstr(pair->value, "://") != NULL;
    /* "DIR/": what a URL brings is unpacked there. */
    int rc = is_url ? fg_path_check_below(path, pair->key, job->doc.err)
                    : fg_path_check_inside(path, pair->key, job->doc.err);
    if (rc < 0)
        return rc;
    if (pair->value[0] == '\0')
        return fg_fail(job->doc.err, FG_EINVAL, "%s: empty, expected a file or a hash", path);
    if (is_url)
        return check_fetch(job, pair->value);
    if (job->local_files && strncmp(pair->value, "blake2b:", 8) != 0)
        return 0;
    return fg_hash_check(path, pair->value, job->doc.err);
}

static struct fg_fetch fetch_of(struct fg_arena *arena, const struct fg_pair *pair)
{
    const char *sharp = strchrnul(pair->value, '#');
    return (struct fg_fetch){
        .path = pair->key,
        .url = fg_arena_printf(arena, "%.*s", (int)(sharp - pair->value), pair->value),
        .hash = *sharp ? sharp + 1 : ""};
}

int fg_job_read_inputs(struct fg_job_reader *job,
                       const struct fg_doc *doc,
                       [[maybe_unused]] const struct fg_job_member *member,
                       struct fg_job_spec *out)
{
    static const struct pairs_rule rule = {FG_ARTIFACTS_MAX, URL_LEN_MAX, check_input};
    struct fg_pair *pairs;
    size_t len, inputs_len = 0, fetches_len = 0;
    int rc = read_pairs(job, doc, &rule, &pairs, &len);
    if (rc < 0)
        return rc;
    struct fg_input *inputs = FG_NEW(job->doc.arena, struct fg_input, len);
    struct fg_fetch *fetches = FG_NEW(job->doc.arena, struct fg_fetch, len);
    for (size_t i = 0; i < len; i++)
        if (strstr(pairs[i].value, "://"))
            fetches[fetches_len++] = fetch_of(job->doc.arena, &pairs[i]);
        else
            inputs[inputs_len++] =
                (struct fg_input){.path = pairs[i].key, .hash = pairs[i].value};
    out->inputs = inputs;
    out->inputs_len = inputs_len;
    out->fetches = fetches;
    out->fetches_len = fetches_len;
    return 0;
}

int fg_job_read_outputs(struct fg_job_reader *job,
                        const struct fg_doc *doc,
                        [[maybe_unused]] const struct fg_job_member *member,
                        struct fg_job_spec *out)
{
    struct fg_doc_reader *reader = &job->doc;
    size_t want, len = 0;
    const struct fg_doc *child = first_of(doc, &want);
    int rc = check_len(reader, doc, want, FG_ARTIFACTS_MAX);
    if (rc < 0)
        return rc;
    const char **patterns = FG_NEW(reader->arena, const char *, want);
    for (; len < want && rc == 0; child = child->next) {
        size_t mark = fg_read_enter_at(reader, len);
        rc = fg_read_text(reader, child, PATTERN_LEN_MAX, &patterns[len]);
        if (rc == 0) {
            rc = fg_path_check_inside(reader->path, patterns[len++], reader->err);
            rc = rc < 0 ? fg_read_wrap(reader, child, rc) : 0;
        }
        if (rc == 0)
            fg_read_leave(reader, mark);
    }
    out->outputs = patterns;
    out->outputs_len = len;
    return rc;
}

/* 12 or "12" */
static int read_job_id(struct fg_doc_reader *reader, const struct fg_doc *doc, fg_job_id *out)
{
    int64_t id = doc->kind == FG_DOC_INT ? doc->integer : 0;
    if (doc->kind == FG_DOC_TEXT && doc->text[strspn(doc->text, "0123456789")] == '\0'
        && doc->text_len <= 18)
        id = strtoll(doc->text, NULL, 10);
    if (id < 1)
        return fg_read_fail(reader, doc, "expected the id of a job, like 12");
    *out = (fg_job_id)id;
    return 0;
}

static int read_when(struct fg_doc_reader *reader, const struct fg_doc *doc, bool *out_any_end)
{
    bool is_text = doc->kind == FG_DOC_TEXT;
    *out_any_end = is_text && strcmp(doc->text, "any") == 0;
    if (*out_any_end || (is_text && strcmp(doc->text, "succeeded") == 0))
        return 0;
    return fg_read_fail(reader, doc, "expected succeeded or any");
}

/* The name of another job of the file. */
static int read_job_name(struct fg_job_reader *job,
                         const struct fg_doc *doc,
                         struct fg_after *out)
{
    out->item = job->names->find(job->names->self, doc->text);
    return out->item
               ? 0
               : fg_read_fail(&job->doc, doc,
                              "no job of that name in this file, expected a name of one, or "
                              "the id of a job that is there");
}

static bool is_name(const struct fg_doc *doc)
{
    return doc->text && doc->kind != FG_DOC_INT && doc->kind != FG_DOC_NULL
           && doc->text[strspn(doc->text, "0123456789")] != '\0';
}

static int read_job(struct fg_job_reader *job, const struct fg_doc *doc, struct fg_after *out)
{
    return job->names && is_name(doc) ? read_job_name(job, doc, out)
                                      : read_job_id(&job->doc, doc, &out->job);
}

/* {item: 2}: of a batch on the wire; in a file jobs have names. */
static int read_item(struct fg_job_reader *job, const struct fg_doc *doc, struct fg_after *out)
{
    int64_t item = 0;
    int rc = fg_read_int(&job->doc, doc, 1, FG_BATCH_MAX, &item);
    out->item = (uint32_t)item;
    return rc;
}

static int read_after_member(struct fg_job_reader *job,
                             const struct fg_doc *doc,
                             struct fg_after *out)
{
    if (strcmp(doc->key, "job") == 0)
        return read_job(job, doc, out);
    if (strcmp(doc->key, "when") == 0)
        return read_when(&job->doc, doc, &out->any_end);
    return read_item(job, doc, out);
}

/* 12, or {job: 12, when: any}, or {item: 2}; in a file of several jobs a name in place of 12 */
static int read_after(struct fg_job_reader *job, const struct fg_doc *doc, struct fg_after *out)
{
    static const char *const names[] = {"job", "when", "item"};
    struct fg_doc_reader *reader = &job->doc;
    size_t names_len = job->local_files ? 2 : 3;
    if (doc->kind != FG_DOC_MAP)
        return read_job(job, doc, out);

    int rc = 0;
    for (const struct fg_doc *child = doc->first; child && rc == 0; child = child->next) {
        size_t at = 0;
        while (at < names_len && strcmp(child->key, names[at]) != 0)
            at++;
        if (at == names_len)
            return fg_read_fail_unknown(reader, child, names, names_len);
        size_t mark = fg_read_enter(reader, child->key);
        rc = read_after_member(job, child, out);
        if (rc == 0)
            fg_read_leave(reader, mark);
    }
    if (rc == 0 && out->job == 0 && out->item == 0)
        rc = fg_read_fail(reader, doc, "no job given, expected {job: ID, when: any}");
    if (rc == 0 && out->job && out->item)
        rc = fg_read_fail(reader, doc, "job and item given, expected one of them");
    return rc;
}

static int by_job(const void *a, const void *b)
{
    const struct fg_after *left = a, *right = b;
    int by_id = (left->job > right->job) - (left->job < right->job);
    return by_id ? by_id : (left->item > right->item) - (left->item < right->item);
}

void fg_after_sort(struct fg_after *after, size_t len)
{
    if (len > 1)
        qsort(after, len, sizeof(*after), by_job);
}

static int fail_twice(struct fg_doc_reader *reader,
                      const struct fg_doc *doc,
                      const struct fg_after *after)
{
    if (after->item == 0)
        return fg_read_fail(reader, doc, "job %llu is given twice",
                            (unsigned long long)after->job);
    return fg_read_fail(reader, doc, "the same job is given twice");
}

int fg_job_read_after(struct fg_job_reader *job,
                      const struct fg_doc *doc,
                      [[maybe_unused]] const struct fg_job_member *member,
                      struct fg_job_spec *out)
{
    struct fg_doc_reader *reader = &job->doc;
    size_t want, len = 0;
    bool is_one = doc->kind == FG_DOC_MAP;
    const struct fg_doc *child = is_one ? (want = 1, doc) : first_of(doc, &want);
    int rc = check_len(reader, doc, want, FG_AFTER_MAX);
    if (rc < 0)
        return rc;
    struct fg_after *after = FG_NEW(reader->arena, struct fg_after, want);
    for (; len < want && rc == 0; child = child->next) {
        size_t mark = fg_read_enter_at(reader, len);
        rc = read_after(job, child, &after[len++]);
        if (rc == 0)
            fg_read_leave(reader, mark);
    }
    if (rc < 0)
        return rc;
    fg_after_sort(after, len);
    for (size_t i = 1; i < len; i++)
        if (by_job(&after[i - 1], &after[i]) == 0)
            return fail_twice(reader, doc, &after[i]);
    out->after = after;
    out->after_len = len;
    return 0;
}

/* Digits at `*at` as a number of at most `max`. */
static bool take_number(const char **at, int64_t max, int64_t *out)
{
    size_t digits = strspn(*at, "0123456789");
    if (digits == 0 || digits > 9)
        return false;
    *out = strtoll(*at, NULL, 10);
    *at += digits;
    return *out <= max;
}

/* "0-99:2" */
static bool parse_range(const char *text, int64_t *first, int64_t *last, int64_t *step)
{
    *step = 1;
    if (!take_number(&text, FG_ARRAY_INDEX_MAX, first) || *text++ != '-')
        return false;
    if (!take_number(&text, FG_ARRAY_INDEX_MAX, last))
        return false;
    if (*text == ':' && (text++, !take_number(&text, FG_ARRAY_INDEX_MAX, step)))
        return false;
    return *text == '\0' && *step >= 1 && *first <= *last;
}

int fg_job_read_array(struct fg_job_reader *job,
                      const struct fg_doc *doc,
                      [[maybe_unused]] const struct fg_job_member *member,
                      struct fg_job_spec *out)
{
    int64_t first = 0, last = -1, step = 1;
    if (doc->kind == FG_DOC_INT && doc->integer >= 1 && doc->integer <= FG_ARRAY_MAX)
        last = doc->integer - 1;
    else if (doc->kind != FG_DOC_TEXT || !parse_range(doc->text, &first, &last, &step))
        return fg_read_fail(
            &job->doc, doc,
            "expected a count from 1 to %d, or a range like 0-9 or 0-99:2, up to %d",
            FG_ARRAY_MAX, FG_ARRAY_INDEX_MAX);
    int64_t more = (last - first) / step;
    if (more + 1 > FG_ARRAY_MAX)
        return fg_read_fail(&job->doc, doc, "%lld elements, expected %d at most",
                            (long long)more + 1, FG_ARRAY_MAX);
    /* 0-99:2 ends at 98: equal arrays must become equal bytes. */
    out->array_first = (uint32_t)first;
    out->array_last = (uint32_t)(first + more * step);
    out->array_step = more == 0 ? 1 : (uint32_t)step;
    return 0;
}
