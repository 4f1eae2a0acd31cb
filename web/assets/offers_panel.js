// offers_panel.js - what suppliers sell: filters that stand in the address, a page at a time.

import * as api from "./api.js";
import { h, say, show } from "./dom.js";
import * as format from "./format.js";
import { contract, devices, place } from "./order_parts.js";
import { link_offer, panel, table, watching } from "./panels.js";
import { empty } from "./parts.js";
import { t } from "./words.js";

const PAGE = 25;
const CONTRACTS = ["on_demand", "spot", "reserved", "owned"];
const SORTS = [["price", t("cheapest device first")], ["supplier", t("by supplier")], ["id", t("as they came")]];
const FIELDS = [["accelerator", t("Accelerator")], ["supplier", t("Supplier")], ["region", t("Region")]];

/** The request for what the address asks for. */
export function request(query) {
    const wanted = new URLSearchParams();
    for (const key of ["accelerator", "supplier", "region", "contract"]) if (query.get(key)) wanted.set(key, query.get(key));
    const most = Number(query.get("most"));
    if (most > 0) wanted.set("max_uusd_per_device_hour", Math.round(most * 1e6));
    if (query.get("page")) wanted.set("cursor", query.get("page"));
    wanted.set("sort", SORTS.some(([name]) => name === query.get("sort")) ? query.get("sort") : "price");
    wanted.set("limit", PAGE);
    return `/v1/offers?${wanted}`;
}

function select(name, label, choices, chosen) {
    return h("select", { name, "aria-label": label }, choices.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
}

function filters(query, go) {
    const inputs = [
        ...FIELDS.map(([name, label]) => h("input", { type: "search", name, value: query.get(name) ?? "", placeholder: label, "aria-label": label, autocomplete: "off", spellcheck: "false", maxlength: 128 })),
        h("input", { type: "number", name: "most", value: query.get("most") ?? "", min: 0, step: "any", placeholder: t("At most $/h"), "aria-label": t("At most so many dollars per device and hour") }),
        select("contract", t("Contract"), [["", t("any contract")], ...CONTRACTS.map((name) => [name, contract(name)])], query.get("contract") ?? ""),
        select("sort", t("Order of offers"), SORTS, query.get("sort") ?? "price")];
    const submit = (event) => {
        event.preventDefault();
        go({ ...Object.fromEntries(inputs.map((input) => [input.name, input.value.trim()])), page: "" });
    };
    return h("form.filters", { onsubmit: submit, role: "search", "aria-label": t("Filter offers") }, inputs, h("button.button.small", { type: "submit" }, t("Show offers")));
}

export function offers_panel(query, go) {
    const sheet = table(t("Offers"), [t("Offer"), t("#A device"), t("Devices"), t("Contract"), t("Supplier"), t("Where"), t("#The instance"), t("#Changed")], (offer) => offer.id, (offer) => [
        h("a", { href: link_offer(offer.id) }, offer.instance || t`offer ${offer.id}`), format.hourly(offer.uusd_per_device_hour), devices(offer), contract(offer.contract), offer.supplier, place(offer),
        format.hourly(offer.price_uusd_per_hour), format.date(format.moment(offer.changed))]);
    const none = empty(t("No offer is like that."), t("Take a filter away, or import a list:"), "fastgpu supplier import offers.csv --supplier NAME");
    show(none, false);
    let following = "";
    const next = h("button.button.small", { type: "button", onclick: () => go({ page: following }) }, t("More offers"));
    const first = h("button.button.small", { type: "button", onclick: () => go({ page: "" }) }, t("First page"));
    show(first, query.get("page"));
    show(next, false);
    const { el, aside } = panel(t("Offers"), filters(query, go), none, sheet.el, h("nav.pages", { "aria-label": t("Pages of offers") }, first, next));
    const watch = watching({
        topics: ["offer", "supplier"], every_ms: 60000,
        async run(signal) {
            const answer = await api.get(request(query), signal);
            const items = answer.items ?? [];
            following = answer.next ?? "";
            sheet.update(items);
            show(sheet.el, items.length > 0);
            show(none, items.length === 0);
            show(next, !!following);
            say(aside, format.plural(answer.total, "offer"));
        },
    });
    el.append(watch.el);
    return { el, stop: watch.stop };
}
