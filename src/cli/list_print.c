/* list_print.c - see list_print.h */
#include "cli/list_print.h"

#include <stdio.h>

bool fg_list_print(struct fg_cli *cli,
                   const struct fg_doc *answer,
                   const struct fg_column *columns,
                   fg_list_row_fn *row)
{
    const struct fg_doc *items = fg_doc_get(answer, "items");
    if (fg_cli_json(cli, items ? items : answer))
        return false;
    const struct fg_doc *first = fg_view_first(answer, "items");
    if (fg_args_has(&cli->args, "quiet")) {
        for (const struct fg_doc *at = first; at; at = at->next)
            printf("%s\n", fg_view_text(at, "name"));
        return false;
    }
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (const struct fg_doc *at = first; at; at = at->next)
        row(table, at);
    fg_table_print(table, &cli->out, stdout);
    return true;
}

bool fg_list_print_one(struct fg_cli *cli,
                       const struct fg_doc *doc,
                       const struct fg_column *columns,
                       fg_list_row_fn *row)
{
    if (fg_cli_json(cli, doc))
        return false;
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    row(table, doc);
    fg_table_print(table, &cli->out, stdout);
    return true;
}
