/* progress_test.c - what a line of output says about how far the job is. */
#include "cli/progress.h"

#include "test/tap.h"

#include <string.h>

static void lines(void)
{
    static const struct {
        const char *text;
        int percent; /* -1: says nothing */
        const char *label;
    } rows[] = {
        {"epoch 3/10\n", 30, "epoch 3/10"},
        {"Epoch [3/10] loss 0.3\n", 30, "epoch 3/10"},
        {"train: epoch: 3 / 10, loss 0.3\n", 30, "epoch 3/10"},
        {"step 40/200\r", 20, "step 40/200"},
        {"iter 1/4\n", 25, "iter 1/4"},
        {"iteration=2/4\n", 50, "iteration 2/4"},
        {"batch 3/4\n", 75, "batch 3/4"},
        {"progress 0.42\n", 42, ""},
        {"Progress: 42%\n", 42, ""},
        {"progress 1\n", 100, ""},
        {"progress 7/8\n", 88, "progress 7/8"},
        {"progress 3\n", -1, ""},
        {"epoch 11/10\n", -1, ""},
        {"epoch 3\n", -1, ""},
        {"epoch 3/0\n", -1, ""},
        {"epoch x/10\n", -1, ""},
        {"epoch 0x3/10\n", -1, ""},
        {"epoch -3/10\n", -1, ""},
        {"timestep 3/10\n", -1, ""},
        {"footstep 1/2 step 3/4\n", 75, "step 3/4"},
        {"epoch 3/10", -1, ""}, /* the line is not over */
        {"\n\n\r\n", -1, ""},
        {"epoch 1...2/10\n", -1, ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fg_progress progress;
        fg_progress_start(&progress);
        bool changed = fg_progress_feed(&progress, rows[i].text, strlen(rows[i].text));
        int percent = progress.fraction < 0 ? -1 : (int)(progress.fraction * 100 + 0.5);
        if (!EQ(percent, rows[i].percent) || !OK(changed == (percent >= 0))
            || !OK(strcmp(progress.label, rows[i].label) == 0))
            printf("# %s: label %s\n", rows[i].text, progress.label);
    }
}

static void the_greater_kind_counts(void)
{
    struct fg_progress progress;
    static const char text[] = "step 9/10\nepoch 1/10\nstep 10/10\n";
    fg_progress_start(&progress);
    OK(fg_progress_feed(&progress, text, strlen(text)));
    EQ((int)(progress.fraction * 100 + 0.5), 10);
    static const char more[] = "progress 0.9\nepoch 2/10\n";
    OK(fg_progress_feed(&progress, more, strlen(more)));
    EQ((int)(progress.fraction * 100 + 0.5), 90);
}

static void any_portions(void)
{
    static const char text[] = "hello\nepoch 2/4 loss\nbye\n";
    for (size_t step = 1; step < 9; step++) {
        struct fg_progress progress;
        fg_progress_start(&progress);
        for (size_t at = 0; at < strlen(text); at += step) {
            size_t len = strlen(text) - at < step ? strlen(text) - at : step;
            fg_progress_feed(&progress, text + at, len);
        }
        EQ((int)(progress.fraction * 100), 50);
    }
}

static void long_lines_do_no_harm(void)
{
    struct fg_progress progress;
    char text[4096];
    memset(text, 'e', sizeof(text));
    fg_progress_start(&progress);
    OK(!fg_progress_feed(&progress, text, sizeof(text)));
    OK(!fg_progress_feed(&progress, "\n", 1));
    OK(fg_progress_feed(&progress, "epoch 1/2\n", 10));
}

int main(void)
{
    RUN(lines);
    RUN(the_greater_kind_counts);
    RUN(any_portions);
    RUN(long_lines_do_no_harm);
    return tap_done();
}
