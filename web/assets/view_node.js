// view_node.js - one machine: its devices, what runs there, and a curve for each device.

import * as api from "./api.js";
import { chart, scale, scale_binary } from "./chart.js";
import { h, keyed, put, say, show } from "./dom.js";
import * as format from "./format.js";
import { running_row } from "./job_rows.js";
import * as live from "./live.js";
import { empty } from "./parts.js";
import { pool } from "./pool.js";
import { usage_of } from "./usage.js";
import { t } from "./words.js";

const SPAN_MS = 15 * 60 * 1000, LEAST_MS = 60 * 1000;
const READINGS = [
    { key: "busy_milli", title: "busy", className: "gpu", text: (v) => `${Math.round(v)} %`, map: (v, device) => (100 * v) / Math.max(1, device?.milli ?? 1000), scaler: () => ({ top: 100, step: 50 }) },
    { key: "mem_mib", title: "memory", className: "mem", text: format.mib, scaler: scale_binary, least: 256 },
    { key: "power_mw", title: "power", className: "cpu", text: (v) => t`${format.count(v)} W`, map: (v) => v / 1000, scaler: scale, least: 100 },
    { key: "temp_c", title: "temperature", className: "gpumem", text: (v) => t`${format.count(v)} °C`, scaler: scale, least: 100 },
];

/** Curves of one device; readings that it does not have are not shown. */
function device_curves(name) {
    const charts = READINGS.map((r) => ({ ...r, chart: chart({ label: `${name}, ${t(r.title)}`, height: 104, text: r.text, scaler: r.scaler, least: r.least }), now: h("b.num") }));
    const boxes = charts.map((c) => h("div.curve-box", null, h("h4", null, t(c.title), c.now), c.chart.el));
    return {
        el: h("div.device-curves", null, h("h3.mono", null, name), h("div.curves.four", null, boxes)),
        update({ points, device, from, to }) {
            charts.forEach((c, i) => {
                const values = points.map((p) => [p.at, p[c.key] >= 0 && p[c.key] !== null ? (c.map ? c.map(p[c.key], device) : p[c.key]) : null]);
                const last = values.findLast((v) => v[1] !== null);
                show(boxes[i], !!last);
                if (!last) return;
                c.chart.update({ series: [{ name: c.title, className: c.className, area: true, points: values }], from, to });
                say(c.now, c.text(last[1]));
            });
        },
    };
}

export function node_page({ args: [name], who }) {
    const names = new Map(), rows = new Set();
    const path = `/v1/nodes/${encodeURIComponent(name)}`;
    const usage = usage_of(path);
    let node = null;
    const tiles = pool((id) => names.get(id) ?? "", who.can("operator"));
    const running = h("ul.rows"), idle = empty(t("Nothing runs here."), "");
    const curves = h("div");
    const missing = h("section.panel", { hidden: true });
    const body = h("div.job-page.node-page", null,
        h("section.panel", null, h("header.panel-head", null, h("h1", null, h("span.muted", null, t("Node ")), h("span.mono", null, name))), tiles.el),
        h("section.panel", { "aria-labelledby": "node-jobs" }, h("header.panel-head", null, h("h2", { id: "node-jobs" }, t("Running here"))), idle, running),
        h("section.panel", { "aria-labelledby": "node-curves" }, h("header.panel-head", null, h("h2", { id: "node-curves" }, t("Devices over time")), h("span.muted.panel-aside", null, t("the last 15 minutes"))), curves));
    const watches = [live.watch({
        topics: ["nodes", "jobs"], every_ms: 15000, least_ms: 1000,
        async run(signal) {
            try {
                node = await api.get(path, signal);
            } catch (error) {
                if (error.kind !== "refused") throw error;
                put(missing, h("h1", null, error.status === 404 ? t`There is no node ${name}` : t("The node cannot be shown")), h("p", null, error.message), h("p", null, h("a", { href: "#/" }, t("Overview"))));
                show(missing, true);
                show(body, false);
                return;
            }
            const here = ((await api.get("/v1/jobs?state=running,starting&limit=200", signal)).items ?? []).filter((job) => (job.node ?? "").split(",").includes(name));
            for (const job of here) names.set(job.id, job.name);
            tiles.update([node]);
            show(idle, here.length === 0);
            keyed(running, here, (job) => job.id, () => {
                const row = running_row(null, () => 0);
                rows.add(row);
                row.gone = () => rows.delete(row);
                return row;
            });
        },
    }), live.watch({
        every_ms: 4000,
        async run(signal) {
            const answer = await usage(SPAN_MS / 1000, signal).catch((error) => { if (error.kind !== "refused") throw error; return null; });
            const to = api.now(), oldest = Math.min(...(answer?.devices ?? []).map((d) => d.points[0]?.at ?? to));
            const from = Math.max(to - SPAN_MS, Math.min(oldest, to - LEAST_MS)); // a young service fills the width with what it has
            const devices = new Map((node?.devices ?? []).map((d) => [d.name, d]));
            const found = (answer?.devices ?? []).map((d) => ({ name: d.name, device: devices.get(d.name), from, to, points: d.points.filter((p) => p.at >= from) }));
            keyed(curves, found, (d) => d.name, (d) => device_curves(d.name));
        },
    })];
    const stop = live.every_second(() => rows.forEach((row) => row.tick(api.now())));
    return { el: h("div", null, missing, body), title: name, leave: () => { stop(); watches.forEach((w) => w.stop()); } };
}
