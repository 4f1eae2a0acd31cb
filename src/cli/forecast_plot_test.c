/* forecast_plot_test.c - pictures of forecasts: they fit, whatever the numbers are */
#include "cli/forecast_run.h"

#include "cli/utf8.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEN_MAX     500
#define HORIZON_MAX 300

struct scene {
    double values[LEN_MAX], median[HORIZON_MAX], lo[HORIZON_MAX], hi[HORIZON_MAX];
    struct fg_demand_series series;
    struct fg_forecast forecast;
};

static double value_of(const char *kind, size_t i)
{
    if (strcmp(kind, "wave") == 0)
        return 50 + 40 * sin((double)i / 4);
    if (strcmp(kind, "gaps") == 0)
        return i % 7 == 0 ? (double)i : NAN;
    if (strcmp(kind, "below") == 0)
        return -1e6 + (double)(i % 10);
    if (strcmp(kind, "tiny") == 0)
        return 1e-300 * (double)(i % 3);
    return strcmp(kind, "huge") == 0 ? 1e15 + (double)i : 7;
}

static void make(struct scene *scene, const char *kind, size_t len, uint32_t horizon)
{
    static char name[] = "vision/h100";
    *scene = (struct scene){};
    scene->series = (struct fg_demand_series){
        .name = name,
        .time = {.first = 1'767'225'600'000'000, .step = 3'600'000'000},
        .values = scene->values,
        .len = len};
    for (size_t i = 0; i < len; i++)
        scene->values[i] = value_of(kind, i);
    for (uint32_t i = 0; i < horizon; i++) {
        double value = value_of(strcmp(kind, "gaps") == 0 ? "wave" : kind, len + i);
        scene->median[i] = value;
        scene->lo[i] = value - fabs(value) / 3;
        scene->hi[i] = value + fabs(value) / 3;
    }
    scene->forecast = (struct fg_forecast){.horizon = horizon,
                                           .median = scene->median,
                                           .model = "naive",
                                           .wape = 0.071,
                                           .naive_wape = 0.09};
    scene->forecast.bands[0] = (struct fg_forecast_band){
        .level = 80, .lo = scene->lo, .hi = scene->hi, .coverage = 0.8};
    scene->forecast.bands_len = 1;
}

/* Each line is at most `width` columns, the lines of the picture all have the same width, and there is no escape. */
static bool fits(const char *text, size_t width, bool utf8)
{
    size_t lines = 0, picture = 0;
    for (const char *at = text; *at; lines++) {
        char line[2000];
        size_t len = strcspn(at, "\n");
        if (len >= sizeof(line) || at[len] != '\n')
            return false;
        memcpy(line, at, len);
        line[len] = '\0';
        size_t columns = fg_utf8_width(line);
        picture = lines == 2 ? columns : picture;
        if (columns > width || strchr(line, '\033')
            || (lines >= 2 && lines < 14 && columns != picture))
            return false;
        for (size_t i = 0; !utf8 && i < len; i++)
            if ((unsigned char)line[i] >= 0x80)
                return false;
        at += len + 1;
    }
    return lines == 15;
}

static void pictures_fit_the_width(void)
{
    static const char *const kinds[] = {"wave", "gaps", "below", "tiny", "huge", "constant"};
    static const int widths[] = {0, 31, 80, 133, 250};
    static const uint32_t horizons[] = {1, 12, 28, 29, 300};
    static const size_t lens[] = {1, 5, 46, 500};
    static struct scene scene;
    for (size_t kind = 0; kind < 6; kind++) {
        bool all_fit = true;
        for (size_t i = 0; i < 5 * 5 * 4 * 2; i++) {
            struct fg_term term = {.utf8 = i % 2, .width = widths[i / 2 % 5]};
            FG_AUTO(fg_buf) struct fg_buf out = {};
            make(&scene, kinds[kind], lens[i / 50], horizons[i / 10 % 5]);
            fg_forecast_plot(&out, &term, &scene.series, &scene.forecast);
            size_t width = term.width ? (size_t)term.width : 80;
            if (fits(out.text, width, term.utf8))
                continue;
            if (all_fit)
                printf("# width %zu, %zu values, horizon %u:\n%s", width, lens[i / 50],
                       horizons[i / 10 % 5], out.text);
            all_fit = false;
        }
        printf("# %s\n", kinds[kind]);
        OK(all_fit);
    }
}

static void the_picture_is_this_one(void)
{
    static const char want[] = "vision/h100: naive\n"
                               "          error 7.1 %, \"as now\" 9.0 %, 80 % band held 80 %\n"
                               "     8.5 |      |::::\n"
                               "         |      |::::\n"
                               "         |######|====\n"
                               "         |######|::::\n"
                               "         |######|::::\n"
                               "    4.96 |######|::::\n"
                               "         |######|    \n"
                               "         |######|    \n"
                               "         |######|    \n"
                               "         |######|    \n"
                               "         |######|    \n"
                               "       0 |######|    \n"
                               "          2026-01-01 00:00 01-01 09:00\n";
    static struct scene scene;
    struct fg_term term = {};
    FG_AUTO(fg_buf) struct fg_buf out = {};
    make(&scene, "constant", 6, 4);
    scene.hi[0] = scene.hi[1] = scene.hi[2] = scene.hi[3] = 8.5;
    scene.lo[0] = scene.lo[1] = scene.lo[2] = scene.lo[3] = 4.2;
    scene.values[0] = 7;
    fg_forecast_plot(&out, &term, &scene.series, &scene.forecast);
    OK(strstr(out.text, "vision/h100: naive\n") == out.text);
    bool same = strcmp(out.text, want) == 0;
    if (!same)
        printf("%s", out.text);
    OK(same);
}

int main(void)
{
    RUN(pictures_fit_the_width);
    RUN(the_picture_is_this_one);
    return tap_done();
}
