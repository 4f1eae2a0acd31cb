// pool_columns.js - the answer of /v1/pool-map as typed columns, and what each device looks like.  Pure.
//
//     /v1/pool-map --> columns --look(mode)--> one small code a device --> map_canvas.js, map_legend.js
//
// A code says all that is drawn: level or letter, and what is the matter with the node.  Two devices with the same code are
// drawn by the same sprite, and a device is drawn anew only when its code has changed.

import * as format from "./format.js";
import { t } from "./words.js";

export const LEVELS = 5;
export const UNKNOWN = 30, LETTER = 8, LETTERS = 12;
export const DRAINS = 64, DOWN = 128, OTHERS = 256, SUSPECT = 512, BROKEN = 1024;
const SEVERAL = -2, NOT_OURS = -3;

/** How devices can be coloured: [mode, word]. */
export const MODES = [["granted", "granted"], ["busy", "busy"], ["mem", t("memory in use")], ["power", "power"], ["temp", "temperature"], ["health", "health"], ["project", "project"]];

/** Columns with one entry a device; `node` is the place of its node. */
export function columns(answer) {
    const { pool, readings } = answer, { nodes, devices } = pool;
    const len = devices.kind.length;
    const node = new Uint32Array(len), index = new Uint8Array(len), first = new Uint32Array(nodes.name.length);
    for (let n = 0, at = 0; n < nodes.name.length; n++) {
        first[n] = at;
        for (let i = 0; i < nodes.devices[n]; i++, at++) {
            node[at] = n;
            index[at] = i;
        }
    }
    const int = (values) => Int32Array.from(values);
    return {
        len, node, index, first, nodes, kinds: pool.kinds, suppliers: pool.suppliers, sites: pool.sites, projects: pool.projects,
        kind: int(devices.kind), used: int(devices.used_milli), state: int(devices.state), project: int(devices.project),
        busy: int(readings.busy_milli), mem: int(readings.mem_mib), power: int(readings.power_mw), temp: int(readings.temp_c),
    };
}

/** What a device is called, as everywhere. */
export const device_name = (map, i) => (map.kind[i] === map.kinds.length - 1 ? "cpu" : `${map.kinds[map.kind[i]]}-${map.index[i]}`);

/** Projects by the devices they hold, the largest first; at most LETTERS of them have a letter of their own. */
export function lettered(map) {
    const held = new Map();
    for (const project of map.project) if (project >= 0) held.set(project, (held.get(project) ?? 0) + 1);
    const order = [...held].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map((pair) => pair[0]);
    return new Map(order.map((project, i) => [project, Math.min(i, LETTERS - 1)]));
}

const round_up = (value) => {
    const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
    return [1, 2, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value) * power;
};
const highest = (values) => values.reduce((top, value) => Math.max(top, value), 0);

/** For a mode: {edges, text(value), value(i)}; edges are the upper ends of the levels 0 .. LEVELS. */
export function scale_of(map, mode) {
    const fifths = (top) => Array.from({ length: LEVELS }, (_, k) => (top * k) / LEVELS);
    const share = { edges: fifths(1000), text: (v) => format.percent(v, 1000) };
    // Of cores, what is busy counts in cores: no share without knowing how many there are.
    const is_cpu = (i) => map.kind[i] === map.kinds.length - 1;
    switch (mode) {
    case "busy": return { ...share, value: (i) => (is_cpu(i) ? -1 : map.busy[i]) };
    case "mem": return { edges: fifths(round_up(highest(map.mem))), text: format.mib, value: (i) => (is_cpu(i) ? -1 : map.mem[i]) };
    case "power": return { edges: fifths(round_up(highest(map.power) / 1000) * 1000), text: (v) => t`${format.count(v / 1000)} W`, value: (i) => map.power[i] };
    case "temp": return { edges: [0, 40, 55, 70, 80], text: (v) => t`${format.count(v)} °C`, value: (i) => map.temp[i] };
    case "health": return { edges: [0, 200, 500, 800, 950], text: (v) => format.percent(v, 1000), value: (i) => map.nodes.health_milli[map.node[i]] };
    default: return { ...share, value: (i) => map.used[i] };
    }
}

/** The level of a value: 0 nothing at all, 1 .. LEVELS. */
export function level_of(edges, value) {
    if (value < 0) return UNKNOWN;
    let level = 0;
    while (level < LEVELS && value > edges[level]) level++;
    return level;
}

