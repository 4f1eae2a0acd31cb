/* job_file_test.c - job files: the forms, file and line in errors, and what #SBATCH options become */
#include "model/job_file.h"
#include "model/job_json.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define NOW 1'000'000'000'000

struct row {
    const char *name, *text;
    const char *want; /* the canonical form without name and run; or the error */
};

/* What stands in the canonical form after `run`. */
static const char *after_run(const char *canonical)
{
    const char *at = strstr(canonical, "\"any_of\":");
    return at ? at : canonical;
}

static void try_rows(const struct row *rows, size_t len, int rc)
{
    for (size_t i = 0; i < len; i++) {
        FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_JOB_ROOM);
        FG_AUTO(fg_buf) struct fg_buf buf = {};
        struct fg_job_spec spec;
        struct fg_err err = {};
        EQ(fg_job_file_parse(rows[i].text, strlen(rows[i].text), rows[i].name, NOW, arena,
                             &spec, &err),
           rc);
        if (rc == 0 && err.text[0] == '\0')
            fg_job_json_write(&buf, &spec);
        const char *got = rc == 0 && buf.text ? after_run(buf.text) : err.text;
        if (!OK(strcmp(got, rows[i].want) == 0))
            printf("#   got  %s\n#   want %s\n", got, rows[i].want);
    }
}

#define TRY(rows, rc) try_rows(rows, sizeof(rows) / sizeof((rows)[0]), rc)

static void yaml_and_json_files_are_read(void)
{
    static const struct row rows[] = {
        {"a.yaml", "run: x\n", "\"any_of\":[{\"cpu_milli\":1000}]}"},
        {"a", "run: x\n", "\"any_of\":[{\"cpu_milli\":1000}]}"},
        {"a.json", "{\"run\": \"x\",\n \"tasks\": 2}",
         "\"any_of\":[{\"cpu_milli\":1000}],\"tasks\":2}"},
        {"a.yml",
         "name: train\nresources: {accelerators: H100:8, cpus: 16, memory: 64GiB}\nrun: |\n  "
         "a\n  b\n",
         "\"any_of\":[{\"kind\":\"h100\",\"count\":8,\"cpu_milli\":16000,\"mem_mib\":65536}]}"},
        {"a.yaml", "run: x\nresources:\n  accelerators: {H100: 0.5}\n  gpu_memory: 40GiB\n",
         "\"any_of\":[{\"kind\":\"h100\",\"count\":1,\"gpu_milli\":500,\"gpu_mem_mib\":40960,"
         "\"cpu_milli\":1000}]}"},
        {"a.yaml", "run: x\nenvs: {NO: no, ONE: 1.50, HEX: 0x10, EMPTY: , T: 010}\n",
         "\"any_of\":[{\"cpu_milli\":1000}],\"envs\":{\"EMPTY\":\"\",\"HEX\":\"0x10\",\"NO\":"
         "\"no\","
         "\"ONE\":\"1.50\",\"T\":\"010\"}}"},
        {"a.yaml", "run: x\ntime_limit: 1:30:00\ndeadline: 2026-11-21\nsetup:\n",
         "\"any_of\":[{\"cpu_milli\":1000}],\"deadline_us\":1795219200000000,"
         "\"time_limit_us\":5400000000}"},
        {"a.yaml", "run: x\ninputs: {data.csv: ./local.csv}\n",
         "\"any_of\":[{\"cpu_milli\":1000}],\"inputs\":{\"data.csv\":\"./local.csv\"}}"},
        {"a.yaml", "run: x\nafter: {job: 3, when: any}\n",
         "\"any_of\":[{\"cpu_milli\":1000}],\"after\":[{\"job\":\"3\",\"when\":\"any\"}]}"},
    };
    TRY(rows, 0);
}

