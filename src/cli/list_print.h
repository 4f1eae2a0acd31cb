/* list_print.h - what all commands that list things have in common: --json, --quiet, or a table. */
#pragma once

#include "cli/table.h"
#include "cli/verb.h"
#include "cli/view.h"

/* Add the item's row. */
typedef void fg_list_row_fn(struct fg_table *table, const struct fg_doc *item);

/* Print the `items` of an answer of the service.  True: as a table, so that a command may say more below it. */
bool fg_list_print(struct fg_cli *cli,
                   const struct fg_doc *answer,
                   const struct fg_column *columns,
                   fg_list_row_fn *row);
/* The same for one thing, which is the whole answer. */
bool fg_list_print_one(struct fg_cli *cli,
                       const struct fg_doc *doc,
                       const struct fg_column *columns,
                       fg_list_row_fn *row);
