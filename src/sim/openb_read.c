/* openb_read.c - the files of the openb trace: nodes, pods, sequences */
#include "base/grow.h"
#include "base/rows.h"
#include "sim/openb_inner.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PODS_MAX 4'000'000

/* A file with a header line: which column is where. */
struct table {
    const struct fg_openb_file *file;
    struct fg_rows rows;
    struct fg_row row;
    size_t columns_len; /* of the header */
    struct fg_err *err;
};

static int at_row(struct table *table, int rc)
{
    return fg_wrap(table->err, rc, "%s:%zu", table->file->name, table->rows.line);
}

/* The header must begin with the columns of `expected`; more may follow. */
static int open_table(struct table *table, const char *expected)
{
    struct fg_field line;
    struct fg_field columns[FG_FIELDS_MAX];
    table->rows = (struct fg_rows){.bytes = table->file->bytes, .len = table->file->len};
    size_t len = fg_fields_split((struct fg_field){expected, strlen(expected)}, ',', columns);
    bool same = fg_rows_next(&table->rows, &line)
                && fg_row_split(line, ',', 0, &table->row, NULL) == 0 && table->row.len >= len;
    for (size_t i = 0; same && i < len; i++)
        same = columns[i].len == table->row.fields[i].len
               && memcmp(columns[i].text, table->row.fields[i].text, columns[i].len) == 0;
    table->columns_len = table->row.len;
    if (same)
        return 0;
    return at_row(table, fg_fail(table->err, FG_EINVAL, "expected the header %s", expected));
}

/* The next row that is not empty; 1, or 0: no more. */
static int next_row(struct table *table)
{
    struct fg_field line;
    while (fg_rows_next(&table->rows, &line)) {
        if (line.len == 0)
            continue;
        int rc = fg_row_split(line, ',', table->columns_len, &table->row, table->err);
        return rc < 0 ? at_row(table, rc) : 1;
    }
    return 0;
}

static int number(
    struct table *table, size_t column, const char *name, int64_t max, int64_t *out)
{
    return fg_field_int_in(table->row.fields[column], name, 0, max, out, table->err);
}

/* -- nodes ------------------------------------------------------------------------------------------- */

/* A model's name as we write kinds. */
static int read_kind(struct table *table, struct fg_field field, char out[FG_KIND_MAX])
{
    char shown[FG_FIELD_SHOWN];
    if (field.len == 0 || field.len >= FG_KIND_MAX)
        return fg_fail(table->err, FG_EINVAL, "model `%s`: %zu bytes, expected 1 to %d",
                       fg_field_shown(field, shown), field.len, FG_KIND_MAX - 1);
    for (size_t i = 0; i < field.len; i++) {
        unsigned char c = (unsigned char)field.text[i];
        if (!isalnum(c) && !strchr("._-", c))
            return fg_fail(table->err, FG_EINVAL, "model `%s`: expected letters and digits",
                           fg_field_shown(field, shown));
        out[i] = (char)tolower(c);
    }
    out[field.len] = '\0';
    return 0;
}

static int read_node(struct table *table, struct fg_node_spec *spec)
{
    int64_t cpu = 0, mem = 0, gpus = 0;
    char kind[FG_KIND_MAX] = "";
    int rc = number(table, 1, "cpu_milli", FG_CPUS_MAX * 1000LL, &cpu);
    if (rc == 0)
        rc = number(table, 2, "memory_mib", FG_MEM_GIB_MAX * 1024LL, &mem);
    if (rc == 0)
        rc = number(table, 3, "gpu", FG_NODE_DEVICES_MAX, &gpus);
    if (rc == 0 && gpus > 0)
        rc = read_kind(table, table->row.fields[4], kind);
    if (rc < 0)
        return rc;
    *spec = (struct fg_node_spec){
        .cpu_milli = (uint32_t)cpu, .mem_mib = (uint64_t)mem, .devices_len = (uint32_t)gpus};
    for (uint32_t i = 0; i < spec->devices_len; i++)
        memcpy(spec->devices[i].kind, kind, sizeof(kind));
    return 0;
}