/* Kinds that throughput names become alternatives with rates. */
static void throughput_becomes_rates(void)
{
    static const struct row rows[] = {
        {"a.yaml",
         "throughput: {A100: 1, h100: 2.5}\nrun: x\nresources: {accelerators: 2, cpus: 4}\n",
         "\"any_of\":[{\"kind\":\"h100\",\"count\":2,\"cpu_milli\":4000,\"rate_milli\":2500},"
         "{\"kind\":\"a100\",\"count\":2,\"cpu_milli\":4000,\"rate_milli\":1000}]}"},
        {"a.yaml",
         "run: x\nresources: {any_of: [{accelerators: h100-sxm-80g}, {cpus: 64}]}\n"
         "throughput: {h100: 2, l4: 1}\n",
         "\"any_of\":[{\"kind\":\"h100-sxm-80g\",\"count\":1,\"cpu_milli\":1000,"
         "\"rate_milli\":2000},{\"cpu_milli\":64000}]}"},
        {"a.yaml",
         "run: x\nresources: {accelerators: h100}\nthroughput: {h100-sxm: 2, h100-pcie: 1}\n",
         "\"any_of\":[{\"kind\":\"h100-sxm\",\"count\":1,\"cpu_milli\":1000,\"rate_milli\":"
         "2000},"
         "{\"kind\":\"h100-pcie\",\"count\":1,\"cpu_milli\":1000,\"rate_milli\":1000}]}"},
    };
    TRY(rows, 0);
    static const struct row bad[] = {
        {"a.yaml", "run: x\nthroughput: {h100: 2}\n",
         "a.yaml:2: throughput: resources ask for no accelerator"},
        {"a.yaml", "run: x\nresources: {accelerators: l4}\nthroughput: {h100: 2}\n",
         "a.yaml:3: throughput: nothing is said of l4, which resources name"},
        {"a.yaml", "run: x\nresources: {accelerators: 1}\nthroughput:\n  h100: 0\n",
         "a.yaml:4: throughput.h100: expected a rate from 0.001 to 1000000"},
        {"a.yaml",
         "run: x\nresources: {accelerators: 1}\nthroughput: {a: 1, b: 2, c: 3, d: 4, e: 5}\n",
         "a.yaml:3: throughput: more than 4 alternatives by kind"},
        {"a.yaml", "run: x\nresources: {accelerators: 1}\nthroughput: {}\n",
         "a.yaml:3: throughput: 0 kinds, expected 1 to 16"},
    };
    TRY(bad, FG_EINVAL);
}

static void errors_have_file_and_line(void)
{
    static const struct row rows[] = {
        {"dir/train.yaml", "run: x\nname: t\nresources: {cpus: -1}\n",
         "dir/train.yaml:3: resources.cpus: -1, expected 0.001 to 4096"},
        {"a.yaml", "run: x\nresources:\n  any_of:\n    - cpus: 1\n    - cpus: 0\n",
         "a.yaml:5: resources.any_of[1].cpus: 0, expected 0.001 to 4096"},
        {"a.yaml", "run: x\n\nenvs:\n  A: b\n  RANK: 3\n",
         "a.yaml:5: envs.RANK: set by the service for every task, choose another name"},
        {"a.yaml", "run: x\nlabels:\n  a b: c\n",
         "a.yaml:3: labels.a?b: \"a b\", expected letters, digits and . _ - only"},
        {"a.yaml", "run: x\nrun: y\n", "a.yaml:2: run: given twice"},
        {"a.yaml", "run: [x\n", "a.yaml:2: did not find expected ',' or ']'"},
        {"a.json", "{\"run\": \"x\",\n\"tasks\": 0}",
         "a.json:2: tasks: 0, expected a whole number from 1 to 1024"},
        {"a.yaml", "name: x\n", "a.yaml:1: run: missing, expected the script to run (or argv)"},
        {"a.yaml", "", "a.yaml: nothing, expected the members of a job, like run: ..."},
        {"a.yaml", "echo hello\n",
         "a.yaml:1: text, expected the members of a job, like run: ..."},
        {"a.yaml", "run: x\ninputs: {a: blake2b:12}\n",
         "a.yaml:2: inputs.a: not a hash, expected blake2b: and 64 hex digits"},
        {"a.yaml", "run: x\narray: '5'\n",
         "a.yaml:2: array: expected a count from 1 to 100000, or a range like 0-9 or 0-99:2, "
         "up to "
         "9999999"},
    };
    TRY(rows, FG_EINVAL);
}

