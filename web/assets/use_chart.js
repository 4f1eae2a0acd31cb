// use_chart.js - utilisation of the pool over time: of a few nodes added up from their curves, of many as the service adds them up.

import * as api from "./api.js";
import { chart, legend } from "./chart.js";
import { h } from "./dom.js";
import * as format from "./format.js";
import { usage_of } from "./usage.js";
import { t } from "./words.js";

const STEP_S = 60; // of many nodes: minutes are ready to be read, rows of thousands of devices are not
const COLUMNS = 240;
const LEAST_MS = 60000;
export const RANGES = [["5m", 300, t("5 min")], ["15m", 900, t("15 min")], ["1h", 3600, t("1 h")]];

export const SERIES = [
    { name: "GPU", className: "gpu", area: true },
    { name: "CPU", className: "cpu" },
    { name: t("Memory"), className: "mem" },
];

/** Points of many nodes to shares in percent, in columns of time. */
export function shares(nodes, usages, from, to) {
    const width = Math.max(1000, (to - from) / COLUMNS);
    const columns = new Map();
    usages.forEach((usage, n) => {
        const node = nodes[n];
        const gpus = (node.devices ?? []).filter((d) => d.kind !== "cpu");
        const gpu_milli = gpus.reduce((sum, d) => sum + d.milli, 0);
        for (const point of usage.points ?? []) {
            const at = Math.floor(point.at / width);
            if (!(at * width >= from - width)) continue;
            const column = columns.get(at) ?? new Map();
            columns.set(at, column);
            // Of several readings of a node in one column the newest counts.
            column.set(n, [point.gpu_milli, gpu_milli, point.cpu_milli, node.cpu_milli, point.mem_mib, node.mem_mib]);
        }
    });
    const times = [...columns.keys()].sort((a, b) => a - b);
    const share = (part, all) => times.map((at) => {
        let used = 0, most = 0;
        for (const values of columns.get(at).values())
            if (values[part] >= 0 && values[all] > 0) {
                used += values[part];
                most += values[all];
            }
        return [at * width, most > 0 ? Math.min(100, (100 * used) / most) : null];
    });
    return [share(0, 1), share(2, 3), share(4, 5)];
}

/** The answer of /v1/series as shares of `whole` in percent.  Pure. */
export function series_shares(answer, whole) {
    const from = format.moment(answer?.from), step_ms = 1000 * (answer?.step_s ?? 0);
    return (answer?.groups?.[0]?.values ?? []).map((value, i) => [from + (i + 0.5) * step_ms, value === null || !(whole > 0) ? null : Math.min(100, (100 * value) / whole)]);
}

/** {el, set_range(name), refresh(nodes, signal), refresh_many(capacity, signal)} */
export function use_chart(range, on_range) {
    let span_s = 0;
    const text = (value) => `${Math.round(value)} %`;
    const lines = chart({ label: t("Utilisation of the pool"), height: 208, text, scaler: () => ({ top: 100, step: 25 }), empty: t("No readings yet: they appear soon after the service has started.") });
    const words = legend(SERIES);
    const buttons = RANGES.map(([name, , label]) => h("button.segment", { type: "button", "data-range": name, onclick: () => on_range(name) }, label));
    const set_range = (name) => {
        span_s = (RANGES.find((r) => r[0] === name) ?? RANGES[1])[1];
        RANGES.forEach(([key, seconds], i) => buttons[i].setAttribute("aria-pressed", seconds === span_s ? "true" : "false"));
    };
    set_range(range);

    const readers = new Map();
    function newest(name, signal) {
        if (!readers.has(name)) readers.set(name, usage_of(`/v1/nodes/${encodeURIComponent(name)}`));
        return readers.get(name)(span_s, signal);
    }

    function draw(values, has_gpu, from, to) {
        const series = SERIES.map((s, i) => ({ ...s, points: i === 0 && !has_gpu ? [] : values[i].filter((p) => p[0] >= from) }));
        if (!has_gpu) series[1].area = true;
        lines.update({ series, from, to });
        words.update(series, text);
    }

    return {
        el: h("div", null, h("div.chart-head", null, words.el, h("div.segments", { role: "group", "aria-label": t("Span of time") }, buttons)), lines.el),
        set_range,
        async refresh(nodes, signal) {
            const usages = await Promise.all(nodes.map((node) => newest(node.name, signal)));
            const to = api.now();
            // A young service fills the width with what it has.
            const oldest = Math.min(...usages.map((usage) => usage.points[0]?.at ?? to));
            const from = Math.max(to - span_s * 1000, Math.min(oldest, to - LEAST_MS));
            draw(shares(nodes, usages, from, to), nodes.some((node) => (node.devices ?? []).some((d) => d.kind !== "cpu")), from, to);
        },
        async refresh_many(capacity, signal) {
            const to = api.now(), from = to - span_s * 1000;
            const ask = (reading, more) => api.get(`/v1/series?reading=${reading}&step_s=${STEP_S}&from=${new Date(from).toISOString()}${more}`, signal);
            const answers = await Promise.all([ask("busy", ""), ask("busy", "&device=cpu&agg=sum"), ask("mem_used", "&device=cpu&agg=sum")]);
            const wholes = [1000, capacity.cpu_milli, capacity.mem_mib];
            draw(answers.map((answer, i) => series_shares(answer, wholes[i])), capacity.gpu_milli > 0, from, to);
        },
    };
}
