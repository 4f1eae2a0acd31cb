/* focus_check.h - is this a FOCUS 1.2 file?  Any producer's, of any size: it is read as it comes.
 *
 *     bytes of a CSV (RFC 4180) --pieces--> FOCUS_CHECK --problems with line and column--> fastgpu cost validate
 *
 * Checked: the mandatory columns are there, no column twice, others begin with x_; each value has the column's type, is among
 * the allowed ones, is not null where it may not be; and what the specification says of values together: periods that
 * end after they begin, what a tax or a purchase may not have, a subcategory of its category, what goes with no commitment.
 * An empty field, and the word NULL, are null.  Input is hostile.
 */
#pragma once

#include "base/auto.h"
#include "plan/focus.h"

#define FG_FOCUS_PROBLEMS_MAX 1000  /* that are kept; all are counted */
#define FG_FOCUS_FIELD_MAX    65536 /* bytes of one value */
#define FG_FOCUS_WIDTH_MAX    512   /* columns of a file */

struct fg_focus_problem {
    uint64_t line;   /* where its row begins, from 1 */
    char column[52]; /* "" of the whole row or file */
    char why[160];
};

struct fg_focus_report {
    uint64_t rows;                                       /* data rows */
    uint64_t problems;                                   /* all of them */
    uint64_t bad_rows;                                   /* rows that have some */
    uint32_t columns, custom_columns, mandatory_columns; /* of the file; x_...; of the 21 */
    const struct fg_focus_problem *kept;
    size_t kept_len;
};

struct fg_focus_check;

/* Never NULL. */
struct fg_focus_check *fg_focus_check_new(void);
void fg_focus_check_free(struct fg_focus_check *check); /* NULL is allowed */
FG_AUTO_DEFINE(fg_focus_check)

/* The next bytes; then, once, the end.  The report is borrowed from `check`. */
void fg_focus_check_feed(struct fg_focus_check *check, const char *bytes, size_t len);
struct fg_focus_report fg_focus_check_end(struct fg_focus_check *check);
