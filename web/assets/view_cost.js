// view_cost.js - what was spent, by project, user or day; what is left of budgets; and the table for accountants.

import * as api from "./api.js";
import { h, keyed, say, show } from "./dom.js";
import * as format from "./format.js";
import { save_blob } from "./log_view.js";
import { outlook, stack } from "./outlook.js";
import { panel, segments, share_bar, table, watching } from "./panels.js";
import { empty, flash, meter } from "./parts.js";
import { t } from "./words.js";

const SHOWN = 50, DAY_MS = 86400000;
const BY = [["", "project"], ["user", "user"], ["job", "job"], ["order", "order"], ["day", "day"]];
const HEADS = { project: t("Project"), user: t("User"), job: t("Job"), order: t("Order"), day: t("Day") };
const PERIODS = { day: "today", week: t("this week"), month: t("this month"), quarter: t("this quarter"), year: t("this year"), total: t("in all") };

const whose = (item, by) => item.key ?? (by === "project" ? t("the pool") : t("nobody named"));
const more = (item) => [item.name, item.project, item.user, item.supplier, item.instance].filter(Boolean).join(" · ");

/** Spending by day as an area of two layers. */
function by_day() {
    let days = [];
    const drawing = outlook({ label: t("Cost by day"), height: 190, text: format.dollars, tip: (ms) => { const day = days.find((d) => ms >= d.at && ms < d.at + DAY_MS); return day ? { title: format.calendar(day.at), rows: [["used", format.money(day.used_uusd)], ["unused", format.money(day.unused_uusd)]] } : null; } });
    const el = h("div", null, drawing.legend, drawing.el);
    return {
        el,
        update(items) {
            days = items.map((item) => ({ ...item, at: Date.parse(item.key) })).filter((d) => Number.isFinite(d.at)).sort((a, b) => a.at - b.at);
            show(el, days.length > 0);
            if (!days.length) return;
            const from = days[0].at, count = Math.round((days.at(-1).at - from) / DAY_MS) + 1;
            const value = (name) => Array.from({ length: count }, (_, i) => (days.find((d) => d.at === from + i * DAY_MS)?.[name] ?? 0) / 1e6);
            drawing.update({ from, to: from + count * DAY_MS, lines: [], words: "", bands: stack(from, DAY_MS, [{ name: t("used by jobs"), className: "gpu", texture: "slant", values: value("used_uusd") }, { name: t("paid and unused"), className: "cpu", texture: "dots", values: value("unused_uusd") }]) });
        },
    };
}

/** What is left of the budget of a project. */
function budget_row() {
    const bar = meter("", ""), note = h("p.muted.small");
    return {
        el: h("div.budget", null, bar.el, note),
        update(project) {
            const spent = project.usage.spent_uusd ?? 0, all = project.budget.uusd;
            say(bar.el.querySelector(".meter-label"), `${project.name}, ${PERIODS[project.budget.period] ?? project.budget.period}`);
            bar.el.setAttribute("aria-label", t`Budget of ${project.name}`);
            bar.update(spent, all, t`${format.money(spent)} of ${format.money(all)}`);
            say(note, [spent >= all ? t`Spent: its jobs ${project.budget.action === "stop" ? t("are stopped") : t("wait")}.` : t`${format.percent(spent, all)} spent`, project.usage.committed_uusd > 0 ? t`${format.money(project.usage.committed_uusd)} more for what runs` : "", project.usage.renews_at ? t`renewed ${format.date(format.moment(project.usage.renews_at))}` : ""].filter(Boolean).join(" · "));
        },
    };
}

async function save_focus(from, to) {
    try {
        save_blob(await (await api.open(`/v1/cost/focus?from=${from}&to=${to}`)).blob(), `focus-${from}.csv`);
    } catch (error) {
        flash(error.message, true);
    }
}

export function cost({ query, go }) {
    const by = BY.some(([value]) => value === query.get("by")) ? query.get("by") : "";
    let top = 1, span = null;
    const sheet = table(t("Cost"), [HEADS[by || "project"], "", t("#Used by jobs"), t("#Paid and unused"), t("#Cost"), t("Share"), t("#Due to suppliers")], (item) => `${item.key}`, (item) => [
        h("b", null, by === "job" && item.key ? h("a", { href: `#/jobs/${encodeURIComponent(item.key)}` }, item.key) : whose(item, by || "project")), more(item),
        format.money(item.used_uusd), format.money(item.unused_uusd), format.money(item.uusd), share_bar(item.uusd, top, format.percent(item.uusd, top)), format.money(item.due_uusd)]);
    const days = by_day(), total = h("p.big"), budgets = h("div.capacity");
    const none = empty(t("Nothing was spent in this time."), t("Jobs are booked when they end, at the price of the devices that they held."));
    const csv = h("button.button.small", { type: "button", onclick: () => span && save_focus(span.from, span.to) }, t("FOCUS 1.2 as CSV"));
    show(none, false);
    show(days.el, false);
    const spent = panel(t("Cost"), h("div.filters", null, segments(t("Cost by"), BY, by, (value) => go({ by: value })), csv), total, none, days.el, sheet.el);
    const left = panel(t("Budgets"), budgets);
    show(left.el, false);
    const watch = watching({
        topics: ["jobs", "order"], every_ms: 60000, least_ms: 10000,
        async run(signal) {
            const answer = await api.get(`/v1/cost?limit=${SHOWN}${by ? `&by=${by}` : ""}`, signal);
            const items = answer.items ?? [];
            span = answer;
            top = answer.total?.uusd ?? 1;
            say(spent.aside, t`from ${answer.from} to before ${answer.to}, UTC`);
            say(total, `${format.money(answer.total?.uusd)}${answer.total?.unused_uusd > 0 ? t`, of it ${format.money(answer.total.unused_uusd)} unused` : ""}`);
            sheet.update(answer.others?.uusd > 0 ? [...items, { ...answer.others, key: t("all others") }] : items);
            if (by === "day") days.update(items);
            show(sheet.el, items.length > 0);
            show(none, items.length === 0);
        },
    });
    const projects = watching({
        topics: ["jobs", "project"], every_ms: 60000, least_ms: 10000,
        async run(signal) {
            const items = ((await api.get("/v1/projects", signal)).items ?? []).filter((project) => project.budget && !project.archived);
            show(left.el, items.length > 0);
            keyed(budgets, items, (project) => project.name, budget_row);
        },
    });
    spent.el.append(watch.el);
    const el = h("div.stack-page", null, h("h1.visually-hidden", null, t("Cost")), spent.el, projects.el, left.el);
    return { el, title: t("Cost"), leave: () => { watch.stop(); projects.stop(); } };
}
