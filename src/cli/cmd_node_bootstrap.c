/* cmd_node_bootstrap.c - fastgpu node bootstrap: what makes a fresh machine a node of a Slurm cluster. */
#include "cli/verb.h"

#include "base/text.h"
#include "provision/bootstrap.h"
#include "provision/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct fg_opt fg_opts_node_bootstrap[] = {
    {"cluster", 0, "NAME", "the cluster that it joins, for messages (cluster)", NULL},
    {"conf-server", 0, "HOST[:PORT]",
     "slurmctld, which hands out its slurm.conf (enable_configless)", NULL},
    {"slurm-conf", 0, "FILE", "the cluster's slurm.conf, if slurmctld does not hand it out",
     "file"},
    {"feature", 0, "WORDS", "features of the node, with commas (rented)", NULL},
    {"munge-key-file", 0, "FILE", "put the cluster's munge key into the script", "file"},
    {"munge-key-url", 0, "URL", "the machine fetches the munge key there instead", NULL},
    {"munge-token-file", 0, "FILE", "... and shows this token", "file"},
    {"program-url", 0, "URL", "the machine fetches the fastgpu program there", NULL},
    {"program-sha256", 0, "HEX", "... and believes it by its SHA-256", NULL},
    {"script", 0, NULL, "print a shell script (else cloud-init)", NULL},
    {"output", 'o', "FILE", "write it there, readable by nobody else (else print it)", "file"},
    {}};

fg_verb_fn fg_cmd_node_bootstrap;

static int read_file(const char *path, size_t max, struct fg_buf *out, struct fg_err *err)
{
    int rc = 0, file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t got = 1;
    if (file < 0)
        return fg_fail(err, FG_EIO, "%.200s: %s", path, strerror(errno));
    while (got > 0 && out->len <= max) {
        got = read(file, fg_buf_reserve(out, max + 1), max + 1);
        out->len += got > 0 ? (size_t)got : 0;
    }
    if (got < 0)
        rc = fg_fail(err, FG_EIO, "%.200s: %s", path, strerror(errno));
    else if (out->len > max)
        rc = fg_fail(err, FG_ETOOBIG, "%.200s: more than %zu bytes", path, max);
    close(file);
    fg_buf_add(out, "", 1);
    out->len--;
    return rc;
}

static int write_file(const char *path, const struct fg_buf *text, struct fg_err *err)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool done = file >= 0 && fchmod(file, 0600) == 0;
    for (size_t at = 0; done && at < text->len;) {
        ssize_t put = write(file, text->text + at, text->len - at);
        done = put > 0;
        at += put > 0 ? (size_t)put : 0;
    }
    int why = errno;
    if (file >= 0 && close(file) < 0)
        done = false;
    return done ? 0 : fg_fail(err, FG_EIO, "%.200s: %s", path, strerror(why));
}

static const char *word(const struct fg_cli *cli, const char *name, const char *otherwise)
{
    const char *value = fg_args_get(&cli->args, name);
    return value ? value : otherwise;
}

/* Everything that stands in files, for as long as it is needed. */
struct files {
    struct fg_buf conf, key;
    struct fg_secret token;
};

static int read_files(const struct fg_cli *cli, struct files *files, struct fg_err *err)
{
    const char *conf = fg_args_get(&cli->args, "slurm-conf"),
               *key = fg_args_get(&cli->args, "munge-key-file"),
               *token = fg_args_get(&cli->args, "munge-token-file");
    int rc = conf ? read_file(conf, FG_BOOTSTRAP_CONF_MAX, &files->conf, err) : 0;
    if (rc == 0 && key)
        rc = read_file(key, FG_BOOTSTRAP_KEY_MAX, &files->key, err);
    if (rc == 0 && token)
        rc = fg_secret_read(token, &files->token, err);
    if (rc == 0 && key && fg_args_has(&cli->args, "munge-key-url"))
        return fg_fail(err, FG_EINVAL,
                       "expected one of --munge-key-file and --munge-key-url, not both");
    return rc;
}

static int compose(const struct fg_cli *cli,
                   const struct files *files,
                   struct fg_buf *out,
                   struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf script = {};
    const struct fg_bootstrap bootstrap = {
        .cluster = word(cli, "cluster", "cluster"),
        .features = word(cli, "feature", "rented"),
        .conf_server = word(cli, "conf-server", ""),
        .slurm_conf = files->conf.text ? files->conf.text : "",
        .munge_key = files->key.len ? files->key.text : NULL,
        .munge_key_len = files->key.len,
        .munge_url = word(cli, "munge-key-url", ""),
        .munge_token = files->token.text,
        .program_url = word(cli, "program-url", ""),
        .program_sha256 = word(cli, "program-sha256", ""),
    };
    int rc = fg_bootstrap_check(&bootstrap, err);
    if (rc < 0)
        return rc;
    fg_bootstrap_script(&bootstrap, fg_args_has(&cli->args, "script") ? out : &script);
    if (script.len > 0)
        fg_bootstrap_cloud_init(script.text, script.len, out);
    if (script.text)
        explicit_bzero(script.text, script.len);
    return 0;
}

int fg_cmd_node_bootstrap(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    const char *path = fg_args_get(&cli->args, "output");
    struct files files = {};
    int rc = read_files(cli, &files, err);
    if (rc == 0)
        rc = compose(cli, &files, &out, err);
    if (rc == 0 && path)
        rc = write_file(path, &out, err);
    else if (rc == 0)
        fwrite(out.text, 1, out.len, stdout);
    if (files.key.text)
        explicit_bzero(files.key.text, files.key.len);
    fg_secret_wipe(&files.token);
    fg_buf_free(&files.conf);
    fg_buf_free(&files.key);
    return rc;
}
