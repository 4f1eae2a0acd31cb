/* order_print.h - an order for eyes: a row of a list, or all that is known of it. */
#pragma once

#include "cli/list_print.h"

extern const struct fg_column fg_order_columns[];
void fg_order_add_row(struct fg_table *table, const struct fg_doc *order);

/* One order: JSON with --json, else its row, its terms, its machines and its story, as far as the answer has them. */
void fg_order_print(const struct fg_cli *cli, const struct fg_doc *order);
