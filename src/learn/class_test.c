/* class_test.c - shapes keep what stays; classes are nested as the levels say. */
#include "learn/class.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

static void what_changes_from_run_to_run_is_left_out(void)
{
    static const struct {
        const char *text, *shape;
    } cases[] = {
        {"train-0042", "train-#"},
        {"resnet50", "resnet#"},
        {"run 2026-01-02 lr 0.001", "run #-#-# lr #.#"},
        {"eval 3fa85f64", "eval #"},
        {"eval deadbee1/x", "eval #/x"},
        {"feedface", "feedface"}, /* letters alone are a word */
        {"a1b2c3", "a#b#c#"},     /* too short for a hash */
        {"", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char shape[FG_SHAPE_TEXT_MAX];
        fg_shape_text(cases[i].text, shape, sizeof(shape));
        printf("# %s -> %s\n", cases[i].text, shape);
        EQ(strcmp(shape, cases[i].shape), 0);
    }
    char cut[6];
    fg_shape_text("train-for-a-long-time", cut, sizeof(cut));
    EQ(strcmp(cut, "train"), 0);
}

static void the_same_work_has_one_shape(void)
{
    const char *one[] = {"python", "train.py", "--seed=1"},
               *two[] = {"python", "train.py", "--seed=23"},
               *three[] = {"python", "eval.py", "--seed=1"};
    OK(fg_shape_of("a-1", NULL, one, 3) == fg_shape_of("a-2", NULL, two, 3));
    OK(fg_shape_of("a-1", NULL, one, 3) != fg_shape_of("a-1", NULL, three, 3));
    OK(fg_shape_of("a", "x 1\n", NULL, 0) == fg_shape_of("a", "x 999\n", NULL, 0));
    OK(fg_shape_of("a", "x", NULL, 0) != fg_shape_of("ax", "", NULL, 0));
    OK(fg_shape_of(NULL, NULL, NULL, 0) != 0);
}

static void classes_are_as_fine_as_their_level(void)
{
    struct fg_request small = {.kind = "h100", .count = 1, .gpu_milli = 1000}, large = small;
    large.count = 8;
    struct fg_job ada = {.project = 1, .user = 1, .tasks = 1, .shape = 5}, eve = ada;
    eve.user = 2;
    struct fg_class a = fg_class_of(&ada, &small, 1), b = fg_class_of(&ada, &large, 1),
                    c = fg_class_of(&eve, &small, 1);
    for (enum fg_class_level level = 0; level < FG_CLASS_LEVELS; level++) {
        bool has_size = strstr(fg_class_level_name(level), "request") != NULL;
        printf("# %s\n", fg_class_level_name(level));
        EQ(a.key[level] == b.key[level], !has_size);
        EQ(a.key[level] == c.key[level], level < FG_CLASS_USER);
        for (enum fg_class_level other = 0; other < level; other++)
            OK(a.key[level] != a.key[other]);
    }
    ada.shape = 0;
    a = fg_class_of(&ada, &small, 1);
    EQ(a.key[FG_CLASS_SHAPE] | a.key[FG_CLASS_SHAPE_SIZE] | fg_class_work(&a), 0);
}

int main(void)
{
    RUN(what_changes_from_run_to_run_is_left_out);
    RUN(the_same_work_has_one_shape);
    RUN(classes_are_as_fine_as_their_level);
    return tap_done();
}
