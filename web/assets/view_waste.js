// view_waste.js - how much of what there is does work, and what jobs held and did not use: by whom, why, and what it cost.

import * as api from "./api.js";
import { CAUSES, cause_words } from "./alert_rows.js";
import { h, say, show } from "./dom.js";
import * as format from "./format.js";
import { panel, segments, share_bar, table, watching } from "./panels.js";
import { empty, link_job, link_node } from "./parts.js";
import { t } from "./words.js";

const SHOWN = 200, READ = 1000;
const BY = [["", "project"], ["supplier", "supplier"], ["node", "node"], ["class", "kind"]];
const WHO = [["", "job"], ["user", "user"], ["project", "project"], ["cause", "cause"]];

/** Findings summed by a member, the dearest first: [{key, jobs, device_hours, cost_uusd}]. */
export function sums(findings, member) {
    const all = new Map();
    for (const one of findings) {
        const sum = all.get(one[member]) ?? { key: one[member], jobs: 0, device_hours: 0, cost_uusd: 0 };
        sum.jobs += 1;
        sum.device_hours += one.device_hours;
        sum.cost_uusd += one.cost_uusd ?? 0;
        all.set(one[member], sum);
    }
    return [...all.values()].sort((a, b) => b.cost_uusd - a.cost_uusd || b.device_hours - a.device_hours);
}

const share = (milli) => share_bar(milli, 1000, format.percent(milli, 1000));
const money = (uusd) => (uusd > 0 ? format.money(uusd) : "–");

function use_table(by) {
    const name = (item) => (by === "node" ? h("a.mono", { href: link_node(item.name) }, item.name) : h("b", null, item.name || t("this machine")));
    return table(t("Utilisation"), [t(BY.find(([value]) => value === by)[1]), `#${t("Devices")}`, `#${t("Held")}`, t("Busy now"), t("Busy, 24 h"), t("Held, 24 h"), t("Held and idle, 24 h")], (item) => item.name, (item) => [
        name(item), format.amount(item.devices), format.amount(item.held), share(item.busy_milli), share(item.day_busy_milli), share(item.day_held_milli), share(item.day_idle_held_milli)]);
}

function waste_table(who) {
    if (!who)
        return table(t("Waste"), [t("Job"), t("Project and user"), t("Cause"), t("Wasted of what it held"), `#${t("Device-hours")}`, `#${t("Cost")}`, t("What, and what to do")], (one) => `${one.job} ${one.attempt} ${one.cause}`, (one) => [
            h("a", { href: link_job(one.job) }, one.job), [one.project, one.user].filter(Boolean).join(" · "), cause_words(one.cause), share(one.share_milli), format.amount(one.device_hours), money(one.cost_uusd), h("span", null, format.prose(one.text), h("span.muted.next-line", null, format.prose(one.hint)))]);
    return table(t("Waste"), [t(WHO.find(([value]) => value === who)[1]), `#${t("Jobs")}`, `#${t("Device-hours")}`, `#${t("Cost")}`], (sum) => `${sum.key}`, (sum) => [
        h("b", null, who === "cause" ? cause_words(sum.key) : sum.key ?? "–"), format.count(sum.jobs), format.amount(sum.device_hours), money(sum.cost_uusd)]);
}

export function waste({ query, go }) {
    const chosen = (choices, name) => (choices.some(([value]) => value === query.get(name)) ? query.get(name) : "");
    const by = chosen(BY, "by"), who = chosen(WHO, "who"), cause = query.get("cause") in CAUSES ? query.get("cause") : "";
    const use = use_table(by), sheet = waste_table(who), total = h("p.big");
    const idle = empty(t("No device tells how busy it is."), t("Where a device tells its use, it is counted here from the first minute.")), none = empty(t("No job wasted anything that was found."), t("A job that holds devices and leaves them idle, or uses little of them, is named here with what that cost."));
    for (const el of [idle, none]) show(el, false);
    const used = panel(t("Utilisation"), segments(t("Utilisation by"), BY, by, (value) => go({ by: value })), idle, use.el);
    const wasted = panel(t("Waste"), segments(t("Waste by"), WHO, who, (value) => go({ who: value })), total, none, sheet.el);
    const watches = [watching({
        topics: ["jobs"], every_ms: 30000, least_ms: 5000,
        async run(signal) {
            const items = (await api.get(`/v1/utilisation${by ? `?by=${by}` : ""}`, signal)).items ?? [];
            use.update(items);
            say(used.aside, items.length ? t`counted since ${format.date(format.moment(items[0].since))}` : "");
            show(use.el, items.length);
            show(idle, !items.length);
        },
    }), watching({
        topics: ["alert"], every_ms: 60000, least_ms: 5000,
        async run(signal) {
            const items = ((await api.get(`/v1/findings?limit=${READ}`, signal)).items ?? []).filter((one) => !cause || one.cause === cause);
            const all = sums(items.map((one) => ({ ...one, all: "" })), "all")[0];
            say(total, all ? [t`${format.amount(all.device_hours)} device-hours`, all.cost_uusd > 0 ? format.money(all.cost_uusd) : "", format.plural(new Set(items.map((one) => one.job)).size, "job")].filter(Boolean).join(" · ") : "");
            sheet.update((who ? sums(items, who) : items).slice(0, SHOWN));
            say(wasted.aside, t("this month, UTC"));
            show(sheet.el, items.length);
            show(none, !items.length);
        },
    })];
    used.el.append(watches[0].el);
    wasted.el.append(watches[1].el);
    return { el: h("div.stack-page", null, h("h1.visually-hidden", null, t("Efficiency")), used.el, wasted.el), title: t("Efficiency"), leave: () => watches.forEach((watch) => watch.stop()) };
}
