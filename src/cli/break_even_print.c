/* break_even_print.c - see break_even_print.h */
#include "cli/break_even_print.h"

#include "base/buf.h"
#include "base/json_write.h"
#include "cli/human.h"
#include "cli/table.h"

#include <string.h>

#define PICTURE_ROWS    12
#define PICTURE_COLUMNS 60
#define HOURS_A_MONTH   730

static const enum fg_style styles[FG_BREAK_EVEN_WAYS_MAX] = {
    FG_ACCENT, FG_WARN, FG_GOOD, FG_BOLD, FG_BAD, FG_PLAIN, FG_PLAIN, FG_PLAIN};

static double percent(uint32_t ppm)
{
    return ppm / 1e4;
}

static double hours_a_day(uint32_t ppm)
{
    return ppm * 24 / 1e6;
}

/* Of devices, or of the one. */
static uint32_t devices(const struct fg_break_even_question *question)
{
    return question->devices ? question->devices : 1;
}

/* What an hour of one device that is used costs in the end. */
static int64_t uusd_per_used_hour(const struct fg_break_even_question *question,
                                  const struct fg_way *way)
{
    double hours =
        (double)question->months * HOURS_A_MONTH * question->use_ppm / 1e6 * devices(question);
    return (int64_t)((double)way->cost_uusd[question->months] / hours + 0.5);
}

/* -- the table ---------------------------------------------------------------------------------------------- */

static const struct fg_column columns[] = {
    {"WAY", false, 0},      {"FROM", false, 12}, {"DEVICE HOUR", true, 0}, {"UPFRONT", true, 0},
    {"LEAD TIME", true, 0}, {"COST", true, 0},   {"USED HOUR", true, 0},   {},
};

static void add_way(struct fg_table *table,
                    const struct fg_break_even_question *question,
                    const struct fg_way *way,
                    bool best)
{
    const struct fg_offer *offer = way->offer;
    char money[FG_HUMAN_MAX], lead[FG_HUMAN_MAX] = "-";
    fg_table_add(table, best ? FG_GOOD : FG_PLAIN, way->name);
    fg_table_addf(table, "%s %s%s%s", offer->supplier, offer->instance,
                  offer->region[0] ? " " : "", offer->region);
    fg_human_money((offer->price_uusd_per_hour + offer->accelerators - 1) / offer->accelerators,
                   money);
    fg_table_add(table, FG_PLAIN, money);
    fg_human_money(offer->upfront_uusd / offer->accelerators, money);
    fg_table_add(table, FG_PLAIN, offer->upfront_uusd ? money : NULL);
    if (offer->lead_time_us)
        fg_human_duration(offer->lead_time_us, lead);
    fg_table_add(table, FG_PLAIN, lead);
    fg_human_money(way->cost_uusd[question->months], money);
    fg_table_add(table, best ? FG_GOOD : FG_PLAIN, money);
    fg_human_money(uusd_per_used_hour(question, way), money);
    fg_table_add(table, FG_PLAIN, money);
}

static void print_table(const struct fg_break_even_question *question,
                        const struct fg_break_even *answer,
                        const struct fg_term *term)
{
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (size_t i = 0; i < answer->ways_len; i++)
        add_way(table, question, &answer->ways[i], i == answer->best);
    fg_table_print(table, term, stdout);
}

/* -- the picture ---------------------------------------------------------------------------------------------- */

static int64_t greatest(const struct fg_break_even *answer, uint32_t months)
{
    int64_t most = 1;
    for (size_t i = 0; i < answer->ways_len; i++)
        for (uint32_t month = 0; month <= months; month++)
            if (answer->ways[i].cost_uusd[month] > most)
                most = answer->ways[i].cost_uusd[month];
    return most;
}

