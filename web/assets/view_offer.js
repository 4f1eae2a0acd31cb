// view_offer.js - one offer, and what it cost over time.

import * as api from "./api.js";
import { h, say, show } from "./dom.js";
import * as format from "./format.js";
import { contract, devices, place } from "./order_parts.js";
import { outlook } from "./outlook.js";
import { as_table, facts, panel, watching } from "./panels.js";
import { t } from "./words.js";

const US_PER_S = 1e6;
const span = (us) => (us > 0 ? format.duration(us / US_PER_S) : "");

const facts_of = (offer) => [
    [t("Supplier"), offer.supplier], [t("Devices"), devices(offer)], [t("Memory of a device"), offer.accelerator_mem_mib > 0 ? format.mib(offer.accelerator_mem_mib) : ""], [t("Contract"), contract(offer.contract)], [t("Where"), place(offer)],
    [t("A device"), format.hourly(offer.uusd_per_device_hour)], [t("The instance"), format.hourly(offer.price_uusd_per_hour)], [t("Upfront"), offer.upfront_uusd > 0 ? format.money(offer.upfront_uusd) : ""],
    [t("Term"), span(offer.term_us)], [t("Lead time"), span(offer.lead_time_us)], [t("At least for"), span(offer.min_term_us)], [t("To be had at once"), offer.capacity > 0 ? format.count(offer.capacity) : ""],
    [t("Taken back"), offer.reclaims_per_khour > 0 ? t`${format.count(offer.reclaims_per_khour)} times in 1,000 h` : ""], [t("For sale"), offer.listed ? t("yes") : t("no longer")], [t("Source"), offer.bundled ? t("the bundled list") : t("imported")],
    [t("First seen"), format.date(format.moment(offer.first_seen))]];

export function offer_page({ args: [id] }) {
    const title = h("h1", null, t`Offer ${id}`), list = facts();
    let points = [];
    const at_time = (ms) => points.findLast((point) => point[0] <= ms);
    const drawing = outlook({ label: t("Price of the instance over time"), text: (usd) => format.money(usd * 1e6), tip: (ms) => { const found = at_time(ms); return found ? { title: format.date(found[0]), rows: [[t("since then"), format.money(found[1] * 1e6)]] } : null; } });
    const sheet = as_table(t("Changes of the price"), [t("Since"), t("#An hour of the instance")]);
    const prices = panel(t("Price over time"), drawing.el, sheet.el);
    const watch = watching({
        topics: ["offer"], every_ms: 60000,
        async run(signal) {
            const path = `/v1/offers/${encodeURIComponent(id)}`;
            const offer = await api.get(path, signal), history = await api.get(`${path}/history`, signal);
            say(title, offer.instance || t`Offer ${id}`);
            list.update(facts_of(offer));
            points = (history.points ?? []).map((point) => [format.moment(point.time), point.uusd_per_hour / 1e6]);
            const to = api.now(), from = Math.min(points[0]?.[0] ?? to, to - 86400000);
            const line = points.flatMap(([at, usd], i) => [[at, usd], [points[i + 1]?.[0] ?? to, usd]]);
            const values = points.map((point) => point[1]);
            drawing.update({ from, to, bands: [], lines: [{ name: t("an hour of the instance"), className: "gpu even", points: line }], words: values.length ? t`Between ${format.money(Math.min(...values) * 1e6)} and ${format.money(Math.max(...values) * 1e6)} in ${format.plural(values.length, "change")}.` : "" });
            sheet.update([...history.points ?? []].reverse().map((point) => [format.exact(format.moment(point.time)), format.hourly(point.uusd_per_hour)]));
            say(prices.aside, format.plural(points.length, "change"));
            show(prices.el, points.length > 0);
        },
    });
    const el = h("div.stack-page", null, h("section.panel", null, h("header.panel-head", null, title), watch.el, list.el), prices.el, h("p", null, h("a", { href: "#/supply" }, t("All offers"))));
    show(prices.el, false);
    return { el, title: t`Offer ${id}`, leave: watch.stop };
}
