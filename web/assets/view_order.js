// view_order.js - one order: its life, its machines and what the inspection said, its story, who used it.

import * as api from "./api.js";
import { h, put, say, show } from "./dom.js";
import * as format from "./format.js";
import { contract, devices, life, place, terms, what } from "./order_parts.js";
import { deed, facts, link_plan, panel, table, watching } from "./panels.js";
import { badge } from "./parts.js";

const CANCELLABLE = ["planned", "approved", "ordered"], HELD = ["delivered", "inspected", "active"];

function deeds(order, who) {
    const path = `/v1/orders/${encodeURIComponent(order.id)}`, all = [];
    const whole = !who.project;
    if (order.state === "planned" && who.can("admin") && whole)
        all.push(deed("Approve", { path: `${path}/approve`, topic: "order", primary: true, title: `Approve order ${order.id}?`, text: `${what(order)} from ${order.supplier}: ${terms(order.offer)}. The service buys it.`, action: "Approve and buy", done: "Approved." }));
    if (CANCELLABLE.includes(order.state) && who.can("operator") && whole)
        all.push(deed("Cancel order", { path: `${path}/cancel`, topic: "order", danger: true, title: `Cancel order ${order.id}?`, text: "Nothing was delivered yet. What the supplier asks for that is due all the same.", action: "Cancel the order", done: "Cancelled." }));
    if (HELD.includes(order.state) && !order.leaving && who.can("operator") && whole)
        all.push(deed("Give back", { path: `${path}/release`, topic: "order", danger: true, title: `Give back order ${order.id}?`, text: "Its machines leave the pool. Refused while jobs run there.", action: "Give it back", done: "It is being given back." }));
    return all;
}

const facts_of = (order) => [
    ["Supplier", order.supplier], ["What", `${what(order)} of ${devices(order.offer ?? {})}`], ["Contract", contract(order.offer?.contract)], ["Where", place(order.offer ?? {})], ["Price", terms(order.offer ?? {})],
    ["Delivered", `${format.count(order.delivered)} of ${format.count(order.count)}${order.lost ? `, ${format.count(order.lost)} lost` : ""}`],
    ["Cost so far", format.money(order.accrued_uusd ?? order.cost_uusd)], ["Of it unused", format.money(order.idle_uusd)], ["Due to the supplier", format.money(order.cash_uusd)],
    ["Project", order.project], ["Approved by", order.approved_by], ["Until", order.until ? format.date(format.moment(order.until)) : ""], ["Supplier's reference", order.reference]];

export function order_page({ args: [id], who }) {
    const state = badge("planned"), title = h("h1", null, `Order ${id}`), buttons = h("span.deeds"), plan = h("span");
    const line = life(), list = facts(), reason = h("p.job-reason-line", { hidden: true });
    const machines = table("Machines", ["Slot", "Machine", "Address", "Inspection", "Gone"], (each) => String(each.slot), (each) => [
        String(each.slot), h("span.mono", null, each.id), each.address ?? "", each.verdict ?? "not yet", each.gone ? format.date(format.moment(each.gone)) : ""]);
    const story = table("Story", ["When", "What", "By", "Words"], (each) => `${each.time} ${each.kind} ${each.text}`, (each) => [format.date(format.moment(each.time)), format.state(each.kind), each.by ?? "the service", format.prose(each.text)]);
    const used = table("Used by", ["Project", "#Cost"], (each) => each.project, (each) => [each.project, format.money(each.uusd)]);
    const p_machines = panel("Machines", machines.el), p_story = panel("Story", story.el), p_used = panel("Used by", used.el);
    let shown = "";
    const watch = watching({
        topics: ["order"], every_ms: 10000,
        async run(signal) {
            const order = await api.get(`/v1/orders/${encodeURIComponent(id)}`, signal);
            state.update(order.state);
            const which = `${order.state} ${order.leaving}`;
            if (which !== shown) put(buttons, deeds(order, who));
            shown = which;
            put(plan, order.plan ? ["from ", h("a", { href: link_plan(order.plan) }, `plan ${order.plan}`)] : null);
            line.update(order);
            list.update(facts_of(order));
            say(reason, [order.cause ? `${format.state(order.cause)}: ` : "", format.prose(order.reason ?? "")].join(""));
            show(reason, order.reason || order.cause);
            for (const [sheet, place_of, items] of [[machines, p_machines, order.instances], [story, p_story, order.story], [used, p_used, order.used]]) {
                sheet.update(items ?? []);
                show(place_of.el, items?.length);
            }
        },
    });
    for (const each of [p_machines, p_story, p_used]) show(each.el, false);
    const el = h("div.stack-page", null, h("section.panel", null, h("header.panel-head.page-head", null, title, state.el, plan, buttons), watch.el, reason, line.el, h("hr.quiet"), list.el), p_machines.el, p_story.el, p_used.el,
        h("p", null, h("a", { href: "#/supply" }, "All orders")));
    return { el, title: `Order ${id}`, leave: watch.stop };
}