/* One line of the picture: the number of the way (from 1) whose cost is at that height, 0 none, -1 several. */
static int at_place(
    const struct fg_break_even *answer, uint32_t months, int64_t most, int row, int column)
{
    uint32_t month = months * (uint32_t)(column + 1) / PICTURE_COLUMNS;
    int found = 0;
    for (size_t i = 0; i < answer->ways_len; i++) {
        int height =
            (int)((__int128)answer->ways[i].cost_uusd[month] * (PICTURE_ROWS - 1) / most);
        if (height == row)
            found = found ? -1 : (int)i + 1;
    }
    return found;
}

static void print_row(const struct fg_break_even *answer,
                      uint32_t months,
                      int64_t most,
                      int row,
                      const struct fg_term *term)
{
    char money[FG_HUMAN_MAX];
    fg_human_money((int64_t)((__int128)most * row / (PICTURE_ROWS - 1)), money);
    printf("%12s |", row % 4 == 3 || row == 0 ? money : "");
    for (int column = 0; column < PICTURE_COLUMNS; column++) {
        int way = at_place(answer, months, most, row, column);
        if (way > 0)
            printf("%s%d%s", fg_style_text(term, styles[way - 1]), way,
                   fg_style_text(term, FG_PLAIN));
        else
            putchar(way < 0 ? '*' : ' ');
    }
    putchar('\n');
}

static void print_picture(const struct fg_break_even_question *question,
                          const struct fg_break_even *answer,
                          const struct fg_term *term)
{
    uint32_t months = question->months;
    int64_t most = greatest(answer, months);
    printf("\npaid in the end, if the need ends after so many months:\n");
    for (int row = PICTURE_ROWS - 1; row >= 0; row--)
        print_row(answer, months, most, row, term);
    printf("%12s +", "");
    for (int column = 0; column < PICTURE_COLUMNS; column++)
        putchar('-');
    printf("\n%14s0%*u months\n%14s", "", PICTURE_COLUMNS - 1, months, "");
    for (size_t i = 0; i < answer->ways_len; i++)
        printf("%s%s%zu %s%s", i ? ", " : "", fg_style_text(term, styles[i]), i + 1,
               answer->ways[i].name, fg_style_text(term, FG_PLAIN));
    printf("%s\n", answer->ways_len > 1 ? ", * several" : "");
}

/* -- in words ---------------------------------------------------------------------------------------------------- */

/* "on_demand up to 41 % of the hours, then owned" */
static void words_by_use(const struct fg_break_even *answer, struct fg_buf *out)
{
    for (uint32_t part = 1; part <= FG_BREAK_EVEN_PARTS;) {
        uint8_t way = answer->best_by_use[part];
        uint32_t end = part;
        while (end < FG_BREAK_EVEN_PARTS && answer->best_by_use[end + 1] == way)
            end++;
        fg_buf_printf(out, "%s%s", part > 1 ? ", then " : "", answer->ways[way].name);
        if (end < FG_BREAK_EVEN_PARTS)
            fg_buf_printf(out, " up to %u %% of the hours", end);
        part = end + 1;
    }
}

static void words_by_month(const struct fg_break_even *answer,
                           uint32_t months,
                           struct fg_buf *out)
{
    for (uint32_t month = 1; month <= months;) {
        uint8_t way = answer->best_by_month[month];
        uint32_t end = month;
        while (end < months && answer->best_by_month[end + 1] == way)
            end++;
        fg_buf_printf(out, "%s%s", month > 1 ? ", then " : "", answer->ways[way].name);
        if (end < months)
            fg_buf_printf(out, " up to %u month%s", end, end == 1 ? "" : "s");
        month = end + 1;
    }
}

static const char *words_of_no_crossing(const struct fg_way *a, const struct fg_way *b)
{
    bool at_little = b->by_use_uusd[1] < a->by_use_uusd[1],
         at_all = b->by_use_uusd[FG_BREAK_EVEN_PARTS] < a->by_use_uusd[FG_BREAK_EVEN_PARTS];
    return at_little && at_all ? "at every use"
           : at_little         ? "with little use only"
                               : "at no use";
}

