/* report_waste.c - devices that jobs held and did not use, by user: a part of the report of a period; see report_html.h */
#include "cli/human.h"
#include "cli/report_html.h"
#include "cli/view.h"
#include "sim/plot.h"

#include <stdlib.h>
#include <string.h>

#define USERS_MAX 200
#define ROWS_MAX  20
#define ADVISE_H  1. /* device hours that are worth a word */

struct sum {
    double hours;
    int64_t cost_uusd;
    bool has_cost;
};

/* Of a user; those beyond the bound are one, the others. */
struct owner {
    const char *name;
    struct sum idle, unused;
};

struct owners {
    struct owner items[USERS_MAX];
    size_t len;
};

static void add(struct sum *sum, const struct fg_doc *finding)
{
    int64_t cost_uusd = fg_view_int(finding, "cost_uusd", -1);
    sum->hours += fg_view_real(finding, "device_hours", 0);
    sum->has_cost |= cost_uusd >= 0;
    sum->cost_uusd += cost_uusd > 0 ? cost_uusd : 0;
}

static struct owner *owner_of(struct owners *owners, const char *name)
{
    for (size_t i = 0; i < owners->len; i++)
        if (strcmp(owners->items[i].name, name) == 0)
            return &owners->items[i];
    if (owners->len == USERS_MAX)
        return &owners->items[USERS_MAX - 1];
    bool is_last = owners->len == USERS_MAX - 1;
    owners->items[owners->len] = (struct owner){.name = is_last ? "others" : name};
    return &owners->items[owners->len++];
}

static int more_first(const void *left, const void *right)
{
    const struct owner *a = left, *b = right;
    int64_t cost_a = a->idle.cost_uusd + a->unused.cost_uusd,
            cost_b = b->idle.cost_uusd + b->unused.cost_uusd;
    double hours_a = a->idle.hours + a->unused.hours, hours_b = b->idle.hours + b->unused.hours;
    if (cost_a != cost_b)
        return cost_a > cost_b ? -1 : 1;
    if (hours_a < hours_b || hours_a > hours_b)
        return hours_a > hours_b ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* The dearest first. */
static void sum_up(struct owners *owners, const struct fg_doc *findings)
{
    owners->len = 0;
    for (const struct fg_doc *at = fg_view_first(findings, "items"); at; at = at->next) {
        struct owner *owner = owner_of(owners, fg_view_text(at, "user"));
        bool is_idle = strcmp(fg_view_text(at, "cause"), "idle_held") == 0;
        add(is_idle ? &owner->idle : &owner->unused, at);
    }
    if (owners->len > 1)
        qsort(owners->items, owners->len, sizeof(owners->items[0]), more_first);
}

static void cells(struct fg_buf *out, const struct sum *sum)
{
    char money[FG_HUMAN_MAX] = "-";
    if (sum->has_cost)
        fg_human_money(sum->cost_uusd, money);
    fg_buf_printf(out, "<td>%.2f</td><td>%s</td>", sum->hours, money);
}

void fg_report_waste_write(struct fg_buf *out, const struct fg_doc *findings)
{
    struct owners owners;
    sum_up(&owners, findings);
    fg_buf_puts(out, "<h2>What was held and not used</h2>\n");
    if (owners.len == 0) {
        fg_buf_puts(out, "<p>No job held devices that it did not use.</p>\n");
        return;
    }
    fg_buf_puts(out, "<div class=\"scroll\"><table class=\"figures\"><tr><th>User</th>"
                     "<th>Idle though held, device hours</th><th>Cost</th>"
                     "<th>Asked and never used, device hours</th><th>Cost</th></tr>\n");
    for (size_t i = 0; i < owners.len && i < ROWS_MAX; i++) {
        fg_buf_puts(out, "<tr><td>");
        fg_html_text(out, owners.items[i].name);
        fg_buf_puts(out, "</td>");
        cells(out, &owners.items[i].idle);
        cells(out, &owners.items[i].unused);
        fg_buf_puts(out, "</tr>\n");
    }
    fg_buf_puts(out, "</table></div>\n");
}

void fg_report_waste_advise(struct fg_buf *out, const struct fg_doc *findings)
{
    struct owners owners;
    sum_up(&owners, findings);
    for (size_t i = 0; i < owners.len && i < ROWS_MAX; i++) {
        const struct owner *owner = &owners.items[i];
        double hours = owner->idle.hours + owner->unused.hours;
        if (hours < ADVISE_H)
            continue;
        fg_buf_puts(out, "<li>Jobs of ");
        fg_html_text(out, owner->name);
        fg_buf_printf(out,
                      " held devices for %.1f device hours without using them: fastgpu waste "
                      "--user says which.</li>\n",
                      hours);
    }
}
