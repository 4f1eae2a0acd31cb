/* job_json_test.c - specs from JSON: both shapes, every limit, and the canonical form */
#include "model/job_json.h"
#include "test/tap.h"

#include <string.h>

#define NOW  1'000'000'000'000
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"

static int read(struct fg_arena *arena,
                const char *text,
                struct fg_job_spec *spec,
                struct fg_err *err)
{
    const struct fg_doc *doc;
    int rc = fg_doc_json(text, strlen(text), arena, &doc, err);
    return rc < 0 ? rc : fg_job_json_read(doc, NOW, arena, spec, err);
}

static const struct {
    const char *text, *canonical;
} written[] = {
    {"{\"run\":\"python3 a.py\"}",
     "{\"name\":\"python3\",\"run\":\"python3 a.py\",\"any_of\":[{\"cpu_milli\":1000}]}"},
    {"{\"run\":\"x\",\"resources\":{\"accelerators\":\"H100:8\",\"cpus\":0.5,\"memory\":"
     "\"64GiB\","
     "\"gpu_memory\":40}}",
     "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"kind\":\"h100\",\"count\":8,\"gpu_mem_mib\":"
     "40960,"
     "\"cpu_milli\":500,\"mem_mib\":65536}]}"},
    {"{\"run\":\"x\",\"resources\":{\"accelerators\":{\"H100\":0.5}}}",
     "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"kind\":\"h100\",\"count\":1,\"gpu_milli\":"
     "500,"
     "\"cpu_milli\":1000}]}"},
    {"{\"run\":\"x\",\"resources\":{\"suppliers\":[\"ruth\",\"eve, "
     "ruth\"],\"region\":\"us,eu\","
     "\"max_price\":2.5,\"spread\":\"suppliers\",\"any_of\":[{\"cpus\":2},{\"suppliers\":\"-b, "
     "-a\",\"spread\":\"none\"}]}}",
     "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"cpu_milli\":2000,\"suppliers\":\"eve,ruth\","
     "\"region\":\"eu,us\",\"max_price_uusd\":2500000,\"spread\":\"suppliers\"},"
     "{\"cpu_milli\":1000,\"suppliers\":\"-a,-b\",\"region\":\"eu,us\",\"max_price_uusd\":"
     "2500000}]}"},
    {"{\"run\":\"x\",\"resources\":{\"data\":\"2GiB\",\"data_site\":\"store.example.org\"}}",
     "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"cpu_milli\":1000,\"data_mib\":2048,"
     "\"data_site\":\"store.example.org\"}]}"},
    {"{\"run\":\"x\",\"any_of\":[{\"suppliers\":\"local\",\"region\":\"eu\",\"max_price_uusd\":"
     "7,"
     "\"spread\":\"suppliers\"}]}",
     "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"cpu_milli\":1000,\"suppliers\":\"local\","
     "\"region\":\"eu\",\"max_price_uusd\":7,\"spread\":\"suppliers\"}]}"},
    {"{\"run\":\"x\",\"resources\":{\"accelerators\":2}}",
     "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"kind\":\"any\",\"count\":2,\"cpu_milli\":"
     "1000}]}"},
    {"{\"run\":\"x\",\"resources\":{\"accelerators\":\"A100\"}}",
     "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"kind\":\"a100\",\"count\":1,\"cpu_milli\":"
     "1000}]}"},
    {"{\"run\":\"x\",\"resources\":{\"cpus\":4,\"memory\":2,\"any_of\":[{\"accelerators\":"
     "\"h100\"},"
     "{\"cpus\":8}]}}",
     "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"kind\":\"h100\",\"count\":1,\"cpu_milli\":"
     "4000,"
     "\"mem_mib\":2048},{\"cpu_milli\":8000,\"mem_mib\":2048}]}"},
    {"{\"run\":\"x\",\"any_of\":[{\"kind\":\"h100\"},{\"count\":1,\"gpu_milli\":250}]}",
     "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"kind\":\"h100\",\"count\":1,\"cpu_milli\":"
     "1000},"
     "{\"kind\":\"any\",\"count\":1,\"gpu_milli\":250,\"cpu_milli\":1000}]}"},
    {"{\"argv\":[\"/bin/echo\",\"\",1],\"num_nodes\":2}",
     "{\"name\":\"echo\",\"argv\":[\"/bin/echo\",\"\",\"1\"],\"any_of\":[{\"cpu_milli\":1000}],"
     "\"tasks\":2}"},
    {"{\"run\":\"x\",\"envs\":{\"B\":\"2\",\"A\":1},\"labels\":{\"z\":true,\"a\":\"\"},"
     "\"outputs\":\"out/*\",\"inputs\":{\"d\":\"blake2b:" ZERO "\"}}",
     "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"cpu_milli\":1000}],\"envs\":{\"A\":\"1\","
     "\"B\":\"2\"},"
     "\"labels\":{\"a\":\"\",\"z\":\"true\"},\"inputs\":{\"d\":\"blake2b:" ZERO "\"},"
     "\"outputs\":[\"out/*\"]}"},
    {"{\"run\":\"x\",\"after\":[12,{\"item\":2},{\"when\":\"any\",\"item\":1}]}",
     "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"cpu_milli\":1000}],"
     "\"after\":[{\"item\":1,\"when\":\"any\"},{\"item\":2},\"12\"]}"},
    {"{\"run\":\"x\",\"after\":[\"12\",7,{\"job\":9,\"when\":\"any\"},{\"job\":\"8\"}]}",
     "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"cpu_milli\":1000}],"
     "\"after\":[\"7\",\"8\",{\"job\":\"9\",\"when\":\"any\"},\"12\"]}"},
    {"{\"run\":\"x\",\"deadline\":\"1d\",\"begin\":\"1970-01-13T00:00:00Z\",\"time_limit\":90,"
     "\"duration\":\"1m "
     "5s\",\"grace\":\"1m\",\"retry_backoff\":\"5s\",\"retries\":3,\"priority\":-5,"
     "\"preemptible\":"
     "true}",
     "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"cpu_milli\":1000}],\"priority\":-5,"
     "\"deadline_us\":1086400000000,\"begin_us\":1036800000000,\"time_limit_us\":90000000,"
     "\"duration_us\":65000000,\"grace_us\":60000000,\"retries\":3,\"retry_backoff_us\":"
     "5000000,\"preemptible\":true}"},
    {"{\"run\":\"x\",\"grace_us\":0,\"retry_backoff\":1,\"priority\":0,\"tasks\":1,"
     "\"project\":null}",
     "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"cpu_milli\":1000}]}"},
    {"{\"run\":\"x\",\"checkpoint\":{\"restart\":60,\"every\":\"10m\"}}",
     "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"cpu_milli\":1000}],"
     "\"checkpoint_us\":600000000,\"restart_us\":60000000}"},
    {"{\"run\":\"x\",\"checkpoint\":\"10m\"}",
     "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"cpu_milli\":1000}],"
     "\"checkpoint_us\":600000000}"},
    {"{\"run\":\"x\",\"flexible\":\"both\"}",
     "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"cpu_milli\":1000}],"
     "\"flexible\":{\"by\":\"both\"}}"},
    {"{\"run\":\"x\",\"flexible\":{\"until\":\"1d\",\"by\":\"carbon\"}}",
     "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"cpu_milli\":1000}],"
     "\"flexible\":{\"by\":\"carbon\",\"until_us\":1086400000000}}"},
    {"{\"run\":\"x\",\"grace\":0,\"array\":10}",
     "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"cpu_milli\":1000}],\"grace_us\":1,"
     "\"array\":\"0-9\"}"},
    {"{\"run\":\"x\",\"array\":\"0-99:2\"}",
     "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"cpu_milli\":1000}],\"array\":\"0-98:2\"}"},
    {"{\"run\":\"x\",\"compute_density\":100,\"time_sensitivity\":5,\"memory_need\":0,"
     "\"idempotency_key\":\"k "
     "1\",\"name\":\"n\",\"project\":\"p\",\"setup\":\"s\",\"cwd\":\"/srv\"}",
     "{\"name\":\"n\",\"project\":\"p\",\"run\":\"x\",\"setup\":\"s\",\"cwd\":\"/srv\","
     "\"any_of\":[{\"cpu_milli\":1000}],\"compute_density\":100,\"time_sensitivity\":5,"
     "\"memory_need\":0,\"idempotency_key\":\"k 1\"}"},
    {"{\"run\":\"x\",\"workdir\":\".\",\"workdir_hash\":\"blake2b:" ZERO "\"}",
     "{\"name\":\"x\",\"run\":\"x\",\"workdir\":\".\",\"workdir_hash\":\"blake2b:" ZERO "\","
     "\"any_of\":[{\"cpu_milli\":1000}]}"},
    {"{\"run\":\"# c\\nTOKEN=secret; /opt/a/train.sh | tee\"}",
     "{\"name\":\"train.sh\",\"run\":\"# c\\nTOKEN=secret; /opt/a/train.sh | tee\","
     "\"any_of\":[{\"cpu_milli\":1000}]}"},
};

