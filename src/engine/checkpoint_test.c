/* checkpoint_test.c - a checkpoint folder as a file, and back where the next attempt runs. */
#include "engine/checkpoint.h"
#include "engine/test_kit.h"

#include <stdlib.h>

struct place {
    char dir[64], folder[96], file[96];
};

static struct place place_new(void)
{
    struct place place = {.dir = "/tmp/fastgpu-checkpoint-test-XXXXXX"};
    if (!mkdtemp(place.dir))
        exit(1);
    snprintf(place.folder, sizeof(place.folder), "%s/checkpoint", place.dir);
    snprintf(place.file, sizeof(place.file), "%s/" FG_CHECKPOINT_FILE, place.dir);
    mkdir(place.folder, 0700);
    return place;
}

static void put(const char *folder, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
}

static int write_it(const struct place *place, int64_t bytes_max, uint64_t last, uint64_t *out)
{
    struct fg_checkpoint_pack how = {
        .folder = place->folder, .file = place->file, .bytes_max = bytes_max, .last = last};
    return fg_checkpoint_write(&how, out, NULL);
}

static void test_only_what_changed_is_packed(void)
{
    struct place place = place_new();
    uint64_t state, again;
    EQ(fg_checkpoint_state(place.folder), 0);
    EQ(fg_checkpoint_state("/nonexistent/checkpoint"), 0);
    EQ(write_it(&place, 1000, 0, &state), 0);
    EQ(state, 0);
    OK(access(place.file, F_OK) < 0);
    put(place.folder, "step", "10");
    EQ(write_it(&place, 1000, 0, &state), 0);
    OK(state != 0 && access(place.file, R_OK) == 0);
    unlink(place.file);
    EQ(write_it(&place, 1000, state, &again), 0);
    OK(again == 0 && access(place.file, F_OK) < 0);
    put(place.folder, "step", "1000");
    EQ(write_it(&place, 1000, state, &again), 0);
    OK(again != 0 && again != state);
    put(place.folder, "big", "0123456789");
    EQ(write_it(&place, 9, again, &state), FG_ETOOBIG);
    nftw(place.dir, kit_remove_one, 32, FTW_DEPTH | FTW_PHYS);
}

/* The file replaces what an older attempt left here, and is gone then. */
static void test_staging_unpacks_it(void)
{
    struct kit kit = kit_new();
    struct place place = place_new();
    char job[FG_PATH_MAX], to[FG_PATH_MAX + 32];
    uint64_t state;
    struct fg_engine_event event;
    struct fg_job_spec spec = kit_script("echo old >$FASTGPU_CHECKPOINT_DIR/old");
    event = kit_run(&kit, 1, &spec);
    EQ(event.exit_code, 0);
    kit_ops->collect(kit.engine, event.key);
    put(place.folder, "step", "42\n");
    EQ(write_it(&place, 1000, 0, &state), 0);
    OK(fg_job_dir(kit.dir, 1, job) == 0);
    snprintf(to, sizeof(to), "%s/" FG_CHECKPOINT_FILE, job);
    OK(rename(place.file, to) == 0);
    spec = kit_script("ls $FASTGPU_CHECKPOINT_DIR; cat $FASTGPU_CHECKPOINT_DIR/step");
    struct fg_task_start start = kit_task(&kit, 1, &spec);
    start.key.attempt = 2;
    EQ(kit_ops->start(kit.engine, &start, NULL), 0);
    OK(kit_end(&kit, 1, &event));
    EQ(event.exit_code, 0);
    char path[FG_PATH_MAX + 64], text[64] = "";
    snprintf(path, sizeof(path), "%s/2/0/stdout.log", job);
    FILE *file = fopen(path, "r");
    OK(file && fread(text, 1, sizeof(text) - 1, file) > 0);
    OK(strcmp(text, "step\n42\n") == 0);
    if (file)
        fclose(file);
    OK(access(to, F_OK) < 0);
    nftw(place.dir, kit_remove_one, 32, FTW_DEPTH | FTW_PHYS);
    kit_free(&kit);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    RUN(test_only_what_changed_is_packed);
    RUN(test_staging_unpacks_it);
    return tap_done();
}