static int add_node(struct fg_openb *openb, const struct fg_node_spec *spec)
{
    if (openb->specs_len == FG_NODES_MAX)
        return FG_ETOOBIG;
    openb->specs =
        fg_grow(openb->specs, openb->specs_len, &openb->specs_room, sizeof(openb->specs[0]));
    struct fg_node_spec *kept = malloc(sizeof(*kept));
    if (!kept)
        abort();
    *kept = *spec;
    openb->specs[openb->specs_len++] = kept;
    openb->gpu_milli += spec->devices_len * FG_WHOLE_MILLI;
    return 0;
}

int fg_openb_read_nodes(struct fg_openb *openb,
                        const struct fg_openb_file *file,
                        struct fg_err *err)
{
    struct table table = {.file = file, .err = err};
    struct fg_node_spec spec;
    int rc = open_table(&table, "sn,cpu_milli,memory_mib,gpu,model");
    while (rc == 0 && (rc = next_row(&table)) > 0) {
        rc = read_node(&table, &spec);
        if (rc == 0 && add_node(openb, &spec) < 0)
            rc = fg_fail(err, FG_ETOOBIG, "more than %d nodes", FG_NODES_MAX);
        if (rc < 0)
            return at_row(&table, rc);
    }
    if (rc == 0 && openb->gpu_milli == 0)
        return fg_fail(err, FG_EINVAL, "%s: no accelerators", file->name);
    return rc;
}

/* -- pods ---------------------------------------------------------------------------------------------- */

/* "V100M16|V100M32": the kinds of these names; a model that no node has is none. */
static int read_spec(struct table *table, const struct fg_pool *pool, uint64_t *out)
{
    struct fg_field names[FG_FIELDS_MAX];
    *out = UINT64_MAX;
    if (table->row.len < 6 || table->row.fields[5].len == 0)
        return 0;
    size_t len = fg_fields_split(table->row.fields[5], '|', names);
    if (len > FG_FIELDS_MAX)
        return fg_fail(table->err, FG_EINVAL, "gpu_spec: more than %d models", FG_FIELDS_MAX);
    *out = 0;
    for (size_t i = 0; i < len; i++) {
        char kind[FG_KIND_MAX];
        if (names[i].len == 0)
            continue;
        int rc = read_kind(table, names[i], kind);
        if (rc < 0)
            return rc;
        for (uint32_t k = 0; k < fg_pool_kinds_len(pool); k++)
            if (strcmp(fg_pool_kind_name(pool, k), kind) == 0)
                *out |= 1ULL << k;
    }
    return 0;
}

static int read_pod(struct table *table, const struct fg_pool *pool, struct fg_need *out)
{
    int64_t cpu = 0, mem = 0, gpus = 0, milli = 0;
    uint64_t kinds = 0;
    int rc = number(table, 1, "cpu_milli", FG_CPUS_MAX * 1000LL, &cpu);
    if (rc == 0)
        rc = number(table, 2, "memory_mib", FG_MEM_GIB_MAX * 1024LL, &mem);
    if (rc == 0)
        rc = number(table, 3, "num_gpu", FG_NODE_DEVICES_MAX, &gpus);
    if (rc == 0 && gpus > 0)
        rc = fg_field_int_in(table->row.fields[4], "gpu_milli", 1, FG_WHOLE_MILLI, &milli,
                             table->err);
    if (rc == 0 && gpus > 1 && milli != FG_WHOLE_MILLI)
        rc = fg_fail(table->err, FG_EINVAL, "gpu_milli: %lld with %lld GPUs, expected 1000",
                     (long long)milli, (long long)gpus);
    if (rc == 0 && gpus > 0)
        rc = read_spec(table, pool, &kinds);
    *out = (struct fg_need){
        .kinds = kinds,
        .count = (uint32_t)gpus,
        .gpu_milli = (uint32_t)milli,
        .cpu_milli = (uint32_t)cpu,
        .mem_mib = (uint64_t)mem,
    };
    return rc;
}

