/* cmd_backup.c - fastgpu backup: a copy of the database, also while the service runs */
#include "cli/human.h"
#include "cli/service.h"
#include "cli/verb.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

const struct fg_opt fg_opts_backup[] = {
    {"data-dir", 'D', "DIR", "the service's data folder ($XDG_STATE_HOME/fastgpu)", "dir"},
    {},
};

fg_verb_fn fg_cmd_backup;

/* In a folder the copy is named after the moment: fastgpu-20261121T023655Z.db. */
static int choose_name(const char *word, char out[PATH_MAX], struct fg_err *err)
{
    struct stat info;
    char moment[32];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(moment, sizeof(moment), "%Y%m%dT%H%M%SZ", &utc);
    bool is_folder = stat(word, &info) == 0 && S_ISDIR(info.st_mode);
    int len = is_folder ? snprintf(out, PATH_MAX, "%s/fastgpu-%s.db", word, moment)
                        : snprintf(out, PATH_MAX, "%s", word);
    return len < PATH_MAX ? 0 : fg_fail(err, FG_EINVAL, "%.80s..: the path is too long", word);
}

int fg_cmd_backup(struct fg_cli *cli, struct fg_err *err)
{
    char data_dir[4000], to[PATH_MAX], size[FG_HUMAN_MAX];
    struct stat info;
    int rc = fg_service_data_dir(fg_args_get(&cli->args, "data-dir"), data_dir,
                                 sizeof(data_dir), err);
    if (rc == 0)
        rc = choose_name(cli->args.words[0], to, err);
    if (rc == 0)
        rc = cli->hooks->backup(data_dir, to, err);
    if (rc == FG_ENOENT)
        fg_cli_hint(cli, "--data-dir says where the service keeps its data.");
    if (rc < 0)
        return rc;
    fg_human_bytes(stat(to, &info) == 0 ? (uint64_t)info.st_size : 0, size);
    printf("%s (%s): the database; copy %s/blobs and %s/jobs as well to keep files and logs\n",
           to, size, data_dir, data_dir);
    return 0;
}
