/* forecasts_test.c - answers that were made lately */
#include "api/forecasts.h"

#include "test/tap.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static bool finds(struct fg_forecasts *forecasts,
                  const char *question,
                  int64_t hour,
                  const char *want)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    bool is_found = fg_forecasts_find(forecasts, question, hour, &out);
    return want ? is_found && out.text && strcmp(out.text, want) == 0
                : !is_found && out.len == 0;
}

static void an_answer_is_kept_for_its_hour(void)
{
    struct fg_forecasts *forecasts = fg_forecasts_new();
    OK(finds(forecasts, "a", 7, NULL));
    fg_forecasts_keep(forecasts, "a", 7, "one", 3);
    fg_forecasts_keep(forecasts, "b", 7, "two", 3);
    OK(finds(forecasts, "a", 7, "one") && finds(forecasts, "b", 7, "two"));
    OK(finds(forecasts, "a", 8, NULL) && finds(forecasts, "c", 7, NULL));
    fg_forecasts_free(forecasts);
}

static void the_least_used_goes(void)
{
    struct fg_forecasts *forecasts = fg_forecasts_new();
    char question[16];
    for (int i = 0; i < 100; i++) {
        snprintf(question, sizeof(question), "%d", i);
        fg_forecasts_keep(forecasts, question, 7, question, strlen(question));
        if (i >= 5)
            (void)finds(forecasts, "5", 7, "5");
    }
    OK(finds(forecasts, "5", 7, "5"));
    OK(finds(forecasts, "99", 7, "99") && finds(forecasts, "85", 7, "85"));
    OK(finds(forecasts, "84", 7, NULL) && finds(forecasts, "0", 7, NULL));
    fg_forecasts_free(forecasts);
}

static void *ask_and_keep(void *self)
{
    struct fg_forecasts *forecasts = self;
    char question[16];
    size_t wrong = 0;
    for (int i = 0; i < 2000; i++) {
        FG_AUTO(fg_buf) struct fg_buf out = {};
        snprintf(question, sizeof(question), "%d", i % 24);
        if (fg_forecasts_find(forecasts, question, i / 24 % 2, &out))
            wrong += strcmp(out.text, question) != 0;
        else
            fg_forecasts_keep(forecasts, question, i / 24 % 2, question, strlen(question));
    }
    return (void *)wrong;
}

static void threads_do_not_mix_answers_up(void)
{
    struct fg_forecasts *forecasts = fg_forecasts_new();
    pthread_t threads[4];
    size_t wrong = 0;
    for (size_t i = 0; i < 4; i++)
        OK(pthread_create(&threads[i], NULL, ask_and_keep, forecasts) == 0);
    for (size_t i = 0; i < 4; i++) {
        void *out;
        pthread_join(threads[i], &out);
        wrong += (size_t)out;
    }
    EQ(wrong, 0);
    fg_forecasts_free(forecasts);
}

int main(void)
{
    RUN(an_answer_is_kept_for_its_hour);
    RUN(the_least_used_goes);
    RUN(threads_do_not_mix_answers_up);
    return tap_done();
}
