// report_panel.js - what the last week has shown: forecasts against what came, plans against what they cost.

import * as api from "./api.js";
import { h, say, show } from "./dom.js";
import * as format from "./format.js";
import { link_plan, panel, segments, table, watching } from "./panels.js";
import { t } from "./words.js";

const PERIODS = [["day", "day"], ["", "week"], ["month", "month"]];

const share = (value) => (format.known(value) ? `${format.amount(100 * value)} %` : "–");
const signed = (value) => (typeof value === "number" ? `${value > 0 ? "+" : ""}${value.toFixed(2)}` : "–");

/** What the next forecast takes from it. */
function learned(correction) {
    if (!correction?.days) return t("too few days");
    return t`median × ${format.amount(correction.factor)}, bands × ${format.amount(correction.width)}`;
}

export function report_panel(query, go) {
    const period = query.get("period") ?? "";
    const demand = table(t("Forecasts against what came"), [t("Class"), t("#Device-hours asked"), t("#Forecast"), t("#Wrong by"), t("#If all stayed as it was"), t("#80 % band held"), t("The next plan takes")], (each) => each.class, (each) => [
        h("b", null, each.class), format.amount(each.asked_device_hours), format.amount(each.forecast_device_hours), share(each.wape), share(each.as_now_wape), share(each.coverage80), learned(each.correction)]);
    const plans = table(t("Plans against what they cost"), [t("Plan"), t("#Planned"), t("#Approved"), t("#Cost"), t("#Orders"), t("#Delivered"), t("#Late"), t("#Refused or rejected"), t("#Taken back")], (each) => `${each.plan}`, (each) => [
        each.plan ? h("a", { href: link_plan(each.plan) }, `#${each.plan}`) : t("without a plan"), format.money(each.planned_uusd), format.money(each.approved_uusd), format.money(each.cost_uusd),
        format.count(each.orders), format.count(each.delivered), format.count(each.late), format.count(each.refused + each.rejected), format.count(each.reclaimed)]);
    const suppliers = table(t("Suppliers against what they promised"), [t("Supplier"), t("#Orders"), t("#Delivered"), t("#Late"), t("#Lead time promised"), t("#Lead time"), t("#Score"), t("#Change")], (each) => each.supplier, (each) => [
        h("b", null, each.supplier), format.count(each.orders), format.count(each.delivered), format.count(each.late), format.duration(each.promised_lead_s), format.duration(each.lead_s),
        format.known(each.score) ? each.score.toFixed(2) : "–", typeof each.score === "number" && typeof each.score_before === "number" ? signed(each.score - each.score_before) : "–"]);
    const parts = [[t("Forecasts against what came"), demand], [t("Plans against what they cost"), plans], [t("Suppliers against what they promised"), suppliers]]
        .map(([title, sheet]) => ({ sheet, el: h("div", { hidden: true }, h("h3", null, title), sheet.el) }));
    const nothing = h("p.muted");
    const { el, aside } = panel(t("What came of it"), segments(t("The last"), PERIODS, period, (value) => go({ period: value })), nothing, parts.map((part) => part.el));
    const watch = watching({
        topics: ["plan", "order"], every_ms: 300000, least_ms: 10000,
        async run(signal) {
            const answer = await api.get(`/v1/report${period ? `?period=${encodeURIComponent(period)}` : ""}`, signal);
            const lists = [answer.demand?.classes ?? [], answer.plans ?? [], answer.suppliers ?? []];
            lists.forEach((items, i) => {
                parts[i].sheet.update(items);
                show(parts[i].el, items.length > 0);
            });
            say(nothing, lists.some((items) => items.length) ? "" : t("Nothing was asked, planned or ordered in this time."));
            say(aside, t`${format.date(format.moment(answer.from))} to ${format.date(format.moment(answer.to))}`);
        },
    });
    el.append(watch.el);
    return { el, stop: watch.stop };
}