#define CPU "\"any_of\":[{\"cpu_milli\":1000}]"

static void options_of_a_script_become_members(void)
{
    static const struct row rows[] = {
        {"a.sh", "echo no options\n", CPU "}"},
        {"a", "#!/bin/sh\necho\n", CPU "}"},
        {"a.sh", "#!/bin/bash\n#SBATCH --time=30\n", CPU ",\"time_limit_us\":1800000000}"},
        {"a.sh", "#SBATCH -t 1-12 # a day and a half\n",
         CPU ",\"time_limit_us\":129600000000}"},
        {"a.sh", "#SBATCH -t10:30\n", CPU ",\"time_limit_us\":630000000}"},
        {"a.sh", "#SBATCH --time UNLIMITED\n", CPU "}"},
        {"a.sh", "#SBATCH --gres=gpu:H100:4 --cpus-per-task=8 --mem=64G\n",
         "\"any_of\":[{\"kind\":\"h100\",\"count\":4,\"cpu_milli\":8000,\"mem_mib\":65536}]}"},
        {"a.sh", "#SBATCH --gres=gpu\n",
         "\"any_of\":[{\"kind\":\"any\",\"count\":1,\"cpu_milli\":1000}]}"},
        {"a.sh", "#SBATCH -N 2 --ntasks-per-node=4 --gpus-per-node=h100:8 --mem=64G\n",
         "\"any_of\":[{\"kind\":\"h100\",\"count\":2,\"cpu_milli\":1000,\"mem_mib\":16384}],"
         "\"tasks\":8}"},
        {"a.sh", "#SBATCH -n4 -G a100:8 --mem-per-cpu=500 -c2\n",
         "\"any_of\":[{\"kind\":\"a100\",\"count\":2,\"cpu_milli\":2000,\"mem_mib\":1000}],"
         "\"tasks\":4}"},
        {"a.sh", "#SBATCH -n 2\n#SBATCH --gpus-per-task=3\n",
         "\"any_of\":[{\"kind\":\"any\",\"count\":3,\"cpu_milli\":1000}],\"tasks\":2}"},
        {"a.sh", "#SBATCH -M ruth,eve -c2\n",
         "\"any_of\":[{\"cpu_milli\":2000,\"suppliers\":\"eve,ruth\"}]}"},
        {"a.sh", "#SBATCH --clusters=all\n", CPU "}"},
        {"a.sh", "#SBATCH -a 0-9:3 --nice --requeue\n",
         CPU ",\"priority\":-100,\"preemptible\":true,\"array\":\"0-9:3\"}"},
        {"a.sh", "#SBATCH --array=5 --nice=-7 --no-requeue\n",
         CPU ",\"priority\":7,\"array\":\"5-5\"}"},
        {"a.sh", "#SBATCH -d afterok:1:2,afterany:3\n",
         CPU ",\"after\":[\"1\",\"2\",{\"job\":\"3\",\"when\":\"any\"}]}"},
        {"a.sh", "#SBATCH --export=ALL,A=1,B=\"x y\" --signal=B:TERM@30\n",
         CPU ",\"envs\":{\"A\":\"1\",\"B\":\"x y\"},\"grace_us\":30000000}"},
        {"a.sh", "#SBATCH --export=NONE -p gpu --comment='two words'\n",
         CPU ",\"labels\":{\"comment\":\"two words\",\"partition\":\"gpu\"}}"},
        {"a.sh", "#SBATCH --begin=now+1hour --deadline=2026-11-21T00:00:00Z\n",
         CPU ",\"deadline_us\":1795219200000000,\"begin_us\":1003600000000}"},
        {"a.sh", "##SBATCH --tiem=1\n# SBATCH x\n#SBATCHx\n\necho\n#SBATCH --tiem=1\n",
         CPU "}"},
    };
    TRY(rows, 0);
}