static void specs_have_one_canonical_form(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_JOB_ROOM);
    for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
        FG_AUTO(fg_buf) struct fg_buf first = {}, second = {};
        struct fg_job_spec spec;
        struct fg_err err = {};
        if (!OK(read(arena, written[i].text, &spec, &err) == 0)) {
            printf("#   %s: %s\n", written[i].text, err.text);
            continue;
        }
        fg_job_json_write(&first, &spec);
        if (!OK(strcmp(first.text, written[i].canonical) == 0))
            printf("#   got  %s\n#   want %s\n", first.text, written[i].canonical);
        EQ(read(arena, first.text, &spec, &err), 0);
        fg_job_json_write(&second, &spec);
        OK(strcmp(first.text, second.text) == 0);
    }
}

static const struct {
    const char *members, *want; /* beside "run":"x" */
} refused[] = {
    {"\"resorces\":{}", "resorces: unknown member, did you mean resources?"},
    {"\"resources\":{\"gpus\":1}", "resources.gpus: unknown member, did you mean cpus?"},
    {"\"resources\":{\"suppliers\":[\"a\",\"-b\"]}",
     "resources.suppliers[1]: names with and without -, expected all that it may use, or all "
     "that it may not"},
    {"\"resources\":{\"suppliers\":\"a,,b\"}",
     "resources.suppliers: empty, expected 1 to 63 characters"},
    {"\"resources\":{\"suppliers\":7}",
     "resources.suppliers: a whole number, expected a name, or a list of names"},
    {"\"resources\":{\"region\":\"-eu\"}",
     "resources.region: -eu, expected the regions that it may run in"},
    {"\"resources\":{\"max_price\":0}",
     "resources.max_price: expected USD for an hour of a device, from 0.000001 to 100000"},
    {"\"resources\":{\"spread\":\"nodes\"}", "resources.spread: expected suppliers, or none"},
    {"\"resources\":{\"cpus\":-1}", "resources.cpus: -1, expected 0.001 to 4096"},
    {"\"resources\":{\"cpus\":\"4\"}", "resources.cpus: \"4\", expected 0.001 to 4096"},
    {"\"resources\":{\"memory\":\"64XB\"}",
     "resources.memory: \"64XB\", expected a size like 64GiB, up to 65536GiB"},
    {"\"resources\":{\"accelerators\":\"h100:1.5\"}",
     "resources.accelerators: 1.5 accelerators, expected a share from 0.001 to 0.999, or a "
     "whole number "
     "up to 32"},
    {"\"resources\":{\"accelerators\":\"h100:\"}",
     "resources.accelerators: expected KIND:COUNT, like H100:8 or H100:0.5"},
    {"\"resources\":{\"accelerators\":{\"a\":1,\"b\":2}}",
     "resources.accelerators: expected one kind and how many, like H100:8 or {H100: 8}"},
    {"\"resources\":{\"accelerators\":\"cpu:4\"}",
     "resources.accelerators: cpu is no accelerator, ask for cores with cpus"},
    {"\"resources\":{\"accelerators\":33}", "resources.accelerators: 33 accelerators, expected "
                                            "a share from 0.001 to 0.999, or a whole number "
                                            "up to 32"},
    {"\"resources\":{\"gpu_memory\":1}",
     "resources: memory of an accelerator, but no accelerator asked"},
    {"\"resources\":{\"any_of\":[{\"cpus\":1},{\"cpus\":0}]}",
     "resources.any_of[1].cpus: 0, expected 0.001 to 4096"},
    {"\"resources\":{\"any_of\":[]}", "resources.any_of: 0 alternatives, expected 1 to 4"},
    {"\"resources\":{\"any_of\":[{\"any_of\":[]}]}",
     "resources.any_of[0].any_of: unknown member"},
    {"\"any_of\":[{\"count\":2,\"gpu_milli\":500}]",
     "any_of[0]: shares of 2 accelerators, expected a share of one"},
    {"\"any_of\":[{\"gpu_milli\":500}]",
     "any_of[0]: a share of an accelerator, but no accelerator asked"},
    {"\"any_of\":[{},{},{},{},{}]", "any_of: 5 alternatives, expected 1 to 4"},
    {"\"any_of\":[{}],\"resources\":{}", "resources: the same as any_of, give one of them"},
    {"\"tasks\":2,\"num_nodes\":2", "num_nodes: the same as tasks, give one of them"},
    {"\"deadline\":\"1h\",\"deadline_us\":5",
     "deadline_us: the same as deadline, give one of them"},
    {"\"tasks\":1025", "tasks: 1025, expected a whole number from 1 to 1024"},
    {"\"name\":\"a b\"", "name: \"a b\", expected letters, digits and . _ - only"},
    {"\"name\":\"\"", "name: empty, expected 1 to 63 characters"},
    {"\"argv\":[\"a\"]", "argv: run is given as well, expected one of them"},
    {"\"argv\":[]", "argv: empty, expected a program and its arguments"},
    {"\"cwd\":\"srv\"", "cwd: expected an absolute path, like /srv/data"},
    {"\"cwd\":\"/a/../b\"", "cwd: \"..\" is not allowed"},
    {"\"workdir\":\".\"", "workdir: a local folder, which must be uploaded first and named by "
                          "workdir_hash (fastgpu submit does both)"},
    {"\"cwd\":\"/a\",\"workdir_hash\":\"blake2b:" ZERO "\"",
     "cwd: workdir is given as well, expected one of them (cwd runs in place, workdir in a "
     "copy)"},
    {"\"envs\":{\"RANK\":\"hunter2\"}",
     "envs.RANK: set by the service for every task, choose another name"},
    {"\"envs\":{\"A-B\":\"hunter2\"}",
     "envs.A-B: not a variable name, expected letters, digits and _, no digit first"},
    {"\"envs\":{\"A\":[\"hunter2\"]}", "envs.A: a list, expected text"},
    {"\"envs\":[\"A=hunter2\"]", "envs: a list, expected a map"},
    {"\"labels\":{\"a\":\"x\\ny\"}", "labels.a: a control character"},
    {"\"inputs\":{\"../x\":\"blake2b:" ZERO "\"}", "inputs.../x: \"..\" is not allowed"},
    {"\"inputs\":{\"x\":\"local.txt\"}",
     "inputs.x: not a hash, expected blake2b: and 64 hex digits"},
    {"\"outputs\":[\"/etc/*\"]",
     "outputs[0]: expected a path inside the working folder, like out/a.txt"},
    {"\"after\":[0]", "after[0]: expected the id of a job, like 12"},
    {"\"after\":[\"1x\"]", "after[0]: expected the id of a job, like 12"},
    {"\"after\":[1,\"1\"]", "after: job 1 is given twice"},
    {"\"after\":[\"prepare\"]", "after[0]: expected the id of a job, like 12"},
    {"\"after\":[{\"item\":0}]", "after[0].item: 0, expected a whole number from 1 to 1000"},
    {"\"after\":[{\"item\":1,\"job\":1}]",
     "after[0]: job and item given, expected one of them"},
    {"\"after\":[{\"item\":1},{\"item\":1}]", "after: the same job is given twice"},
    {"\"after\":[{\"job\":1,\"when\":\"later\"}]", "after[0].when: expected succeeded or any"},
    {"\"after\":[{\"when\":\"any\"}]", "after[0]: no job given, expected {job: ID, when: any}"},
    {"\"array\":0",
     "array: expected a count from 1 to 100000, or a range like 0-9 or 0-99:2, up to "
     "9999999"},
    {"\"array\":\"9-0\"",
     "array: expected a count from 1 to 100000, or a range like 0-9 or 0-99:2, up "
     "to 9999999"},
    {"\"array\":\"0-9999999\"", "array: 10000000 elements, expected 100000 at most"},
    {"\"priority\":1001", "priority: 1001, expected a whole number from -1000 to 1000"},
    {"\"deadline\":\"soon\"",
     "deadline: \"soon\", expected a time like 2026-11-21T02:36:55Z, or a "
     "duration from now like 2h"},
    {"\"deadline\":\"1h\",\"begin\":\"2h\"", "begin: after the deadline"},
    {"\"time_limit\":\"4000d\"",
     "time_limit: \"4000d\", expected a duration like 90s, 1h30m or 2d, up "
     "to 3650d"},
    {"\"flexible\":\"yes\"", "flexible: yes, expected price, carbon or both"},
    {"\"flexible\":{\"until\":\"1d\"}",
     "flexible: by: missing, expected price, carbon or both"},
    {"\"flexible\":{\"by\":\"price\",\"till\":\"1d\"}", "flexible.till: unknown member"},
    {"\"time_limit_us\":-1",
     "time_limit_us: -1, expected a whole number from 0 to 315360000000000"},
    {"\"preemptible\":1", "preemptible: a whole number, expected true or false"},
    {"\"compute_density\":101", "compute_density: 101, expected a whole number from 0 to 100"},
    {"\"idempotency_key\":\"\"", "idempotency_key: empty, expected 1 to 255 characters"},
    {"\"run\":1", "line 1: column 16: duplicate object key near '\"run\"'"},
};

