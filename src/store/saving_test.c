/* saving_test.c - what was saved is in the store once, adds up by whatever it is asked for, and outlives the records of its jobs. */
#include "store/testing.h"

#include "store/reader_cost.h"

#define DAY 20'000

struct seen {
    struct fg_saved sum;
    size_t rows, gaps; /* a key that came twice, not in a row */
    char keys[64][FG_NAME_MAX];
    size_t keys_len;
    enum fg_energy_by by;
};

static const char *key_of(const struct seen *seen,
                          const struct fg_saving_view *row,
                          char id[24])
{
    snprintf(id, 24, "%llu", (unsigned long long)row->owner.job);
    return seen->by == FG_ENERGY_BY_PROJECT    ? row->owner.project_name
           : seen->by == FG_ENERGY_BY_USER     ? row->owner.user_name
           : seen->by == FG_ENERGY_BY_KIND     ? row->owner.kind
           : seen->by == FG_ENERGY_BY_SUPPLIER ? row->owner.supplier
                                               : id;
}

static int see(void *self, const struct fg_saving_view *row)
{
    struct seen *seen = self;
    char id[24];
    const char *key = key_of(seen, row, id);
    fg_saved_add(&seen->sum, &row->sum);
    seen->rows++;
    if (seen->keys_len > 0 && strcmp(seen->keys[seen->keys_len - 1], key) == 0)
        return 0;
    for (size_t i = 0; i < seen->keys_len; i++)
        seen->gaps += strcmp(seen->keys[i], key) == 0;
    MUST(seen->keys_len < 64);
    snprintf(seen->keys[seen->keys_len++], FG_NAME_MAX, "%s", key);
    return 0;
}

static struct seen look(const char *path, enum fg_energy_by by, fg_project_id project)
{
    FG_AUTO(fg_reader) struct fg_reader *reader = fg_reader_open(path, NULL);
    MUST(reader);
    struct seen seen = {.by = by};
    const struct fg_cost_range range = {project, DAY, DAY + 2};
    EQ(fg_reader_savings(reader, &range, by, see, &seen, NULL), 0);
    return seen;
}

static struct fg_saving row_of(fg_job_id job, uint32_t n)
{
    struct fg_saving row = {
        .job = job,
        .day = DAY + n % 2,
        .way = job ? FG_SAVING_CAP : FG_SAVING_SLEEP_ASSUMED,
        .project = job ? 1 : 0,
        .user = job ? 1 : 0,
        .device = job ? (int32_t)(n % 4) : -1,
        .sum = {.avoided_mj = 1000 + n, .spent_mj = n % 3, .slowed_us = job ? 10 : 0}};
    snprintf(row.node, sizeof(row.node), "n%u", n % 3);
    snprintf(row.kind, sizeof(row.kind), "%s", n % 2 ? "h100" : "a100");
    return row;
}

static void put_jobs(struct fg_store *store)
{
    for (fg_job_id id = 1; id <= 5; id++) {
        struct fg_job_row row = plain_job(id);
        row.job.submitted_us = 1;
        MUST(add_job(store, &row) == 0);
        row.job.state = FG_JOB_SUCCEEDED;
        MUST(ops->job_set(store, &row.job, 10, "", 0, 0, NULL) == 0);
    }
}

static struct fg_saved put_savings(struct fg_store *store)
{
    struct fg_saved sum = {};
    for (uint32_t n = 0; n < 200; n++) {
        struct fg_saving row = row_of(n % 6, n);
        MUST(ops->saving_add(store, &row, NULL) == 0);
        fg_saved_add(&sum, &row.sum);
    }
    return sum;
}

static void is_whole(const char *path, const struct fg_saved *sum)
{
    for (enum fg_energy_by by = 0; by < FG_ENERGY_BYS; by++) {
        struct seen seen = look(path, by, 0);
        EQ(seen.sum.avoided_mj, sum->avoided_mj);
        EQ(seen.sum.spent_mj, sum->spent_mj);
        EQ(seen.sum.slowed_us, sum->slowed_us);
        EQ(seen.gaps, 0);
    }
    struct fg_saved all[FG_SAVING_WAYS] = {};
    FG_AUTO(fg_reader) struct fg_reader *reader = fg_reader_open(path, NULL);
    EQ(fg_reader_saving_sums(reader, all, NULL), 0);
    EQ(all[FG_SAVING_CAP].avoided_mj + all[FG_SAVING_SLEEP_ASSUMED].avoided_mj,
       sum->avoided_mj);
    EQ(all[FG_SAVING_SLEEP_TOLD].avoided_mj, 0);
}

static void it_adds_up_and_stays(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_store *store = open_store(folder.db);
    MUST(store && ops->begin(store, NULL) == 0);
    put_jobs(store);
    struct fg_saved sum = put_savings(store);
    EQ(ops->commit(store, NULL), 0);
    is_whole(folder.db, &sum);
    MUST(ops->begin(store, NULL) == 0); /* of a batch that came to nothing nothing stays */
    put_savings(store);
    ops->rollback(store);
    ops->free(store);
    store = open_store(folder.db);
    is_whole(folder.db, &sum);
    struct seen ours = look(folder.db, FG_ENERGY_BY_JOB, 1),
                all = look(folder.db, FG_ENERGY_BY_JOB, 0);
    OK(ours.keys_len == 5 && all.keys_len == 6);
    OK(ours.sum.avoided_mj < all.sum.avoided_mj);

    /* Records of jobs go: their savings stay, in fewer rows. */
    const struct fg_store_prune old = {.jobs_before_us = 100, .limit = 100};
    MUST(ops->begin(store, NULL) == 0);
    EQ(ops->prune(store, &old, NULL), 5);
    EQ(ops->commit(store, NULL), 0);
    is_whole(folder.db, &sum);
    struct seen left = look(folder.db, FG_ENERGY_BY_JOB, 1);
    EQ(left.keys_len, 1);
    EQ(left.sum.avoided_mj, ours.sum.avoided_mj);
    OK(left.rows <= 4); /* two days, two kinds */
    ops->free(store);
    EQ(fg_store_check(folder.db, NULL), 0);
}

int main(void)
{
    RUN(it_adds_up_and_stays);
    return tap_done();
}