static void name_folder_and_project_come_from_options(void)
{
    static const char text[] = "#!/bin/bash\n#SBATCH -J train -A vision -D /srv/data\nsrun x\n";
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_JOB_ROOM);
    struct fg_job_spec spec;
    EQ(fg_job_file_parse(text, strlen(text), "a/b.sh", NOW, arena, &spec, NULL), 0);
    OK(strcmp(spec.name, "train") == 0);
    OK(strcmp(spec.project, "vision") == 0);
    OK(strcmp(spec.cwd, "/srv/data") == 0);
    OK(strcmp(spec.run, text) == 0);
    EQ(fg_job_file_parse("x\n", 2, "a/b.sh", NOW, arena, &spec, NULL), 0);
    OK(strcmp(spec.name, "b.sh") == 0);
}

static void options_that_cannot_be_kept_are_errors(void)
{
#define FORMS "expected minutes, min:sec, h:min:sec, days-h, days-h:min or days-h:min:sec"
#define LOGS  "the service keeps the output of every task, read it with fastgpu logs ID"
    static const struct row rows[] = {
        {"a.sh", "#!/bin/sh\n\n#SBATCH --tiem=3\n",
         "a.sh:3: --tiem: not a supported option, did you mean --time?"},
        {"a.sh", "#SBATCH --mail-type=ALL\n", "a.sh:1: --mail-type: not a supported option"},
        {"a.sh", "#SBATCH -Z\n", "a.sh:1: -Z: not a supported option"},
        {"a.sh", "#SBATCH train\n", "a.sh:1: train: not a supported option"},
        {"a.sh", "#SBATCH --time=soon\n", "a.sh:1: --time: " FORMS},
        {"a.sh", "#SBATCH --time=5h\n", "a.sh:1: --time: " FORMS},
        {"a.sh", "#SBATCH --time\n", "a.sh:1: --time: needs a value"},
        {"a.sh", "#SBATCH --requeue=1\n", "a.sh:1: --requeue: takes no value"},
        {"a.sh", "#SBATCH -o x.log\n", "a.sh:1: --output: " LOGS},
        {"a.sh", "#SBATCH --error=x.log\n", "a.sh:1: --error: " LOGS},
        {"a.sh", "#SBATCH --array=0-9%2\n",
         "a.sh:1: --array: a limit of elements at once (%) is not supported, use the quota of "
         "a project"},
        {"a.sh", "#SBATCH --array=1,3\n",
         "a.sh:1: --array: a list is not supported, expected a range like 0-9 or 0-99:2"},
        {"a.sh", "#SBATCH --gres=craynetwork:1\n",
         "a.sh:1: --gres: only gpu is supported, expected gpu:COUNT or gpu:KIND:COUNT"},
        {"a.sh", "#SBATCH --gpus=2 --gres=gpu:2\n",
         "a.sh:1: devices are asked for in more than one way, give one of --gres, --gpus, "
         "--gpus-per-node, --gpus-per-task"},
        {"a.sh", "#SBATCH -n 3 --gpus=4\n", "a.sh:1: 4 gpus cannot be divided by 3 tasks"},
        {"a.sh", "#SBATCH -n 5 -N 2\n", "a.sh:1: 5 tasks cannot be divided by 2 nodes"},
        {"a.sh", "#SBATCH -n 5 -N 2 --ntasks-per-node 2\n",
         "a.sh:1: 5 tasks, but 2 nodes with 2 each"},
        {"a.sh", "#SBATCH --clusters=a,-b\n",
         "a.sh:1: any_of[0].suppliers: names with and without -, expected all that it may use, "
         "or all that it may not"},
        {"a.sh", "#SBATCH --mem=1G --mem-per-cpu=1G\n",
         "a.sh:1: --mem and --mem-per-cpu are both given, expected one of them"},
        {"a.sh", "#SBATCH --mem=0\n",
         "a.sh:1: --mem: expected a size like 64G, up to 65536G (a number alone is MiB)"},
        {"a.sh", "#SBATCH -N 0\n", "a.sh:1: --nodes: expected a whole number from 1 to 1024"},
        {"a.sh", "#SBATCH -N 1-4\n", "a.sh:1: --nodes: expected a whole number from 1 to 1024"},
        {"a.sh", "#SBATCH -d singleton\n",
         "a.sh:1: --dependency: expected afterok:ID or afterany:ID"},
        {"a.sh", "#SBATCH -d afterok:1?afterok:2\n",
         "a.sh:1: --dependency: \"or\" (?) is not supported, a job waits for all of them"},
        {"a.sh", "#SBATCH -d afterok:x\n",
         "a.sh:1: after[0].job: expected the id of a job, like 12"},
        {"a.sh", "#SBATCH --export=HOME\n",
         "a.sh:1: --export: a variable of your shell is not passed "
         "on, give its value: NAME=value"},
        {"a.sh", "#SBATCH --export=A=1,A=2\n", "a.sh:1: envs: A is given twice"},
        {"a.sh", "#SBATCH --export=RANK=1\n",
         "a.sh:1: envs.RANK: set by the service for every task, choose another name"},
        {"a.sh", "#SBATCH --signal=USR1@60\n",
         "a.sh:1: --signal: the warning is always TERM, expected TERM@seconds"},
        {"a.sh", "#SBATCH --begin=16:00\n",
         "a.sh:1: --begin: expected now+2hours, or a time with its zone like "
         "2026-11-21T02:36:55Z"},
        {"a.sh", "#SBATCH -J 'a\n", "a.sh:1: a quote is not closed"},
        {"a.sh", "#SBATCH -t 1\n#SBATCH -t 2\n",
         "a.sh:2: time_limit: the same as time_limit, give one of them"},
        {"a.sh", "#!/bin/sh\necho \xff\n", "a.sh:2: not UTF-8 text"},
        {"a.sh", "", "a.sh:1: run: missing, expected the script to run (or argv)"},
    };
    TRY(rows, FG_EINVAL);
}

