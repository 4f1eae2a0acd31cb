// view_energy.js - what the devices of jobs used: joules and CO2 by project, user, kind, supplier, job or day, the grids behind it, and what
// power caps and sleep saved.

import * as api from "./api.js";
import { h, say, show } from "./dom.js";
import * as format from "./format.js";
import { carbon, energy } from "./job_power.js";
import { panel, segments, share_bar, table, watching } from "./panels.js";
import { empty, link_job } from "./parts.js";
import { t } from "./words.js";

const SHOWN = 100;
const BY = [["", "project"], ["user", "user"], ["kind", "kind"], ["supplier", "supplier"], ["job", "job"], ["day", "day"]];

/** Mean power while devices were held, in watts. */
export const mean_watts = (item) => (item.device_s > 0 ? item.energy_j / item.device_s : NaN);

const signed = (joules) => (joules < 0 ? `−${energy(-joules)}` : energy(joules));

/** What caps and sleep saved, a sentence each; "" where there is nothing to say. */
export function savings_text({ caps, sleep } = {}) {
    const texts = [];
    if (caps?.avoided_j > 0 || caps?.spent_j > 0) texts.push(t`Power caps saved ${signed(caps.saved_j)}; devices worked ${format.amount(caps.slowed_device_s / 3600)} h longer.`);
    if (sleep?.avoided_j > 0 || sleep?.spent_j > 0) texts.push(t`Sleep saved ${signed(sleep.saved_j)} in ${format.amount(sleep.asleep_s / 3600)} h of nodes; ${format.percent(sleep.assumed_j, sleep.avoided_j)} of it by assumed watts.`);
    return texts.join(" ");
}

export function energy_page({ query, go }) {
    const by = BY.some(([value]) => value === query.get("by")) ? query.get("by") : "";
    let top = 1;
    const key_of = (item) => (by === "job" && item.key ? h("a", { href: link_job(item.key) }, item.key) : item.key || (by === "supplier" ? t("this machine") : "–"));
    const sheet = table(t("Energy"), [t(BY.find(([value]) => value === by)[1]), "", `#${t("Energy")}`, t("Share"), "#CO2", `#${t("Device-hours")}`, `#${t("Mean power of a device")}`, `#${t("Saved by caps")}`], (item) => `${item.key}`, (item) => [
        h("b", null, key_of(item)), [item.name, item.project, item.user].filter((text) => text && text !== item.key).join(" · "), energy(item.energy_j), share_bar(item.energy_j, top, format.percent(item.energy_j, top)),
        carbon(item.co2_g), format.amount(item.device_s / 3600), Number.isFinite(mean_watts(item)) ? t`${format.count(mean_watts(item))} W` : "–", item.saved_j ? signed(item.saved_j) : "–"]);
    const grids = table(t("Grids"), [t("Region"), t("Grid"), `#${t("CO2 per kWh")}`, `#${t("Energy")}`, t("Source")], (grid) => `${grid.region} ${grid.name}`, (grid) => [grid.region || "–", grid.name, `${format.count(grid.g_per_kwh)} g`, energy(grid.energy_j), grid.source]);
    const total = h("p.big"), saved = h("p"), none = empty(t("No energy was counted in this time."), t("Attempts count when they end, where devices tell their power or their energy."));
    show(none, false);
    const used = panel(t("Energy"), segments(t("Energy by"), BY, by, (value) => go({ by: value })), total, saved, none, sheet.el), behind = panel(t("Grids"), grids.el);
    const watch = watching({
        topics: ["jobs"], every_ms: 60000, least_ms: 10000,
        async run(signal) {
            const answer = await api.get(`/v1/energy?limit=${SHOWN}${by ? `&by=${by}` : ""}`, signal);
            const items = answer.items ?? [];
            top = answer.total?.energy_j || 1;
            say(used.aside, t`from ${answer.from} to before ${answer.to}, UTC`);
            say(total, items.length ? `${energy(answer.total.energy_j)} · ${carbon(answer.total.co2_g)} CO2` : "");
            say(saved, savings_text(answer.savings));
            sheet.update(answer.others?.energy_j > 0 ? [...items, { ...answer.others, key: t("all others") }] : items);
            grids.update(answer.grids ?? []);
            for (const [el, is_there] of [[sheet.el, items.length], [none, !items.length], [behind.el, (answer.grids ?? []).length]]) show(el, is_there);
        },
    });
    used.el.append(watch.el);
    return { el: h("div.stack-page", null, h("h1.visually-hidden", null, t("Energy")), used.el, behind.el), title: t("Energy"), leave: watch.stop };
}