static void print_pairs(const struct fg_break_even_question *question,
                        const struct fg_break_even *answer)
{
    printf("\nwhere one gets cheaper than another:\n");
    for (size_t i = 0; i < answer->pairs_len; i++) {
        const struct fg_way_pair *pair = &answer->pairs[i];
        printf("  %-12s -> %-12s ", answer->ways[pair->a].name, answer->ways[pair->b].name);
        if (pair->use_ppm > 0)
            printf("from %.1f %% of the hours (%.1f a day)", percent((uint32_t)pair->use_ppm),
                   hours_a_day((uint32_t)pair->use_ppm));
        else
            printf("%s", words_of_no_crossing(&answer->ways[pair->a], &answer->ways[pair->b]));
        if (pair->month > 0)
            printf("; at %.1f hours a day from %d months", hours_a_day(question->use_ppm),
                   pair->month);
        else if (pair->month == 0)
            printf("; at %.1f hours a day always", hours_a_day(question->use_ppm));
        putchar('\n');
    }
}

static size_t second_best(const struct fg_break_even_question *question,
                          const struct fg_break_even *answer)
{
    size_t second = answer->best;
    for (size_t i = 0; i < answer->ways_len; i++)
        if (i != answer->best
            && (second == answer->best
                || answer->ways[i].cost_uusd[question->months]
                       < answer->ways[second].cost_uusd[question->months]))
            second = i;
    return second;
}

static void words(const struct fg_break_even_question *question,
                  const struct fg_break_even *answer,
                  struct fg_buf *out)
{
    const struct fg_way *best = &answer->ways[answer->best],
                        *second = &answer->ways[second_best(question, answer)];
    int64_t least = best->cost_uusd[question->months],
            next = second->cost_uusd[question->months];
    char money[FG_HUMAN_MAX], other[FG_HUMAN_MAX];
    fg_human_money(least, money);
    fg_buf_printf(out, "%.1f hours a day for %u months: %s of %s, %s",
                  hours_a_day(question->use_ppm), question->months, best->name,
                  best->offer->supplier, money);
    fg_human_money(next - least, other);
    if (second != best)
        fg_buf_printf(out, ", %s (%.0f %%) below %s of %s", other,
                      next > 0 ? 100.0 * (double)(next - least) / (double)next : 0,
                      second->name, second->offer->supplier);
    fg_buf_puts(out, ".");
}

static void print_assumptions(const struct fg_break_even_question *question,
                              const struct fg_break_even *answer)
{
    char lost[FG_HUMAN_MAX];
    for (size_t i = 0; i < answer->ways_len; i++) {
        const struct fg_way *way = &answer->ways[i];
        fg_human_duration(question->lost_us, lost);
        if (way->offer->contract == FG_CONTRACT_SPOT)
            printf("spot: %s; each time %s of work are lost, and what it is away is had on "
                   "demand\n",
                   way->assumed
                       ? "taken to be away 10 % of the time and taken back 50 times in "
                         "1,000 hours (the offer does not say)"
                       : "away and taken back as the offer says",
                   lost);
        if (way->offer->contract == FG_CONTRACT_OWNED)
            printf("owned: written off over %.1f years; sold for %.0f %% of its book value\n",
                   (double)way->offer->term_us / 8760 / 3.6e9, question->resale_milli / 10.0);
    }
}

void fg_break_even_print(const char *kind,
                         const struct fg_break_even_question *question,
                         const struct fg_break_even *answer,
                         const struct fg_term *term)
{
    FG_AUTO(fg_buf) struct fg_buf use = {}, month = {}, sentence = {};
    printf("%s, %u device%s%s, %.1f hours a day (%.0f %%), %u months\n", kind,
           devices(question), devices(question) == 1 ? "" : "s",
           question->devices ? " in whole instances" : "", hours_a_day(question->use_ppm),
           percent(question->use_ppm), question->months);
    words(question, answer, &sentence);
    printf("%s%s%s\n\n", fg_style_text(term, FG_BOLD), sentence.text,
           fg_style_text(term, FG_PLAIN));
    print_table(question, answer, term);
    print_picture(question, answer, term);
    if (answer->pairs_len)
        print_pairs(question, answer);
    words_by_use(answer, &use);
    words_by_month(answer, question->months, &month);
    printf("\ncheapest by use over %u months: %s\n", question->months, use.text);
    printf("cheapest by months at %.1f hours a day: %s\n", hours_a_day(question->use_ppm),
           month.text);
    print_assumptions(question, answer);
}

