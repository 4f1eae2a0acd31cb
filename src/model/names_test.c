/* names_test.c - names, kinds, variables, paths, hashes; the fixed words */
#include "model/names.h"
#include "test/tap.h"

#include <string.h>

#define LONG_63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"

typedef int check(const char *what, const char *text, struct fg_err *err);

static int check_env(const char *what, const char *text, struct fg_err *err)
{
    (void)what;
    return fg_env_name_check(text, err);
}

static int check_kind(const char *what, const char *text, struct fg_err *err)
{
    char kind[FG_KIND_MAX];
    return fg_kind_read(what, text, kind, err);
}

static const struct {
    check *check;
    const char *text;
    bool good;
} rows[] = {
    {fg_name_check, "train-1.2_x", true},
    {fg_name_check, LONG_63, true},
    {fg_name_check, LONG_63 "x", false},
    {fg_name_check, "", false},
    {fg_name_check, "..", false},
    {fg_name_check, "a/b", false},
    {fg_name_check, "a b", false},
    {fg_name_check, "caf\xc3\xa9", false},
    {fg_name_check, "a\n", false},
    {check_kind, "H100-SXM-80g", true},
    {check_kind, "", false},
    {check_kind, "h100:8", false},
    {check_kind, "an-accelerator-of-far-too-long-a-name", false},
    {check_env, "PATH", true},
    {check_env, "_x9", true},
    {check_env, "9x", false},
    {check_env, "A-B", false},
    {check_env, "", false},
    {check_env, "\xc3\xa9", false},
    {check_env, "RANK", false},
    {check_env, "RANKS", true},
    {check_env, "FASTGPU_JOB_ID", false},
    {check_env, "MASTER_ADDR", false},
    {check_env, "WORLD_SIZE", false},
    {check_env, "CUDA_VISIBLE_DEVICES", false},
    {check_env, "CUDA_HOME", true},
    {fg_path_check_inside, "out/a.txt", true},
    {fg_path_check_inside, "out/*.pt", true},
    {fg_path_check_inside, "..a/b..", true},
    {fg_path_check_inside, "", false},
    {fg_path_check_inside, "/etc/passwd", false},
    {fg_path_check_inside, "a/../b", false},
    {fg_path_check_inside, "..", false},
    {fg_path_check_inside, "./a", false},
    {fg_path_check_inside, "a//b", false},
    {fg_path_check_inside, "a/", false},
    {fg_path_check_below, "a/b", true},
    {fg_path_check_below, "a/b/", true},
    {fg_path_check_below, "a//", false},
    {fg_path_check_below, "../", false},
    {fg_path_check_below, "/", false},
    {fg_path_check_below, "/a/", false},
    {fg_path_check_inside, "a\nb", false},
    {fg_path_check_absolute, "/srv/data/", true},
    {fg_path_check_absolute, "/", true},
    {fg_path_check_absolute, "srv", false},
    {fg_path_check_absolute, "", false},
    {fg_path_check_absolute, "/srv/../etc", false},
    {fg_path_check_absolute, "/srv/..", false},
    {fg_hash_check, "blake2b:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
     true},
    {fg_hash_check, "blake2b:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
     false},
    {fg_hash_check, "blake2b:01", false},
    {fg_hash_check, "sha256:01", false},
    {fg_hash_check, "", false},
};

static void each_kind_of_name_has_its_rule(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        printf("# \"%s\"\n", rows[i].text);
        struct fg_err err = {};
        EQ(rows[i].check("x", rows[i].text, &err), rows[i].good ? 0 : FG_EINVAL);
        OK((err.text[0] == '\0') == rows[i].good);
        EQ(rows[i].check("x", rows[i].text, NULL), rows[i].good ? 0 : FG_EINVAL);
    }
}

static void kinds_are_lowered(void)
{
    char kind[FG_KIND_MAX] = "as it was";
    EQ(fg_kind_read("x", "a b", kind, NULL), FG_EINVAL);
    OK(strcmp(kind, "as it was") == 0);
    EQ(fg_kind_read("x", "H100-SXM", kind, NULL), 0);
    OK(strcmp(kind, "h100-sxm") == 0);
}

static void any_text_can_be_made_a_name(void)
{
    static const char *const texts[][2] = {{"train.py", "train.py"},
                                           {"a b/c", "abc"},
                                           {"", "job"},
                                           {"..", "job"},
                                           {"\xc3\xa9", "job"}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char name[FG_NAME_MAX];
        fg_name_make(texts[i][0], name);
        OK(strcmp(name, texts[i][1]) == 0);
        EQ(fg_name_check("x", name, NULL), 0);
    }
    char name[FG_NAME_MAX];
    fg_name_make(LONG_63 LONG_63, name);
    EQ(strlen(name), FG_NAME_MAX - 1);
}

static void roles_and_node_states_have_names(void)
{
    for (int role = FG_ROLE_VIEWER; role <= FG_ROLE_ADMIN; role++)
        EQ(fg_role_find(fg_role_name((enum fg_role)role)), role);
    EQ(fg_role_find("none"), -1); /* nobody can be given no role */
    EQ(fg_role_find("root"), -1);
    OK(strcmp(fg_node_state_name(FG_NODE_DRAINING), "draining") == 0);
}

int main(void)
{
    RUN(each_kind_of_name_has_its_rule);
    RUN(kinds_are_lowered);
    RUN(any_text_can_be_made_a_name);
    RUN(roles_and_node_states_have_names);
    return tap_done();
}
