// order_parts.js - an order in words, and its life as a line of states with their times.

import { h, put } from "./dom.js";
import * as format from "./format.js";
import { t } from "./words.js";

const CONTRACTS = { on_demand: t("on demand").replace(" ", "\u00a0"), spot: t("spot"), reserved: t("reserved"), owned: t("owned") };
const US_PER_S = 1e6;

export const contract = (name) => CONTRACTS[name] ?? format.state(name);

/** "2 × h8-year", of 8 × h100 each. */
export function what(order) {
    const offer = order.offer ?? {};
    return `${format.count(order.count)} × ${offer.instance || offer.instance_type || "instance"}`;
}

export function devices(offer) {
    return `${format.count(offer.accelerators ?? offer.accelerator_count)} × ${offer.accelerator || "unknown"}`;
}

export const place = (offer) => [offer.region, offer.zone].filter(Boolean).join(" · ");

/** What one instance costs, in words. */
export function terms(offer) {
    const parts = [t`${format.hourly(offer.price_uusd_per_hour)} an instance`];
    if (offer.upfront_uusd > 0) parts.push(t`${format.money(offer.upfront_uusd)} upfront`);
    if (offer.term_us > 0) parts.push(t`for ${format.duration(offer.term_us / US_PER_S)}`);
    return parts.join(", ");
}

/** The states that an order goes through, each with the moment or null, and what is promised. */
function stations(order) {
    const is_over = ["released", "rejected", "cancelled"].includes(order.state);
    const list = [["planned", order.created], ["approved", order.approved], ["ordered", order.ordered], ["delivered", order.delivered_at], ["active", order.active_at]];
    return [...list, [is_over ? order.state : "released", is_over ? order.ended : null]];
}

/** The life of an order: {el, update(order)}. */
export function life() {
    const el = h("ol.life", { "aria-label": t("Life of the order") });
    return {
        el,
        update(order) {
            let before = NaN;
            const ended_early = ["rejected", "cancelled"].includes(order.state);
            put(el, stations(order).filter(([, at], i, all) => at || !ended_early || i === all.length - 1).map(([name, iso]) => {
                const at = format.moment(iso);
                const took = Number.isFinite(at) && Number.isFinite(before) && at - before >= 1000 ? t`after ${format.duration((at - before) / 1000)}` : "";
                if (Number.isFinite(at)) before = at;
                const expected = !iso && name === "delivered" && order.promised ? t`promised ${format.date(format.moment(order.promised))}`
                    : !iso && name === "ordered" && order.wanted ? t`wanted by ${format.date(format.moment(order.wanted))}`
                    : !iso && name === "released" && order.until ? t`until ${format.date(format.moment(order.until))}` : "";
                const done = iso ? (["rejected", "cancelled"].includes(name) ? "bad" : "done") : "ahead";
                return h("li.life-step", { class: `life-step ${done}`, "aria-label": `${name}: ${iso ? format.exact(at) : expected || t("not yet")}` },
                    h("span.life-name", null, name), h("span.life-time", null, iso ? format.date(at) : expected || "–"), took ? h("span.life-time", null, took) : null);
            }));
        },
    };
}
