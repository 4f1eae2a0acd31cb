// view_offer.js - one offer, and what it cost over time.

import * as api from "./api.js";
import { h, say, show } from "./dom.js";
import * as format from "./format.js";
import { contract, devices, place } from "./order_parts.js";
import { outlook } from "./outlook.js";
import { as_table, facts, panel, watching } from "./panels.js";

const US_PER_S = 1e6;
const span = (us) => (us > 0 ? format.duration(us / US_PER_S) : "");

const facts_of = (offer) => [
    ["Supplier", offer.supplier], ["Devices", devices(offer)], ["Memory of a device", offer.accelerator_mem_mib > 0 ? format.mib(offer.accelerator_mem_mib) : ""], ["Contract", contract(offer.contract)], ["Where", place(offer)],
    ["A device", format.hourly(offer.uusd_per_device_hour)], ["The instance", format.hourly(offer.price_uusd_per_hour)], ["Upfront", offer.upfront_uusd > 0 ? format.money(offer.upfront_uusd) : ""],
    ["Term", span(offer.term_us)], ["Lead time", span(offer.lead_time_us)], ["At least for", span(offer.min_term_us)], ["To be had at once", offer.capacity > 0 ? format.count(offer.capacity) : ""],
    ["Taken back", offer.reclaims_per_khour > 0 ? `${format.count(offer.reclaims_per_khour)} times in 1,000 h` : ""], ["For sale", offer.listed ? "yes" : "no longer"], ["Source", offer.bundled ? "the bundled list" : "imported"],
    ["First seen", format.date(format.moment(offer.first_seen))]];

export function offer_page({ args: [id] }) {
    const title = h("h1", null, `Offer ${id}`), list = facts();
    let points = [];
    const at_time = (ms) => points.findLast((point) => point[0] <= ms);
    const drawing = outlook({ label: "Price of the instance over time", text: (usd) => format.money(usd * 1e6), tip: (ms) => { const found = at_time(ms); return found ? { title: format.date(found[0]), rows: [["since then", format.money(found[1] * 1e6)]] } : null; } });
    const sheet = as_table("Changes of the price", ["Since", "#An hour of the instance"]);
    const prices = panel("Price over time", drawing.el, sheet.el);
    const watch = watching({
        topics: ["offer"], every_ms: 60000,
        async run(signal) {
            const path = `/v1/offers/${encodeURIComponent(id)}`;
            const offer = await api.get(path, signal), history = await api.get(`${path}/history`, signal);
            say(title, offer.instance || `Offer ${id}`);
            list.update(facts_of(offer));
            points = (history.points ?? []).map((point) => [format.moment(point.time), point.uusd_per_hour / 1e6]);
            const to = api.now(), from = Math.min(points[0]?.[0] ?? to, to - 86400000);
            const line = points.flatMap(([at, usd], i) => [[at, usd], [points[i + 1]?.[0] ?? to, usd]]);
            const values = points.map((point) => point[1]);
            drawing.update({ from, to, bands: [], lines: [{ name: "an hour of the instance", className: "gpu even", points: line }], words: values.length ? `Between ${format.money(Math.min(...values) * 1e6)} and ${format.money(Math.max(...values) * 1e6)} in ${format.plural(values.length, "change")}.` : "" });
            sheet.update([...history.points ?? []].reverse().map((point) => [format.exact(format.moment(point.time)), format.hourly(point.uusd_per_hour)]));
            say(prices.aside, format.plural(points.length, "change"));
            show(prices.el, points.length > 0);
        },
    });
    const el = h("div.stack-page", null, h("section.panel", null, h("header.panel-head", null, title), watch.el, list.el), prices.el, h("p", null, h("a", { href: "#/supply" }, "All offers")));
    show(prices.el, false);
    return { el, title: `Offer ${id}`, leave: watch.stop };
}
