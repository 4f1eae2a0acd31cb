/* spec_test.c - a command as a job, and options in place of what a job file says. */
#include "cli/spec.h"

#include "model/job_json.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct fg_opt opts[] = {FG_SPEC_OPTS, {}};
static const struct fg_opt *const tables[] = {opts, NULL};
static const char base[] = "name: train\n"
                           "run: ./train\n"
                           "envs: {A: '1', B: '2'}\n"
                           "labels: {team: x}\n"
                           "outputs: [a.txt]\n"
                           "resources:\n"
                           "  cpus: 2\n"
                           "  any_of: [{accelerators: H100:8}, {accelerators: A100:8}]\n";

/* The job file `base` with these options, as canonical JSON, or the error. */
static int changed(int argc, const char *const *options, struct fg_buf *out, struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_SPEC_ARENA);
    struct fg_job_spec spec;
    struct fg_args args;
    const char *near;
    char *argv[32], path[] = "/tmp/fg-spec-XXXXXX.yaml";
    for (int i = 0; i < argc; i++)
        argv[i] = strdup(options[i]);
    int fd = mkstemps(path, 5);
    OK(write(fd, base, strlen(base)) == (ssize_t)strlen(base));
    close(fd);
    int rc = fg_args_read(tables, argc, argv, false, &args, &near, err);
    if (rc == 0)
        rc = fg_spec_read_file(path, arena, &spec, err);
    if (rc == 0)
        rc = fg_spec_override(&args, arena, &spec, err);
    if (rc == 0)
        fg_job_json_write(out, &spec);
    unlink(path);
    for (int i = 0; i < argc; i++)
        free(argv[i]);
    return rc;
}

#define OPTIONS(...)                                                                           \
    (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)), (const char *const[])  \
    {                                                                                          \
        __VA_ARGS__                                                                            \
    }

static void has(int argc, const char *const *options, const char *want)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    struct fg_err err = {};
    EQ(changed(argc, options, &out, &err), 0);
    if (!OK(out.text && strstr(out.text, want)))
        printf("# %s: want %s in %s %s\n", options[0], want, out.text ? out.text : "",
               err.text);
}

static void options_replace(void)
{
    has(OPTIONS("--name", "other"), "\"name\":\"other\"");
    has(OPTIONS("--project", "vision"), "\"project\":\"vision\"");
    has(OPTIONS("--time-limit", "2h"), "\"time_limit_us\":7200000000");
    has(OPTIONS("--priority", "-5"), "\"priority\":-5");
    has(OPTIONS("--retries=3"), "\"retries\":3");
    has(OPTIONS("--preemptible"), "\"preemptible\":true");
    has(OPTIONS("-t", "4"), "\"tasks\":4");
    has(OPTIONS("--array", "0-9"), "\"array\":");
    has(OPTIONS("--after", "12", "--after", "13"), "12");
    has(OPTIONS("--after", "12", "--after", "13"), "13");
    has(OPTIONS("--output", "out/*"), "\"outputs\":[\"a.txt\",\"out/*\"]");
    has(OPTIONS("--idempotency-key", "k 1"), "\"idempotency_key\":\"k 1\"");
}

static void resources_in_every_alternative(void)
{
    has(OPTIONS("--cpus", "0.5"), "\"kind\":\"h100\",\"count\":8,\"cpu_milli\":500");
    has(OPTIONS("--cpus", "0.5"), "\"kind\":\"a100\",\"count\":8,\"cpu_milli\":500");
    has(OPTIONS("--gpus", "L40:0.5"), "\"kind\":\"l40\",\"count\":1,\"gpu_milli\":500");
    has(OPTIONS("--gpus", "2"), "\"kind\":\"any\",\"count\":2");
    has(OPTIONS("--gpu-memory", "40GiB"), "\"gpu_mem_mib\":40960,\"cpu_milli\":2000");
    has(OPTIONS("--memory", "16GiB"), "\"mem_mib\":16384");
    has(OPTIONS("--set", "resources.memory=16"), "\"mem_mib\":16384");
    has(OPTIONS("--suppliers", "-b, -a"),
        "\"kind\":\"h100\",\"count\":8,\"cpu_milli\":2000,\"suppliers\":\"-a,-b\"");
    has(OPTIONS("--suppliers", "b"),
        "\"kind\":\"a100\",\"count\":8,\"cpu_milli\":2000,\"suppliers\":\"b\"");
    has(OPTIONS("--region", "eu"), "\"region\":\"eu\"");
    has(OPTIONS("--max-price", "2.5"), "\"max_price_uusd\":2500000");
    has(OPTIONS("--spread", "suppliers"), "\"spread\":\"suppliers\"");
    has(OPTIONS("--suppliers", "b", "--set", "throughput={h100: 2, a100: 0.5}"),
        "\"rate_milli\":500,\"suppliers\":\"b\"");
}

static void throughput_is_of_the_alternatives(void)
{
    has(OPTIONS("--set", "throughput={h100: 2, a100: 0.5}"),
        "\"kind\":\"h100\",\"count\":8,\"cpu_milli\":2000,\"rate_milli\":2000");
    has(OPTIONS("--set", "throughput={h100: 2, a100: 0.5}"),
        "\"kind\":\"a100\",\"count\":8,\"cpu_milli\":2000,\"rate_milli\":500");
}

