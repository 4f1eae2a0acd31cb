// plan_words.js - what a plan says, in words: orders, who came second, what binds, what if.  Pure: document in, text out.

import * as format from "./format.js";
import { contract, devices } from "./order_parts.js";

const SOURCES = { held: "held", ordered: "this plan", as_needed: "as needed" };
const COLOURS = { owned: "mem", reserved: "gpu", on_demand: "cpu", spot: "gpumem" };
const TEXTURES = { held: "none", ordered: "slant", as_needed: "dots" };

const usd = format.dollars;

/** Layers of supply as the drawing stacks them: what is sure at the bottom. */
export function layers(plan) {
    return (plan.supply ?? []).map((each) => ({
        name: `${contract(each.contract)} (${SOURCES[each.source] ?? format.state(each.source)})`, className: COLOURS[each.contract] ?? "gpu", texture: TEXTURES[each.source] ?? "none", values: each.devices ?? [],
    }));
}

/** Sum over classes of [mean, low, high], by period. */
export function total_demand(plan) {
    const sum = [];
    for (const each of plan.forecasts ?? [])
        (each.periods ?? []).forEach((values, t) => {
            sum[t] ??= [0, 0, 0];
            values.forEach((value, i) => { sum[t][i] += value; });
        });
    return sum;
}

export const ordered = (order) => `${format.count(order.count)} × ${order.instance_type}`;

export function runner_up(plan, runner) {
    const order = plan.orders?.[runner.order];
    const than = order ? `${ordered(order)} of ${order.supplier}` : `order ${runner.order}`;
    return `Instead of ${than}: ${runner.instance_type} of ${runner.supplier} (${devices(runner)}, ${contract(runner.contract)}) lost. To be chosen it would have to be ${usd(runner.too_dear_by_usd_per_device_hour)} cheaper per device and hour.`;
}

export function bind(each) {
    const gain = format.known(each.gain) ? usd(each.gain) : "some";
    switch (each.limit) {
    case "budget": return `The budget binds: one dollar more would save ${gain}.`;
    case "budget_per_period": return `The budget of period ${format.count(each.period + 1)} binds: one dollar more would save ${gain}.`;
    case "supplier_share": return `The largest share of ${each.supplier} binds: one point more would save ${gain}.`;
    case "capacity": return `What ${each.supplier} has of ${each.instance_type} binds: one instance more would save ${gain}.`;
    case "unmet": return `Class ${each.class}: to leave some of it unmet costs less than to serve it, or nobody can.`;
    default: return `${format.state(each.limit)} binds.`;
    }
}

export const what_if = (each) => `${each.what}: ${usd(each.upper_bound)} with ${format.plural(each.orders, "order")}${each.unmet > 0 ? `, ${format.amount(100 * each.unmet)} % of demand unmet` : ""}.`;

/** How sure the answer is. */
export const proof = (plan) => (plan.proven && plan.gap < 1e-6 ? "no plan can cost less" : plan.proven ? `within ${format.amount(100 * plan.gap)} % of the best that can be` : `at most ${format.amount(100 * plan.gap)} % above the best; the time was over`);
