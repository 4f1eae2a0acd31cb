// suppliers_panel.js - suppliers with their scores: how good, how sure, and what each criterion added.

import * as api from "./api.js";
import { h, keyed, say, show } from "./dom.js";
import * as format from "./format.js";
import { contract } from "./order_parts.js";
import { panel, segments, share_bar, table, watching } from "./panels.js";
import { empty } from "./parts.js";
import { t } from "./words.js";

const METHODS = [["", "TOPSIS"], ["weighted", t("weighted sum")]];
/* Criteria of the ranking: what their numbers mean. */
const CRITERIA = {
    price: [t("Price"), t("$ per device and hour")], lead: [t("Lead time"), t("h from order to delivery")], broken: [t("Not as promised"), t("share of instances")], refused: [t("Refused"), t("share of orders")],
    preemptions: [t("Taken back"), t("per 1,000 h")], faults: [t("Faults"), t("per 1,000 h")], performance: [t("Performance"), t("device-hours per $")], concentration: [t("Concentration"), t("share of what is spent")],
};

const number = (value) => (typeof value === "number" ? value.toLocaleString(format.NUMBERS, { maximumSignificantDigits: 3 }) : "–");

function explanation() {
    const sheet = table(t("Criteria"), [t("Criterion"), t("#Value"), t("#Between"), t("#Weight"), t("#Adds"), t("Known from")], ([name]) => name, ([name, c, weight]) => [
        h("span", null, CRITERIA[name]?.[0] ?? name, h("span.muted", null, ` ${CRITERIA[name]?.[1] ?? ""}`)), number(c.value), `${number(c.low)} – ${number(c.high)}`,
        format.percent(weight, 1), number(c.weighted), c.measured > 0 ? t`${number(c.measured)} measured; told ${number(c.told)}, by its other offers ${number(c.prior)}` : t("offers and expectation")]);
    const summary = h("summary");
    return {
        el: h("details.explain", null, summary, sheet.el),
        update({ supplier, weights }) {
            say(summary, t`Why ${supplier.supplier} has rank ${supplier.rank}`);
            sheet.update(Object.entries(supplier.criteria ?? {}).map(([name, values]) => [name, values, weights[name] ?? 0]));
        },
    };
}

function filter(query, go) {
    const input = h("input", { type: "search", name: "kind", value: query.get("kind") ?? "", placeholder: t("Accelerator (H100)"), "aria-label": t("Accelerator"), maxlength: 64, autocomplete: "off" });
    return h("form.filters", { onsubmit: (event) => { event.preventDefault(); go({ kind: input.value.trim() }); }, role: "search", "aria-label": t("Suppliers of") },
        segments(t("Method"), METHODS, query.get("method") ?? "", (value) => go({ method: value })), input, h("button.button.small", { type: "submit" }, t("Rank")));
}

export function suppliers_panel(query, go) {
    const paused = new Map();
    const sheet = table(t("Suppliers by score"), [t("#Rank"), t("Supplier"), t("Score and its interval"), t("#Best"), t("Cheapest"), t("#A device"), t("State")], ({ supplier }) => supplier.supplier, ({ supplier, known }) => [
        supplier.rank_low < supplier.rank_high ? `${supplier.rank} (${supplier.rank_low}–${supplier.rank_high})` : String(supplier.rank), h("b", null, supplier.supplier),
        share_bar(supplier.score, 1, supplier.score.toFixed(2), supplier.low, supplier.high), format.percent(supplier.best, 1),
        [supplier.instance, contract(supplier.contract), supplier.region].filter(Boolean).join(" · "), format.hourly(supplier.uusd_per_device_hour), known]);
    const reasons = h("div"), explain = h("details.as-table", null, h("summary", null, t("Why these ranks")), reasons);
    const none = empty(t("No supplier can be compared."), t("Import a list of offers, or add a supplier:"), "fastgpu supplier import offers.csv --supplier NAME", "fastgpu supplier add --help");
    show(none, false);
    const { el, aside } = panel(t("Suppliers"), filter(query, go), none, sheet.el, explain);
    const watch = watching({
        topics: ["supplier", "order", "offer"], every_ms: 60000, least_ms: 3000,
        async run(signal) {
            for (const each of (await api.get("/v1/suppliers", signal)).items ?? []) paused.set(each.name, each.paused ? t("paused") : each.kind === "listed" ? t("price list only") : t("can be ordered from"));
            const wanted = new URLSearchParams();
            if (query.get("kind")) wanted.set("accelerator", query.get("kind"));
            if (query.get("method")) wanted.set("method", query.get("method"));
            const answer = await api.get(`/v1/supplier-ranking?${wanted}`, signal).catch((error) => { sheet.update([]); show(none, error.status === 404); if (error.status !== 404) throw error; return { suppliers: [] }; });
            const items = answer.suppliers ?? [];
            sheet.update(items.map((supplier) => ({ supplier, known: paused.get(supplier.supplier) ?? t("price list only") })));
            keyed(reasons, items.slice(0, 10).map((supplier) => ({ supplier, weights: answer.weights ?? {} })), ({ supplier }) => supplier.supplier, explanation);
            show(sheet.el, items.length > 0);
            show(explain, items.length > 0);
            show(none, items.length === 0);
            say(aside, items.length ? t`marks: ${format.percent(answer.level, 1)} intervals` : "");
        },
    });
    el.append(watch.el);
    return { el, stop: watch.stop };
}
