/* cmd_run.c - fastgpu run: submit a command, follow it, exit as it did */
#include "cli/follow.h"
#include "cli/spec.h"

const struct fg_opt fg_opts_run[] = {
    FG_SPEC_OPTS,
    {"detach", 'd', NULL, "do not follow: print the id and end", NULL},
    {"quiet", 'q', NULL, "nothing but the output of the job", NULL},
    {},
};

fg_verb_fn fg_cmd_run;

int fg_cmd_run(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_SPEC_ARENA);
    struct fg_job_spec spec;
    struct fg_submitted made;
    int rc = fg_spec_read_command(cli->args.words, cli->args.words_len, arena, &spec, err);
    if (rc == 0)
        rc = fg_spec_override(&cli->args, arena, &spec, err);
    if (rc == 0)
        rc = fg_spec_upload(cli, ".", arena, &spec, err);
    if (rc == 0)
        rc = fg_spec_submit(cli, &spec, &made, err);
    if (rc < 0)
        return rc;
    bool quiet = fg_args_has(&cli->args, "quiet");
    if (fg_args_has(&cli->args, "detach") || made.count > 1) {
        printf("%s\n", made.id);
        return 0;
    }
    if (!quiet)
        fprintf(stderr, "%sjob %s%s\n", fg_style_text(&cli->err, FG_DIM), made.id,
                fg_style_text(&cli->err, FG_PLAIN));
    struct fg_follow follow = {.id = made.id, .stream = "all", .owns = true, .quiet = quiet};
    struct fg_followed followed;
    rc = fg_follow(cli, &follow, &followed, err);
    if (rc < 0)
        return rc;
    if (!followed.over)
        return 130;
    if (!quiet)
        fg_result_print(cli, made.id, stderr, &cli->err);
    return followed.exit_code;
}