/* -- JSON ------------------------------------------------------------------------------------------------------------ */

static void write_way(struct fg_json *json,
                      const struct fg_break_even_question *question,
                      const struct fg_way *way)
{
    const struct fg_offer *offer = way->offer;
    fg_json_object(json);
    fg_json_kv(json, "way", way->name);
    fg_json_kv(json, "contract", fg_contract_name(offer->contract));
    fg_json_kv(json, "supplier", offer->supplier);
    fg_json_kv(json, "instance", offer->instance);
    fg_json_kv(json, "accelerator", offer->accelerator);
    fg_json_kv(json, "region", offer->region);
    fg_json_kv_int(json, "accelerators", offer->accelerators);
    fg_json_kv_int(json, "instances", way->instances);
    fg_json_kv_int(json, "price_uusd_per_hour", offer->price_uusd_per_hour);
    fg_json_kv_int(json, "upfront_uusd", offer->upfront_uusd);
    fg_json_kv_int(json, "cost_uusd", way->cost_uusd[question->months]);
    fg_json_kv_int(json, "uusd_per_used_hour", uusd_per_used_hour(question, way));
    fg_json_kv_bool(json, "assumed", way->assumed);
    fg_json_key(json, "cost_uusd_by_month");
    fg_json_array(json);
    for (uint32_t month = 0; month <= question->months; month++)
        fg_json_int(json, way->cost_uusd[month]);
    fg_json_end(json);
    fg_json_end(json);
}

static void write_pairs(struct fg_json *json, const struct fg_break_even *answer)
{
    fg_json_key(json, "pairs");
    fg_json_array(json);
    for (size_t i = 0; i < answer->pairs_len; i++) {
        const struct fg_way_pair *pair = &answer->pairs[i];
        fg_json_object(json);
        fg_json_kv(json, "from", answer->ways[pair->a].name);
        fg_json_kv(json, "to", answer->ways[pair->b].name);
        fg_json_key(json, "utilisation_percent");
        if (pair->use_ppm > 0)
            fg_json_double(json, percent((uint32_t)pair->use_ppm));
        else
            fg_json_null(json);
        fg_json_key(json, "month");
        if (pair->month >= 0)
            fg_json_int(json, pair->month);
        else
            fg_json_null(json);
        fg_json_end(json);
    }
    fg_json_end(json);
}

void fg_break_even_print_json(const char *kind,
                              const struct fg_break_even_question *question,
                              const struct fg_break_even *answer)
{
    FG_AUTO(fg_buf) struct fg_buf out = {}, sentence = {};
    struct fg_json json = {.buf = &out};
    words(question, answer, &sentence);
    fg_json_object(&json);
    fg_json_kv(&json, "accelerator", kind);
    fg_json_kv_int(&json, "devices", question->devices);
    fg_json_kv_int(&json, "months", question->months);
    fg_json_key(&json, "utilisation_percent");
    fg_json_double(&json, percent(question->use_ppm));
    fg_json_kv(&json, "best", answer->ways[answer->best].name);
    fg_json_kv(&json, "answer", sentence.text);
    fg_json_key(&json, "ways");
    fg_json_array(&json);
    for (size_t i = 0; i < answer->ways_len; i++)
        write_way(&json, question, &answer->ways[i]);
    fg_json_end(&json);
    write_pairs(&json, answer);
    fg_json_end(&json);
    printf("%s\n", out.text);
}
