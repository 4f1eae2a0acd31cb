/* project_rows.c - projects as they stand in the database, for who writes and for who only reads. */
#include "store/row.h"

static int read_kinds(struct fg_db *db, struct fg_project *project, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, db, FG_SQL_load_kinds, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, project->id);
    while ((rc = fg_query_step(&query, err)) == 1 && project->kinds_len < FG_QUOTA_KINDS_MAX) {
        struct fg_kind_quota *kind = &project->kinds[project->kinds_len++];
        fg_copy_text(kind->kind, sizeof(kind->kind), fg_query_get_text(&query, 0));
        kind->gpu_milli = fg_query_get(&query, 1);
        kind->guarantee_milli = fg_query_get(&query, 2);
    }
    return rc < 0 ? rc : 0;
}

int fg_db_projects(struct fg_db *db,
                   int (*row)(void *self, const struct fg_project *project),
                   void *self,
                   struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, db, FG_SQL_load_projects, err);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1) {
        struct fg_project project;
        fg_project_decode(&query, &project);
        rc = read_kinds(db, &project, err);
        if (rc == 0)
            rc = row(self, &project);
    }
    return rc;
}
