/* text_test.c - copies, trimming, UTF-8, nearest names */
#include "base/text.h"
#include "test/tap.h"

#include <string.h>

static void copies_are_ended_and_cuts_are_told(void)
{
    char out[4];
    OK(fg_copy(out, sizeof(out), "abc"));
    OK(strcmp(out, "abc") == 0);
    OK(!fg_copy(out, sizeof(out), "abcd"));
    OK(strcmp(out, "abc") == 0);
    OK(fg_copy(out, sizeof(out), ""));
    EQ(out[0], 0);
}

static void words_of_strangers_are_harmless(void)
{
    static const struct {
        const char *src, *want;
        bool fits;
    } rows[] = {{"plain", "plain", true},
                {"a\nb\x1b[2J", "a b [2J", true},
                {"caf\xc3\xa9", "caf\xc3\xa9", true},
                {"bad\xff!", "bad?!", true},
                {"\xc2\x9b", " ", true},
                {"1234567\xc3\xa9", "1234567", false},
                {"12345678", "1234567", false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char out[8];
        EQ(fg_copy_clean(out, sizeof(out), rows[i].src), rows[i].fits);
        OK(strcmp(out, rows[i].want) == 0);
    }
}

static void trim_takes_white_space_off_both_ends(void)
{
    size_t len = 7;
    const char *text = fg_trim(" \ta b\n ", &len);
    EQ(len, 3);
    OK(memcmp(text, "a b", 3) == 0);
    len = 2;
    fg_trim("  ", &len);
    EQ(len, 0);
}

static void characters_have_their_length(void)
{
    static const struct {
        const char *text;
        size_t left, want;
    } rows[] = {{"a", 1, 1},
                {"\xc3\xa9", 2, 2},
                {"\xc3\xa9", 1, 0},
                {"\xe2\x82\xac", 3, 3},
                {"\xf0\x9f\x98\x80", 4, 4},
                {"\x80", 1, 0},
                {"\xc1\xbf", 2, 0},
                {"\xed\xbf\xbf", 3, 0},
                {"\xf5\x80\x80\x80", 4, 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        EQ(fg_utf8_len(rows[i].text, rows[i].left), rows[i].want);
}

static void the_nearest_name_is_a_slip_away(void)
{
    static const char *const names[] = {"resources", "retries", "run", "priority"};
    static const struct {
        const char *name, *want;
    } rows[] = {{"resorces", "resources"}, {"Run", "run"},
                {"retires", "retries"},    {"prio", NULL},
                {"gibberish", NULL},       {"rum", "run"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *near = fg_nearest(rows[i].name, names, 4);
        OK(rows[i].want ? near && strcmp(near, rows[i].want) == 0 : near == NULL);
    }
    char big[1000];
    memset(big, 'r', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    OK(fg_nearest(big, names, 4) == NULL);
}

int main(void)
{
    RUN(copies_are_ended_and_cuts_are_told);
    RUN(words_of_strangers_are_harmless);
    RUN(trim_takes_white_space_off_both_ends);
    RUN(characters_have_their_length);
    RUN(the_nearest_name_is_a_slip_away);
    return tap_done();
}
