// view_order.js - one order: its life, its machines and what the inspection said, its story, who used it.

import * as api from "./api.js";
import { h, put, say, show } from "./dom.js";
import * as format from "./format.js";
import { contract, devices, life, place, terms, what } from "./order_parts.js";
import { deed, facts, link_plan, panel, table, watching } from "./panels.js";
import { badge } from "./parts.js";
import { t } from "./words.js";

const CANCELLABLE = ["planned", "approved", "ordered"], HELD = ["delivered", "inspected", "active"];

function deeds(order, who) {
    const path = `/v1/orders/${encodeURIComponent(order.id)}`, all = [];
    const whole = !who.project;
    if (order.state === "planned" && who.can("admin") && whole)
        all.push(deed(t("Approve"), { path: `${path}/approve`, topic: "order", primary: true, title: t`Approve order ${order.id}?`, text: t`${what(order)} from ${order.supplier}: ${terms(order.offer)}. The service buys it.`, action: t("Approve and buy"), done: t("Approved.") }));
    if (CANCELLABLE.includes(order.state) && who.can("operator") && whole)
        all.push(deed(t("Cancel order"), { path: `${path}/cancel`, topic: "order", danger: true, title: t`Cancel order ${order.id}?`, text: t("Nothing was delivered yet. What the supplier asks for that is due all the same."), action: t("Cancel the order"), done: t("Cancelled.") }));
    if (HELD.includes(order.state) && !order.leaving && who.can("operator") && whole)
        all.push(deed(t("Give back"), { path: `${path}/release`, topic: "order", danger: true, title: t`Give back order ${order.id}?`, text: t("Its machines leave the pool. Refused while jobs run there."), action: t("Give it back"), done: t("It is being given back.") }));
    return all;
}

const facts_of = (order) => [
    [t("Supplier"), order.supplier], [t("What"), t`${what(order)} of ${devices(order.offer ?? {})}`], [t("Contract"), contract(order.offer?.contract)], [t("Where"), place(order.offer ?? {})], [t("Price"), terms(order.offer ?? {})],
    [t("Delivered"), t`${format.count(order.delivered)} of ${format.count(order.count)}${order.lost ? t`, ${format.count(order.lost)} lost` : ""}`],
    [t("Cost so far"), format.money(order.accrued_uusd ?? order.cost_uusd)], [t("Of it unused"), format.money(order.idle_uusd)], [t("Due to the supplier"), format.money(order.cash_uusd)],
    [t("Project"), order.project], [t("Approved by"), order.approved_by], [t("Until"), order.until ? format.date(format.moment(order.until)) : ""], [t("Supplier's reference"), order.reference]];

export function order_page({ args: [id], who }) {
    const state = badge(), title = h("h1", null, t`Order ${id}`), buttons = h("span.deeds"), plan = h("span");
    const line = life(), list = facts(), reason = h("p.job-reason-line", { hidden: true });
    const machines = table(t("Machines"), [t("Slot"), t("Machine"), t("Address"), t("Inspection"), t("Gone")], (each) => String(each.slot), (each) => [
        String(each.slot), h("span.mono", null, each.id), each.address ?? "", each.verdict ?? t("not yet"), each.gone ? format.date(format.moment(each.gone)) : ""]);
    const story = table(t("Story"), [t("When"), t("What"), t("By"), t("Words")], (each) => `${each.time} ${each.kind} ${each.text}`, (each) => [format.date(format.moment(each.time)), format.state(each.kind), each.by ?? t("the service"), format.prose(each.text)]);
    const used = table(t("Used by"), [t("Project"), t("#Cost")], (each) => each.project, (each) => [each.project, format.money(each.uusd)]);
    const p_machines = panel(t("Machines"), machines.el), p_story = panel(t("Story"), story.el), p_used = panel(t("Used by"), used.el);
    let shown = "";
    const watch = watching({
        topics: ["order"], every_ms: 10000,
        async run(signal) {
            const order = await api.get(`/v1/orders/${encodeURIComponent(id)}`, signal);
            state.update(order.state);
            const which = `${order.state} ${order.leaving}`;
            if (which !== shown) put(buttons, deeds(order, who));
            shown = which;
            put(plan, order.plan ? [t("from "), h("a", { href: link_plan(order.plan) }, t`plan ${order.plan}`)] : null);
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
        h("p", null, h("a", { href: "#/supply" }, t("All orders"))));
    return { el, title: t`Order ${id}`, leave: watch.stop };
}