static void every_bad_member_is_named_with_what_is_allowed(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_JOB_ROOM);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        char *text = fg_arena_printf(arena, "{\"run\":\"x\",%s}", refused[i].members);
        struct fg_job_spec spec;
        struct fg_err err = {};
        EQ(read(arena, text, &spec, &err), FG_EINVAL);
        if (!OK(strcmp(err.text, refused[i].want) == 0))
            printf("#   got  %s\n#   want %s\n", err.text, refused[i].want);
        OK(strstr(err.text, "hunter2") == NULL);
        EQ(read(arena, text, &spec, NULL), FG_EINVAL);
    }
}

static void something_must_run(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_JOB_ROOM);
    struct fg_job_spec spec;
    struct fg_err err = {};
    EQ(read(arena, "{\"name\":\"x\"}", &spec, &err), FG_EINVAL);
    OK(strcmp(err.text, "run: missing, expected the script to run (or argv)") == 0);
    EQ(read(arena, "{\"run\":\" \\n\"}", &spec, &err), FG_EINVAL);
    EQ(read(arena, "[1]", &spec, &err), FG_EINVAL);
    OK(strcmp(err.text, "a list, expected the members of a job, like run: ...") == 0);
}

static void too_many_of_anything_is_refused(void)
{
    static const struct {
        const char *open, *item, *close;
        int len;
    } rows[] = {{"\"envs\":{", "\"E%d\":\"\"", "}", FG_ENV_MAX},
                {"\"labels\":{", "\"l%d\":\"\"", "}", FG_LABELS_MAX},
                {"\"outputs\":[", "\"o%d\"", "]", FG_ARTIFACTS_MAX},
                {"\"inputs\":{", "\"i%d\":\"blake2b:" ZERO "\"", "}", FG_ARTIFACTS_MAX},
                {"\"after\":[", "1%d", "]", FG_AFTER_MAX}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (int more = 0; more < 2; more++) {
            FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_JOB_ROOM);
            FG_AUTO(fg_buf) struct fg_buf buf = {};
            fg_buf_printf(&buf, "{\"run\":\"x\",%s", rows[i].open);
            for (int k = 0; k < rows[i].len + more; k++) {
                const char *item = rows[i].item, *at = strstr(item, "%d");
                fg_buf_printf(&buf, "%s%.*s%d%s", k ? "," : "", (int)(at - item), item, k,
                              at + 2);
            }
            fg_buf_printf(&buf, "%s}", rows[i].close);
            struct fg_job_spec spec;
            struct fg_err err = {};
            EQ(read(arena, buf.text, &spec, &err), more ? FG_EINVAL : 0);
        }
}

