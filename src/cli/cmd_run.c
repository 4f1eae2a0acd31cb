/* cmd_run.c - fastgpu run: submit a command or a job file, follow it, exit as it did */
#include "cli/follow.h"
#include "cli/spec.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct fg_opt fg_opts_run[] = {
    FG_SPEC_OPTS,
    {"detach", 'd', NULL, "do not follow: print the id and end", NULL},
    {"quiet", 'q', NULL, "nothing but the output of the job", NULL},
    {},
};

fg_verb_fn fg_cmd_run;

/* `fastgpu run train.yaml`: a file with the name of a job file that is no program.  After "--" it is a
 * command whatever its name. */
static bool is_job_file(const struct fg_args *args)
{
    static const char *const ends[] = {".yaml", ".yml", ".json", ".sbatch"};
    const char *word = args->words[0];
    const char *dot = strrchr(word, '.');
    for (size_t i = 0; dot && !args->is_ended && i < sizeof(ends) / sizeof(ends[0]); i++)
        if (strcmp(dot, ends[i]) == 0)
            return access(word, R_OK) == 0 && access(word, X_OK) != 0;
    return false;
}

/* Options may stand behind the name of a job file, as they may with `submit`. */
static int take_options_behind(struct fg_cli *cli, struct fg_err *err)
{
    struct fg_args *behind = calloc(1, sizeof(*behind));
    struct fg_args *args = &cli->args;
    const char *near;
    if (!behind)
        abort();
    int rc = fg_args_read(cli->tables, (int)args->words_len - 1, args->words + 1, false, behind,
                          &near, err);
    if (rc < 0 && near)
        fg_cli_hint(cli, "Did you mean --%s?", near);
    if (rc == 0 && behind->words_len > 0)
        rc = fg_fail(err, FG_EINVAL, "%.60s: one word too many after a job file",
                     behind->words[0]);
    if (rc == 0 && args->given_len + behind->given_len > FG_ARGS_GIVEN_MAX)
        rc = fg_fail(err, FG_EINVAL, "more than %d options", FG_ARGS_GIVEN_MAX);
    if (rc == 0) {
        memcpy(args->given + args->given_len, behind->given,
               behind->given_len * sizeof(behind->given[0]));
        args->given_len += behind->given_len;
        args->words_len = 1;
    }
    free(behind);
    return rc;
}

static int read_spec(struct fg_cli *cli,
                     struct fg_arena *arena,
                     struct fg_job_spec *out,
                     const char **out_folder,
                     struct fg_err *err)
{
    const struct fg_args *args = &cli->args;
    *out_folder = ".";
    if (!is_job_file(args))
        return fg_spec_read_command(args->words, args->words_len, arena, out, err);
    int rc = take_options_behind(cli, err);
    *out_folder = fg_spec_folder(args->words[0], arena);
    return rc < 0 ? rc : fg_spec_read_file(args->words[0], arena, out, err);
}

static int follow_job(struct fg_cli *cli, const char *id, struct fg_err *err)
{
    bool quiet = fg_args_has(&cli->args, "quiet");
    if (!quiet)
        fprintf(stderr, "%sjob %s%s\n", fg_style_text(&cli->err, FG_DIM), id,
                fg_style_text(&cli->err, FG_PLAIN));
    return fg_follow_to_end(cli, id, quiet, err);
}

int fg_cmd_run(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_SPEC_ARENA);
    struct fg_job_spec spec;
    struct fg_submitted made = {};
    const char *folder;
    int rc = read_spec(cli, arena, &spec, &folder, err);
    if (rc == 0)
        rc = fg_spec_override(&cli->args, arena, &spec, err);
    if (rc == 0)
        rc = fg_spec_upload(cli, folder, arena, &spec, err);
    if (rc == 0)
        rc = fg_spec_submit(cli, &spec, &made, err);
    if (rc < 0)
        return rc;
    if (fg_args_has(&cli->args, "detach") || made.count > 1) {
        printf("%s\n", made.id);
        return 0;
    }
    return follow_job(cli, made.id, err);
}
