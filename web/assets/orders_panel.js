// orders_panel.js - orders, newest first: state, what, from whom, what it has cost, and why it ended.

import * as api from "./api.js";
import { h, say, show } from "./dom.js";
import * as format from "./format.js";
import { contract, devices, what } from "./order_parts.js";
import { link_order, panel, segments, table, watching } from "./panels.js";
import { badge, empty } from "./parts.js";
import { t } from "./words.js";

const SHOWN = 25;
const OPEN = "planned,approved,ordered,delivered,inspected,active";
const CHOICES = [["", "all"], [OPEN, "open"], ["planned", t("to approve")], ["active", "active"], ["released,rejected,cancelled", "over"]];

export function orders_panel(query, go) {
    const state = query.get("orders") ?? "";
    const sheet = table(t("Orders"), [t("State"), t("Order"), t("What"), t("#Cost so far"), t("Contract"), t("Supplier"), t("Newest change"), t("Reason")], (order) => order.id, (order) => [
        badge(order.state).el, h("a", { href: link_order(order.id) }, `#${order.id}`), h("span", null, what(order), h("span.muted", null, t` of ${devices(order.offer ?? {})}`)),
        format.money(order.accrued_uusd ?? order.cost_uusd), contract(order.offer?.contract), order.supplier,
        format.date(Math.max(...["created", "approved", "ordered", "delivered_at", "active_at", "ended"].map((key) => format.moment(order[key])).filter(Number.isFinite))), order.reason ?? ""]);
    const none = empty(state ? t("No order is like that.") : t("Nothing was ordered yet."), state ? "" : t("A plan makes orders, or you make one by hand:"), ...(state ? [] : ["fastgpu plan create", "fastgpu order create --help"]));
    show(none, false);
    const { el, aside } = panel(t("Orders"), segments(t("State of orders"), CHOICES, state, (value) => go({ orders: value })), none, sheet.el);
    const watch = watching({
        topics: ["order", "plan"], every_ms: 15000,
        async run(signal) {
            const answer = await api.get(`/v1/orders?limit=${SHOWN}${state ? `&state=${encodeURIComponent(state)}` : ""}`, signal);
            const items = answer.items ?? [];
            sheet.update(items);
            show(sheet.el, items.length > 0);
            show(none, items.length === 0);
            say(aside, answer.next ? t`the newest ${SHOWN}` : "");
        },
    });
    el.append(watch.el);
    return { el, stop: watch.stop };
}
