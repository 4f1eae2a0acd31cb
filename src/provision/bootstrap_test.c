/* bootstrap_test.c - what is put into the script, what is refused; gres.conf of the devices that are there. */
#include "provision/bootstrap.h"
#include "test/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fg_bootstrap usual(void)
{
    return (struct fg_bootstrap){.cluster = "hpc",
                                 .features = "rented",
                                 .conf_server = "head:6817",
                                 .slurm_conf = "",
                                 .munge_url = "",
                                 .munge_token = "",
                                 .program_url = "",
                                 .program_sha256 = ""};
}

static void what_is_wrong_is_said(void)
{
    struct fg_err err = {};
    struct fg_bootstrap good = usual(), bad = good;
    EQ(fg_bootstrap_check(&good, NULL), 0);
#define BAD(member, value, words)                                                              \
    bad = good;                                                                                \
    bad.member = value;                                                                        \
    EQ(fg_bootstrap_check(&bad, &err), FG_EINVAL);                                             \
    OK(strstr(err.text, words) != NULL)
    BAD(features, "a b", "expected words");
    BAD(features, ",a", "expected words");
    BAD(conf_server, "head; rm -rf /", "expected HOST");
    BAD(conf_server, "-x", "expected HOST");
    BAD(conf_server, "", "expected one of");
    BAD(slurm_conf, "ClusterName=x\n", "expected one of");
    BAD(munge_url, "http://elsewhere/key", "in the open");
    BAD(munge_url, "https://user:word@elsewhere/key", "in the open");
    BAD(munge_token, "a b", "blanks");
    BAD(program_url, "http://head/fastgpu", "SHA-256");
    BAD(program_sha256, "12", "expected http");
    bad = good;
    bad.munge_key = "short";
    bad.munge_key_len = 5;
    EQ(fg_bootstrap_check(&bad, &err), FG_EINVAL);
}

/* What a shell makes of the script's first part, and then of `command`. */
static bool shell_says(const struct fg_buf *script, const char *command, const char *expected)
{
    char path[] = "/tmp/fastgpu-bootstrap-XXXXXX", line[256], got[4096] = "";
    const char *end = strstr(script->text, "# What follows is the same");
    int file = mkstemp(path);
    FILE *out = file < 0 || !end ? NULL : fdopen(file, "w");
    if (!out)
        abort();
    fwrite(script->text, 1, (size_t)(end - script->text), out);
    fprintf(out, "%s\n", command);
    fclose(out);
    snprintf(line, sizeof(line), "sh %s", path);
    FILE *pipe = popen(line, "r");
    size_t len = pipe ? fread(got, 1, sizeof(got) - 1, pipe) : 0;
    got[len] = '\0';
    bool ended = pipe && pclose(pipe) == 0;
    remove(path);
    if (strcmp(got, expected) != 0)
        printf("# got %s\n", got);
    return ended && strcmp(got, expected) == 0;
}

static void words_come_out_of_the_shell_as_they_went_in(void)
{
    FG_AUTO(fg_buf) struct fg_buf script = {};
    struct fg_bootstrap bootstrap = usual();
    char key[200];
    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (char)(i * 7);
    bootstrap.cluster = "it's $HOME `id`";
    bootstrap.conf_server = "";
    bootstrap.slurm_conf = "ClusterName=x # $(id) \\\nA='b'";
    bootstrap.munge_key = key;
    bootstrap.munge_key_len = sizeof(key);
    bootstrap.munge_token = "secret$token";
    EQ(fg_bootstrap_check(&bootstrap, NULL), 0);
    fg_bootstrap_script(&bootstrap, &script);
    OK(shell_says(&script, "printf %s \"$cluster\"", "it's $HOME `id`"));
    OK(shell_says(&script, "slurm_conf", "ClusterName=x # $(id) \\\nA='b'\n"));
    OK(shell_says(&script, "munge_token", "Authorization: Bearer secret$token\n"));
    OK(shell_says(&script, "munge_key | base64 -d | wc -c", "200\n"));
    OK(shell_says(&script, "printf %s \"$order\"", ""));
    OK(strstr(script.text, "@FASTGPU_ORDER@") != NULL);
}

static void without_secrets_nothing_is_written(void)
{
    FG_AUTO(fg_buf) struct fg_buf script = {};
    struct fg_bootstrap bootstrap = usual();
    fg_bootstrap_script(&bootstrap, &script);
    OK(shell_says(&script, "munge_key | base64 -d; munge_token; slurm_conf", ""));
}

static void cloud_init_has_the_script(void)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    fg_bootstrap_cloud_init("#!/bin/sh\n\nid\n", 14, &out);
    OK(strcmp(out.text, "#cloud-config\nwrite_files:\n  - path: /var/lib/fastgpu/bootstrap.sh\n"
                        "    permissions: '0700'\n    content: |\n      #!/bin/sh\n\n      id\n"
                        "runcmd:\n  - [/bin/sh, /var/lib/fastgpu/bootstrap.sh]\n")
       == 0);
}

static void devices_are_told_to_slurm(void)
{
    FG_AUTO(fg_buf) struct fg_buf conf = {}, word = {};
    struct fg_inspect_report *report = calloc(1, sizeof(*report));
    const uint32_t numbers[] = {0, 3};
    struct fg_err err = {};
    if (!report)
        abort();
    EQ(fg_bootstrap_gres(report, NULL, 0, &conf, &word, NULL), 0);
    EQ(conf.len + word.len, 0);
    report->devices_len = 2;
    strcpy(report->devices[0].kind, "h100");
    strcpy(report->devices[1].kind, "h100");
    EQ(fg_bootstrap_gres(report, numbers, 2, &conf, &word, NULL), 0);
    OK(strcmp(conf.text, "Name=gpu Type=h100 File=/dev/nvidia0\n"
                         "Name=gpu Type=h100 File=/dev/nvidia3\n")
       == 0);
    OK(strcmp(word.text, "gpu:h100:2") == 0);
    EQ(fg_bootstrap_gres(report, numbers, 1, &conf, &word, &err), FG_EINVAL);
    OK(strstr(err.text, "1 files") != NULL);
    strcpy(report->devices[1].kind, "a100");
    EQ(fg_bootstrap_gres(report, numbers, 2, &conf, &word, &err), FG_EINVAL);
    report->devices_unreachable = true;
    EQ(fg_bootstrap_gres(report, numbers, 2, &conf, &word, &err), FG_EINVAL);
    free(report);
}

int main(void)
{
    RUN(what_is_wrong_is_said);
    RUN(words_come_out_of_the_shell_as_they_went_in);
    RUN(without_secrets_nothing_is_written);
    RUN(cloud_init_has_the_script);
    RUN(devices_are_told_to_slurm);
    return tap_done();
}
