// report_panel.js - what the last week has shown: forecasts against what came, plans against what they cost.

import * as api from "./api.js";
import { h, say, show } from "./dom.js";
import * as format from "./format.js";
import { link_plan, panel, segments, table, watching } from "./panels.js";

const PERIODS = [["day", "day"], ["", "week"], ["month", "month"]];

const share = (value) => (format.known(value) ? `${format.amount(100 * value)} %` : "–");
const signed = (value) => (typeof value === "number" ? `${value > 0 ? "+" : ""}${value.toFixed(2)}` : "–");

/** What the next forecast takes from it. */
function learned(correction) {
    if (!correction?.days) return "too few days";
    return `median × ${format.amount(correction.factor)}, bands × ${format.amount(correction.width)}`;
}

export function report_panel(query, go) {
    const period = query.get("period") ?? "";
    const demand = table("Forecasts against what came", ["Class", "#Device-hours asked", "#Forecast", "#Wrong by", "#If all stayed as it was", "#80 % band held", "The next plan takes"], (each) => each.class, (each) => [
        h("b", null, each.class), format.amount(each.asked_device_hours), format.amount(each.forecast_device_hours), share(each.wape), share(each.as_now_wape), share(each.coverage80), learned(each.correction)]);
    const plans = table("Plans against what they cost", ["Plan", "#Planned", "#Approved", "#Cost", "#Orders", "#Delivered", "#Late", "#Refused or rejected", "#Taken back"], (each) => `${each.plan}`, (each) => [
        each.plan ? h("a", { href: link_plan(each.plan) }, `#${each.plan}`) : "without a plan", format.money(each.planned_uusd), format.money(each.approved_uusd), format.money(each.cost_uusd),
        format.count(each.orders), format.count(each.delivered), format.count(each.late), format.count(each.refused + each.rejected), format.count(each.reclaimed)]);
    const suppliers = table("Suppliers against what they promised", ["Supplier", "#Orders", "#Delivered", "#Late", "#Lead time promised", "#Lead time", "#Score", "#Change"], (each) => each.supplier, (each) => [
        h("b", null, each.supplier), format.count(each.orders), format.count(each.delivered), format.count(each.late), format.duration(each.promised_lead_s), format.duration(each.lead_s),
        format.known(each.score) ? each.score.toFixed(2) : "–", typeof each.score === "number" && typeof each.score_before === "number" ? signed(each.score - each.score_before) : "–"]);
    const parts = [["Forecasts against what came", demand], ["Plans against what they cost", plans], ["Suppliers against what they promised", suppliers]]
        .map(([title, sheet]) => ({ sheet, el: h("div", { hidden: true }, h("h3", null, title), sheet.el) }));
    const nothing = h("p.muted");
    const { el, aside } = panel("What came of it", segments("The last", PERIODS, period, (value) => go({ period: value })), nothing, parts.map((part) => part.el));
    const watch = watching({
        topics: ["plan", "order"], every_ms: 300000, least_ms: 10000,
        async run(signal) {
            const answer = await api.get(`/v1/report${period ? `?period=${encodeURIComponent(period)}` : ""}`, signal);
            const lists = [answer.demand?.classes ?? [], answer.plans ?? [], answer.suppliers ?? []];
            lists.forEach((items, i) => {
                parts[i].sheet.update(items);
                show(parts[i].el, items.length > 0);
            });
            say(nothing, lists.some((items) => items.length) ? "" : "Nothing was asked, planned or ordered in this time.");
            say(aside, `${format.date(format.moment(answer.from))} to ${format.date(format.moment(answer.to))}`);
        },
    });
    el.append(watch.el);
    return { el, stop: watch.stop };
}
