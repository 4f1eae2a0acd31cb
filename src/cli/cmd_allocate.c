/* cmd_allocate.c - fastgpu allocate: how classes of work best share classes of devices */
#include "cli/sheet_print.h"
#include "cli/sim_files.h"
#include "cli/verb.h"

#include <string.h>

const struct fg_opt fg_opts_allocate[] = {
    {"file", 'f', "FILE", "what there is and what is asked (YAML); - is standard input",
     "file"},
    {"objective", 'o', "NAME", "in place of the one in the file",
     "total|weighted|max-min|balance|makespan|cost"},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_allocate;

static int read_objective(const struct fg_cli *cli, struct fg_sheet *sheet, struct fg_err *err)
{
    const char *name = fg_args_get(&cli->args, "objective");
    int found = name ? fg_sheet_objective_find(name) : (int)sheet->objective;
    if (found < 0)
        return fg_fail(err, FG_EINVAL,
                       "--objective: `%.40s`, expected total, weighted, max-min, balance, "
                       "makespan or cost",
                       name);
    sheet->objective = (enum fg_sheet_objective)found;
    return 0;
}

int fg_cmd_allocate(struct fg_cli *cli, struct fg_err *err)
{
    const char *path = fg_args_get(&cli->args, "file");
    if (!path)
        return fg_fail(err, FG_EINVAL, "--file: missing, expected a file");
    FG_AUTO(fg_buf) struct fg_buf bytes = {};
    int rc = fg_sim_file_read(path, &bytes, err);
    if (rc < 0)
        return rc;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_sheet_room(bytes.len));
    struct fg_sheet sheet;
    struct fg_sheet_answer answer;
    rc = fg_sheet_read(bytes.text, bytes.len, path, arena, &sheet, err);
    if (rc == 0)
        rc = read_objective(cli, &sheet, err);
    if (rc == 0 && sheet.work_len)
        rc = fg_sheet_solve(&sheet, arena, &answer, err);
    if (rc < 0)
        return rc;
    if (fg_args_has(&cli->args, "json"))
        fg_sheet_print_json(&sheet, sheet.work_len ? &answer : NULL);
    else
        fg_sheet_print(&sheet, sheet.work_len ? &answer : NULL, &cli->out);
    return 0;
}