/** What is the matter with the node, as a flag. */
const trouble = { up: 0, draining: DRAINS, drained: DRAINS, down: DOWN };

/** One code a device. */
export function looks(map, mode) {
    const codes = new Uint16Array(map.len);
    const { edges, value } = scale_of(map, mode);
    const letters = mode === "project" ? lettered(map) : null;
    for (let i = 0; i < map.len; i++) {
        const project = map.project[i];
        let code = letters ? (project >= 0 ? LETTER + letters.get(project) : project === SEVERAL ? LETTER + LETTERS : 0) : level_of(edges, value(i));
        if (project === NOT_OURS) code |= OTHERS;
        const state = trouble[map.nodes.state[map.node[i]]] ?? 0;
        const own = [0, SUSPECT, BROKEN][map.state[i]] ?? 0;
        codes[i] = state === DOWN ? DOWN : own === BROKEN ? BROKEN : code | state | own; // of what is down or broken nothing else matters
    }
    return codes;
}

/** What a code means, in words. */
export function code_words(map, mode, code) {
    const scale = scale_of(map, mode), base = code & 63;
    const words = [];
    if (code & DOWN) return t("node down");
    if (code & BROKEN) return t("device broken");
    if (code & SUSPECT) words.push(t("device suspect"));
    if (code & DRAINS) words.push(t("node draining"));
    if (code & OTHERS) words.push(t("work that is not ours"));
    if (base === UNKNOWN) words.push(t("no reading"));
    else if (base === LETTER + LETTERS) words.push(t("several projects"));
    else if (base >= LETTER) {
        const of = [...lettered(map)].filter(([, at]) => at === base - LETTER).map(([project]) => map.projects[project] ?? "?");
        words.push(of.length > 1 ? t`${of.length} other projects` : of[0] ?? "?");
    } else if (mode === "project") words.push(code & OTHERS ? "" : t("held by nobody"));
    else if (base === 0) words.push(mode === "granted" ? t("free") : scale.text(0));
    else words.push(base === LEVELS ? t`over ${scale.text(scale.edges[base - 1])}` : t`up to ${scale.text(scale.edges[base])}`);
    return words.filter(Boolean).join(" · ");
}

/** All that is known of a device, in one line. */
export function device_words(map, i) {
    const n = map.node[i], { nodes } = map;
    const holder = { [SEVERAL]: t("several projects"), [NOT_OURS]: t("work that is not ours") }[map.project[i]] ?? (map.project[i] >= 0 ? t`project ${map.projects[map.project[i]] ?? "?"}` : "");
    const is_cpu = device_name(map, i) === "cpu";
    return [`${nodes.name[n]} ${device_name(map, i)}`,
        map.used[i] > 0 ? t`${format.percent(map.used[i], 1000)} granted` : t("free"),
        map.busy[i] >= 0 ? (is_cpu ? t`${format.milli(map.busy[i])} cores busy` : t`${format.percent(map.busy[i], 1000)} busy`) : "",
        map.mem[i] >= 0 ? t`${format.mib(map.mem[i])} in use` : "",
        map.power[i] >= 0 ? t`${format.count(map.power[i] / 1000)} W` : "",
        map.temp[i] >= 0 ? t`${format.count(map.temp[i])} °C` : "",
        holder,
        ["", t("device suspect"), t("device broken")][map.state[i]],
        nodes.state[n] === "up" ? "" : `${format.state(nodes.state[n])}${nodes.reason[n] ? `: ${nodes.reason[n]}` : ""}`,
        nodes.health_milli[n] < 1000 ? t`health ${format.percent(nodes.health_milli[n], 1000)}` : ""].filter(Boolean).join(" · ");
}

/** Groups of nodes: [[name, [node...]]...], in the order of their first node. */
export function groups(map, by) {
    const found = new Map();
    map.nodes.name.forEach((_, n) => {
        const place = map.sites[map.nodes.site[n]], supplier = map.suppliers[map.nodes.supplier[n]] || t("this machine");
        const key = by === "site" ? place || t("no site") : by === "kind" ? map.kinds[map.kind[map.first[n]]] : supplier;
        if (!found.has(key)) found.set(key, []);
        found.get(key).push(n);
    });
    return [...found];
}