static void all_text_together_is_bounded(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_JOB_ROOM);
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    fg_buf_puts(&buf, "{\"run\":\"x\",\"envs\":{");
    for (int i = 0; i < 3; i++)
        fg_buf_printf(&buf, "%s\"A%d\":\"%0100000d\"", i ? "," : "", i, 0);
    fg_buf_puts(&buf, "}}");
    struct fg_job_spec spec;
    struct fg_err err = {};
    EQ(read(arena, buf.text, &spec, &err), FG_ETOOBIG);
    OK(strcmp(err.text, "envs.A2: the whole has too much text") == 0);
}

static void the_public_form_hides_values(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_JOB_ROOM);
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    struct fg_job_spec spec;
    EQ(read(arena, "{\"run\":\"x\",\"envs\":{\"TOKEN\":\"hunter2\"}}", &spec, NULL), 0);
    fg_job_json_write_public(&buf, &spec);
    OK(strcmp(buf.text, "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"cpu_milli\":1000}],"
                        "\"envs\":{\"TOKEN\":\"***\"}}")
       == 0);
}

static void inputs_may_be_fetched(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_JOB_ROOM);
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    FG_AUTO(fg_buf) struct fg_buf shown = {};
    struct fg_job_spec spec;
    static const char text[] =
        "{\"name\":\"x\",\"run\":\"x\",\"any_of\":[{\"cpu_milli\":1000}],"
        "\"inputs\":{\"a\":\"s3://b/k\",\"b\":\"blake2b:" ZERO
        "\",\"c\":\"https://h/x?sig=1#sha256:" ZERO
        "\"},\"outputs\":[\"o\"],\"outputs_to\":\"s3://b/out\"}";
    EQ(read(arena, text, &spec, NULL), 0);
    EQ(spec.inputs_len, 1);
    EQ(spec.fetches_len, 2);
    OK(strcmp(spec.fetches[1].url, "https://h/x?sig=1") == 0
       && strcmp(spec.fetches[1].hash, "sha256:" ZERO) == 0 && spec.fetches[0].hash[0] == '\0');
    fg_job_json_write(&buf, &spec);
    OK(strcmp(buf.text, text) == 0);
    fg_job_json_write_public(&shown, &spec);
    OK(!strstr(shown.text, "sig=1") && strstr(shown.text, "https://h/x?***#sha256:" ZERO));
    static const char *const bad[] = {"{\"run\":\"x\",\"inputs\":{\"a\":\"ftp://h/x\"}}",
                                      "{\"run\":\"x\",\"inputs\":{\"a\":\"s3://b/k#md5:1\"}}",
                                      "{\"run\":\"x\",\"outputs_to\":\"here\"}",
                                      "{\"run\":\"x\",\"outputs_to\":\"http://h/?x\"}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        EQ(read(arena, bad[i], &spec, NULL), FG_EINVAL);
}

int main(void)
{
    RUN(inputs_may_be_fetched);
    RUN(specs_have_one_canonical_form);
    RUN(every_bad_member_is_named_with_what_is_allowed);
    RUN(something_must_run);
    RUN(too_many_of_anything_is_refused);
    RUN(all_text_together_is_bounded);
    RUN(the_public_form_hides_values);
    return tap_done();
}
