/* script_ask.c - from Slurm's count by node to a job's count by task; see script_option.h
 *
 * A job here is a gang of equal tasks, and the script is run by each of them.  So what is asked for a
 * node is divided by the tasks of a node, and must divide evenly.
 */
#include "model/script_option.h"

static int divide(struct fg_script *script,
                  const char *what,
                  int64_t amount,
                  int64_t by,
                  const char *of,
                  int64_t *out)
{
    if (amount % by != 0)
        return fg_script_fail(script, "%lld %s cannot be divided by %lld %s", (long long)amount,
                              what, (long long)by, of);
    *out = amount / by;
    return 0;
}

static int count_tasks(struct fg_script *script, int64_t *out_tasks, int64_t *out_per_node)
{
    const struct fg_script_ask *ask = &script->ask;
    int64_t nodes = ask->nodes ? ask->nodes : 1;
    int64_t per_node = ask->tasks_per_node ? ask->tasks_per_node : 1;
    if (ask->tasks == 0) {
        *out_tasks = nodes * per_node;
        *out_per_node = per_node;
        return 0;
    }
    if (ask->tasks_per_node && ask->nodes && ask->tasks != nodes * per_node)
        return fg_script_fail(script, "%lld tasks, but %lld nodes with %lld each",
                              (long long)ask->tasks, (long long)nodes, (long long)per_node);
    *out_tasks = ask->tasks;
    *out_per_node = per_node;
    if (ask->tasks_per_node)
        return 0;
    return divide(script, "tasks", ask->tasks, nodes, "nodes", out_per_node);
}

static int count_gpus(struct fg_script *script, int64_t tasks, int64_t per_node, int64_t *out)
{
    const struct fg_script_ask *ask = &script->ask;
    int given = (ask->gpus > 0) + (ask->gpus_per_node > 0) + (ask->gpus_per_task > 0);
    if (given > 1)
        return fg_script_fail(script, "devices are asked for in more than one way, give one of "
                                      "--gres, --gpus, --gpus-per-node, --gpus-per-task");
    *out = ask->gpus_per_task;
    if (ask->gpus_per_node)
        return divide(script, "gpus of a node", ask->gpus_per_node, per_node, "tasks of a node",
                      out);
    if (ask->gpus)
        return divide(script, "gpus", ask->gpus, tasks, "tasks", out);
    return 0;
}

int fg_script_finish_ask(struct fg_script *script)
{
    const struct fg_script_ask *ask = &script->ask;
    if (ask->line == 0)
        return 0;
    script->line = ask->line;

    int64_t tasks = 1, per_node = 1, gpus = 0;
    int rc = count_tasks(script, &tasks, &per_node);
    if (rc == 0)
        rc = count_gpus(script, tasks, per_node, &gpus);
    if (rc < 0)
        return rc;
    if (ask->mem_mib && ask->mem_per_cpu_mib)
        return fg_script_fail(script,
                              "--mem and --mem-per-cpu are both given, expected one of them");

    int64_t cpus = ask->cpus_per_task ? ask->cpus_per_task : 1;
    int64_t mem_mib = ask->mem_per_cpu_mib * cpus;
    if (ask->mem_mib)
        mem_mib = (ask->mem_mib + per_node - 1) / per_node;

    fg_script_add_int(script, script->root, "tasks", tasks);
    struct fg_doc *list = fg_script_add(script, script->root, "any_of", FG_DOC_LIST);
    struct fg_doc *request = fg_script_add(script, list, NULL, FG_DOC_MAP);
    if (gpus > 0) {
        fg_script_add_text(script, request, "kind", ask->kind[0] ? ask->kind : "any");
        fg_script_add_int(script, request, "count", gpus);
    }
    fg_script_add_int(script, request, "cpu_milli", cpus * 1000);
    fg_script_add_int(script, request, "mem_mib", mem_mib);
    if (ask->clusters)
        fg_script_add_text(script, request, "suppliers", ask->clusters);
    return 0;
}