static void a_file_past_the_limit_is_refused(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_JOB_ROOM);
    char *text = calloc(1, FG_SPEC_BYTES_MAX + 1);
    memset(text, 'x', FG_SPEC_BYTES_MAX + 1);
    struct fg_job_spec spec;
    struct fg_err err = {};
    EQ(fg_job_file_parse(text, FG_SPEC_BYTES_MAX + 1, "a.sh", NOW, arena, &spec, &err),
       FG_ETOOBIG);
    OK(strcmp(err.text, "a.sh: 262145 bytes, expected 262144 at most") == 0);
    EQ(fg_job_file_parse(text, FG_SPEC_BYTES_MAX, "a.sh", NOW, arena, &spec, &err), 0);
    memcpy(text, "#\0", 2);
    EQ(fg_job_file_parse(text, 9, "a.sh", NOW, arena, &spec, &err), FG_EINVAL);
    OK(strcmp(err.text, "a.sh:1: a NUL byte") == 0);
    free(text);
}

int main(void)
{
    RUN(yaml_and_json_files_are_read);
    RUN(throughput_becomes_rates);
    RUN(errors_have_file_and_line);
    RUN(options_of_a_script_become_members);
    RUN(name_folder_and_project_come_from_options);
    RUN(options_that_cannot_be_kept_are_errors);
    RUN(a_file_past_the_limit_is_refused);
    return tap_done();
}
