/* job_file.c - see job_file.h: which form it is, and then job_read.h */
#include "model/job_file.h"
#include "model/job_read.h"
#include "model/script_file.h"

#include <string.h>

static bool ends_with(const char *name, const char *end)
{
    size_t name_len = strlen(name), end_len = strlen(end);
    return name_len > end_len && strcmp(name + name_len - end_len, end) == 0;
}

bool fg_job_file_is_script(const char *bytes, size_t len, const char *file_name)
{
    static const char *const documents[] = {".yaml", ".yml", ".json"};
    static const char *const scripts[] = {".sh", ".sbatch", ".bash", ".slurm"};
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++)
        if (ends_with(file_name, documents[i]))
            return false;
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
        if (ends_with(file_name, scripts[i]))
            return true;
    return len >= 2 && bytes[0] == '#' && bytes[1] == '!';
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int fg_job_file_parse(const char *bytes,
                      size_t len,
                      const char *file_name,
                      int64_t now_us,
                      struct fg_arena *arena,
                      struct fg_job_spec *out,
                      struct fg_err *err)
{
    if (len > FG_SPEC_BYTES_MAX)
        return fg_fail(err, FG_ETOOBIG, "%s: %zu bytes, expected %d at most", file_name, len,
                       FG_SPEC_BYTES_MAX);

    const struct fg_doc *doc;
    struct fg_job_reader reader = {.doc = {.arena = arena,
                                           .file_name = file_name,
                                           .err = err,
                                           .text_left = FG_SPEC_BYTES_MAX},
                                   .now_us = now_us,
                                   .local_files = true};
    if (fg_job_file_is_script(bytes, len, file_name)) {
        int rc = fg_script_parse(bytes, len, file_name, arena, &doc, err);
        if (rc < 0)
            return rc;
        reader.default_name = base_name(file_name);
        return fg_job_read(&reader, doc, out);
    }
    /* JSON of this shape is YAML too, and libyaml knows the lines. */
    int rc = fg_doc_yaml(bytes, len, arena, &doc, err);
    if (rc < 0)
        return fg_read_name_file(file_name, rc, err);
    const struct fg_doc *jobs = fg_doc_get(doc, "jobs");
    if (jobs)
        return fg_read_fail(&reader.doc, jobs,
                            "jobs: several, expected the members of one job (fastgpu submit "
                            "takes several)");
    return fg_job_read(&reader, doc, out);
}