static void pairs_are_added(void)
{
    setenv("FG_TEST_VALUE", "from outside", 1);
    unsetenv("FG_TEST_ABSENT");
    has(OPTIONS("--env", "B=3", "--env", "C=x=y"),
        "\"envs\":{\"A\":\"1\",\"B\":\"3\",\"C\":\"x=y\"}");
    has(OPTIONS("--env", "FG_TEST_VALUE"), "\"FG_TEST_VALUE\":\"from outside\"");
    has(OPTIONS("--env", "M=two\nlines \"and\" quotes: {x}"),
        "two\\nlines \\\"and\\\" quotes: {x}");
    has(OPTIONS("--label", "a.b=c"), "\"labels\":{\"team\":\"x\",\"a.b\":\"c\"}");
    has(OPTIONS("--set", "envs.D=5"), "\"D\":\"5\"");
}

static void set_reaches_every_member(void)
{
    has(OPTIONS("--set", "grace=1m"), "\"grace_us\":60000000");
    has(OPTIONS("--set", "checkpoint={every: 10m, restart: 1m}"),
        "\"checkpoint_us\":600000000,\"restart_us\":60000000");
    has(OPTIONS("--checkpoint", "10m"), "\"checkpoint_us\":600000000");
    has(OPTIONS("--set", "outputs=[x, y]"), "\"outputs\":[\"x\",\"y\"]");
    has(OPTIONS("--set", "compute_density=100"), "\"compute_density\":100");
    has(OPTIONS("--set", "run=echo hi"), "\"run\":\"echo hi\"");
    has(OPTIONS("--set", "argv=[echo, hi]"), "\"argv\":[\"echo\",\"hi\"]");
}

static void mistakes_name_the_option(void)
{
    static const struct {
        const char *option, *value, *text;
    } rows[] = {
        {"--tasks", "0", "--tasks: "},
        {"--time-limit", "soon", "--time-limit: "},
        {"--gpus", "H100:x", "--gpus: "},
        {"--name", "", "--name: expected NAME"},
        {"--env", "FG_TEST_ABSENT", "--env FG_TEST_ABSENT: not set in your environment"},
        {"--env", "=x", "--env: expected KEY=VALUE"},
        {"--env", "RANK=1", "--env: "},
        {"--label", "x", "--label: expected KEY=VALUE"},
        {"--set", "nme=x", "--set nme: no such member, did you mean name"},
        {"--set", "zzzzzzzz=x", "--set zzzzzzzz: no such member of a job"},
        {"--set", "name", "--set: expected KEY=VALUE on one line"},
        {"--set", "name=x\nrun: evil", "--set: expected KEY=VALUE on one line"},
        {"--set", "priority=[", "--set: "},
        {"--after", "x", "--after: "},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        FG_AUTO(fg_buf) struct fg_buf out = {};
        struct fg_err err = {};
        EQ(changed(OPTIONS(rows[i].option, rows[i].value), &out, &err), FG_EINVAL);
        if (!OK(strncmp(err.text, rows[i].text, strlen(rows[i].text)) == 0)
            || !OK(strstr(err.text, "override.yaml") == NULL))
            printf("# %s\n", err.text);
    }
}

static void a_value_never_shows(void)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    struct fg_err err = {};
    EQ(changed(OPTIONS("--env", "RANK=hidden-secret"), &out, &err), FG_EINVAL);
    OK(strstr(err.text, "hidden-secret") == NULL);
}

static void a_command(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_SPEC_ARENA);
    FG_AUTO(fg_buf) struct fg_buf out = {};
    struct fg_job_spec spec;
    char *words[] = {strdup("/bin/echo"), strdup("a b"), strdup("\"q\" \\ $x")};
    setenv("LC_TEST", "yes", 1);
    setenv("MY_SECRET", "no", 1);
    OK(chdir("/usr") == 0);
    EQ(fg_spec_read_command(words, 3, arena, &spec, NULL), 0);
    fg_job_json_write(&out, &spec);
    OK(strstr(out.text, "\"argv\":[\"/bin/echo\",\"a b\",\"\\\"q\\\" \\\\ $x\"]") != NULL);
    OK(strstr(out.text, "\"cwd\":\"/usr\"") != NULL);
    OK(strstr(out.text, "\"name\":\"echo\"") != NULL);
    OK(strstr(out.text, "\"LC_TEST\":\"yes\"") != NULL);
    OK(strstr(out.text, "\"PATH\":") != NULL);
    OK(strstr(out.text, "MY_SECRET") == NULL);
    for (size_t i = 0; i < 3; i++)
        free(words[i]);
}

static void folders(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(4096);
    OK(strcmp(fg_spec_folder("-", arena), ".") == 0);
    OK(strcmp(fg_spec_folder("a.yaml", arena), ".") == 0);
    OK(strcmp(fg_spec_folder("x/y/a.yaml", arena), "x/y") == 0);
    OK(strcmp(fg_spec_folder("/a.yaml", arena), "/") == 0);
}

static void no_such_file(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_SPEC_ARENA);
    struct fg_job_spec spec;
    struct fg_err err = {};
    EQ(fg_spec_read_file("/nonexistent/job.yaml", arena, &spec, &err), FG_ENOENT);
    EQ(fg_spec_read_file("/", arena, &spec, &err), FG_EIO);
}

int main(void)
{
    RUN(options_replace);
    RUN(resources_in_every_alternative);
    RUN(throughput_is_of_the_alternatives);
    RUN(pairs_are_added);
    RUN(set_reaches_every_member);
    RUN(mistakes_name_the_option);
    RUN(a_value_never_shows);
    RUN(a_command);
    RUN(folders);
    RUN(no_such_file);
    return tap_done();
}