int fg_openb_read_pods(struct fg_openb *openb,
                       const struct fg_openb_file *file,
                       struct fg_err *err)
{
    struct table table = {.file = file, .err = err};
    int rc = open_table(&table, "name,cpu_milli,memory_mib,num_gpu,gpu_milli");
    while (rc == 0 && (rc = next_row(&table)) > 0) {
        openb->pods =
            fg_grow(openb->pods, openb->pods_len, &openb->pods_room, sizeof(openb->pods[0]));
        rc = read_pod(&table, openb->pool, &openb->pods[openb->pods_len]);
        if (rc == 0 && ++openb->pods_len > PODS_MAX)
            rc = fg_fail(err, FG_ETOOBIG, "more than %d pods", PODS_MAX);
        if (rc < 0)
            return at_row(&table, rc);
    }
    if (rc == 0 && openb->pods_len == 0)
        return fg_fail(err, FG_EINVAL, "%s: no pods", file->name);
    return rc;
}

/* -- sequences --------------------------------------------------------------------------------------------- */

/* A number alone on its line, below `end`. */
static int read_index(
    struct fg_rows *rows, const char *what, size_t end, uint32_t *out, struct fg_err *err)
{
    struct fg_field line;
    int64_t value = 0;
    if (!fg_rows_next(rows, &line))
        return fg_fail(err, FG_EINVAL, "%s: missing, the file is cut off", what);
    int rc = fg_field_int_in(line, what, 0, (int64_t)end - 1, &value, err);
    *out = (uint32_t)value;
    return rc;
}

static int read_counts(const struct fg_openb *openb,
                       struct fg_rows *rows,
                       struct fg_openb_sequence *out,
                       struct fg_err *err)
{
    struct fg_field line = {}, fields[FG_FIELDS_MAX];
    int64_t pods = 0, nodes = 0;
    if (!fg_rows_next(rows, &line) || fg_fields_split(line, ' ', fields) != 2)
        return fg_fail(err, FG_EINVAL, "expected two numbers: pods and nodes");
    int rc = fg_field_int_in(fields[0], "pods", 1, PODS_MAX, &pods, err);
    if (rc == 0)
        rc = fg_field_int_in(fields[1], "nodes", 1, FG_NODES_MAX, &nodes, err);
    if (rc == 0 && (size_t)nodes != openb->specs_len)
        rc = fg_fail(err, FG_EINVAL, "%lld nodes, expected the cluster's %zu", (long long)nodes,
                     openb->specs_len);
    if (rc < 0)
        return rc;
    assert(pods > 0 && nodes > 0);
    out->pods_len = (size_t)pods;
    out->rank_len = (size_t)nodes;
    out->pods = calloc(out->pods_len, sizeof(out->pods[0]));
    out->rank = calloc(out->rank_len, sizeof(out->rank[0]));
    return out->pods && out->rank ? 0 : fg_fail(err, FG_ENOMEM, "no memory");
}

/* Each rank once. */
static int check_ranks(const struct fg_openb_sequence *sequence, struct fg_err *err)
{
    bool *taken = calloc(sequence->rank_len, sizeof(*taken));
    if (!taken)
        return fg_fail(err, FG_ENOMEM, "no memory");
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sequence->rank_len; i++) {
        if (taken[sequence->rank[i]])
            rc = fg_fail(err, FG_EINVAL, "rank %u comes twice", sequence->rank[i]);
        taken[sequence->rank[i]] = true;
    }
    free(taken);
    return rc;
}

int fg_openb_read_sequence(const struct fg_openb *openb,
                           const struct fg_openb_file *file,
                           struct fg_openb_sequence *out,
                           struct fg_err *err)
{
    struct fg_rows rows = {.bytes = file->bytes, .len = file->len};
    int rc = read_counts(openb, &rows, out, err);
    for (size_t i = 0; rc == 0 && i < out->pods_len; i++)
        rc = read_index(&rows, "pod", openb->pods_len, &out->pods[i], err);
    for (size_t i = 0; rc == 0 && i < out->rank_len; i++)
        rc = read_index(&rows, "rank", out->rank_len, &out->rank[i], err);
    struct fg_field line;
    while (rc == 0 && fg_rows_next(&rows, &line))
        if (line.len)
            rc = fg_fail(err, FG_EINVAL, "a line too many, expected %zu pods and %zu ranks",
                         out->pods_len, out->rank_len);
    if (rc < 0)
        return fg_wrap(err, rc, "%s:%zu", file->name, rows.line);
    rc = check_ranks(out, err);
    return rc < 0 ? fg_wrap(err, rc, "%s", file->name) : 0;
}
