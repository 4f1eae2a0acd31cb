/* reader_impl.h - what reader.c and reader_jobs.c share.  Only for src/store. */
#pragma once

#include "store/db.h"
#include "store/reader.h"

/* Lists of jobs are composed from what is filtered; these are the last that were used. */
#define FG_READER_LISTS 16

struct fg_reader_list {
    char *sql; /* owned; NULL: empty slot */
    sqlite3_stmt *stmt;
    uint64_t used;
};

struct fg_reader {
    struct fg_db db;
    struct fg_reader_list lists[FG_READER_LISTS];
    uint64_t uses;
};

void fg_reader_lists_drop(struct fg_reader *reader);
