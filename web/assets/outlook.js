// outlook.js - a drawing over days: bands, stacked areas and lines, with a mark where the future begins.
//
// A band is {name, className, texture, points: [[ms, low, high], ...]}, a line {name, className, points: [[ms, value], ...]}.
// Stacked areas are bands that lie on each other (`stack`).  Textures tell apart what colour alone would not.

import { h, put, show, svg } from "./dom.js";
import * as format from "./format.js";
import { drawn } from "./frames.js";
import { key as line_key } from "./chart.js";
import { t } from "./words.js";

const RIGHT = 12, TOP = 12, BOTTOM = 24, LETTER = 6.4;
const HOUR_MS = 3600000;
const STEPS_H = [1, 3, 6, 12, 24, 48, 72, 96, 168, 336, 672, 1344, 2688];
const TEXTURES = { slant: "M-2 2L2 -2M0 8L8 0M6 10L10 6", dots: "M1 1h2M5 5h2", none: "" };

let drawings = 0; // patterns need names of their own within the page

const known = (value) => typeof value === "number" && Number.isFinite(value);

function time_ticks(from, to, width) {
    const wanted = Math.max(3, Math.floor(width / 90));
    const step = HOUR_MS * (STEPS_H.find((hours) => (to - from) / (hours * HOUR_MS) <= wanted) ?? STEPS_H.at(-1));
    // Days begin where the reader is, also after summer time has begun or ended.
    const shift = (at) => new Date(at).getTimezoneOffset() * 60000, first = shift(from);
    const ticks = [];
    for (let local = Math.ceil((from - first) / step) * step; ; local += step) {
        const at = local + (step > HOUR_MS ? shift(local + first) : first);
        if (at > to)
            return ticks;
        ticks.push([at, new Date(at).getHours() === 0 || step >= 24 * HOUR_MS ? format.calendar(at) : format.hour(at)]);
    }
}

/** A round step with about four lines above zero, and the first of them that is not below `most`. */
export function scale(most) {
    const wanted = most > 0 ? most : 1, least = wanted / 5;
    const power = 10 ** Math.floor(Math.log10(least));
    const step = power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= least * 0.999);
    return { top: step * Math.ceil((wanted / step) * 0.999), step };
}

/** Values that hold for a whole period each: two points a period, so that the drawing has steps. */
export const steps = (begin, period_ms, values) =>
    values.flatMap((value, i) => [[begin + i * period_ms, ...[value].flat()], [begin + (i + 1) * period_ms, ...[value].flat()]]);

/** Layers {name, className, texture, values} to bands that lie on each other. */
export function stack(begin, period_ms, layers) {
    const under = [];
    return layers.map(({ values, ...layer }) => {
        const points = values.map((value, i) => {
            const low = under[i] ?? 0;
            under[i] = low + (known(value) ? value : 0);
            return [low, under[i]];
        });
        return { ...layer, points: steps(begin, period_ms, points) };
    });
}

/** Unbroken runs of points whose values are known. */
function runs(points) {
    const all = [[]];
    for (const point of points) {
        if (point.slice(1).every(known)) all.at(-1).push(point);
        else all.push([]);
    }
    return all.filter((run) => run.length > 0);
}

/** {el, update({from, to, now, bands, lines}), legend}.  options: {label, height, text(value), told: where the
 * numbers are to be read, tip(ms) -> {title, rows}}. */
export function outlook({ label, height = 240, text = format.amount, told = t(" The numbers are in the table below."), tip = () => null }) {
    const id = `texture-${++drawings}`;
    const drawing = svg("svg.chart", { role: "img", height, "aria-label": label });
    const box = h("div.tip", { hidden: true, "aria-hidden": "true" });
    const keys = h("div.legend");
    const el = h("div.chart-box", null, drawing, box);
    let data = { from: 0, to: 1, bands: [], lines: [] };
    let place = null;

    function patterns() {
        return svg("defs", null, data.bands.map((band, i) => svg("pattern", { id: `${id}-${i}`, width: 8, height: 8, patternUnits: "userSpaceOnUse" },
            svg("rect", { class: `patch ${band.className}`, width: 8, height: 8 }), svg("path", { class: `patch-line ${band.className}`, d: TEXTURES[band.texture] ?? "" }))));
    }

    function draw(width) {
        const most = Math.max(0, ...data.bands.flatMap((b) => b.points.map((p) => p[2]).filter(known)), ...data.lines.flatMap((l) => l.points.map((p) => p[1]).filter(known)));
        const { top, step } = scale(most);
        const values = Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step);
        const left = 14 + LETTER * Math.max(...values.map((value) => text(value).length));
        const x = (at) => left + ((at - data.from) / Math.max(1, data.to - data.from)) * (width - left - RIGHT);
        const y = (value) => TOP + (1 - Math.max(0, Math.min(value, top)) / top) * (height - TOP - BOTTOM);
        place = { x, left, width };
        drawing.setAttribute("width", width);
        drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
        const path = (points, part) => points.map((p) => `${x(p[0]).toFixed(1)} ${y(p[part]).toFixed(1)}`).join("L");
        put(drawing, patterns(),
            data.bands.map((band, i) => runs(band.points).map((run) => svg("path", { class: `${band.texture ? "layer" : "band"} ${band.className}`, fill: band.texture ? `url(#${id}-${i})` : null, d: `M${path(run, 1)}L${path([...run].reverse(), 2)}Z` }))),
            values.map((value) => [svg(value ? "line.grid" : "line.axis", { x1: left, x2: width - RIGHT, y1: y(value), y2: y(value) }), svg("text.tick.end", { x: left - 8, y: y(value) + 3.5 }, text(value))]),
            time_ticks(data.from, data.to, width - left).filter(([at]) => x(at) > left + 14 && x(at) < width - RIGHT - 14).map(([at, words]) => svg("text.tick.mid", { x: x(at), y: height - 6 }, words)),
            data.lines.map((line) => runs(line.points).map((run) => svg("path", { class: `curve ${line.className}`, d: `M${path(run, 1)}` }))),
            known(data.now) && data.now > data.from && data.now < data.to ? svg("line.now", { x1: x(data.now), x2: x(data.now), y1: TOP - 6, y2: height - BOTTOM }) : null,
            svg("line.hair", { y1: TOP, y2: height - BOTTOM, visibility: "hidden" }));
    }

    function patch(band, i) {
        return svg("svg.key", { viewBox: "0 0 18 12", width: 18, height: 12, "aria-hidden": "true" },
            svg("rect", { class: `${band.texture ? "layer" : "band"} ${band.className}`, fill: band.texture ? `url(#${id}-${i})` : null, x: 0, y: 0, width: 18, height: 12 }));
    }

    function hover(event) {
        const at = place ? data.from + ((event.clientX - drawing.getBoundingClientRect().left - place.left) / (place.width - place.left - RIGHT)) * (data.to - data.from) : NaN;
        const found = at >= data.from && at <= data.to ? tip(at) : null;
        if (!found) return leave();
        const x = place.x(at), hair = drawing.querySelector(".hair");
        hair.setAttribute("x1", x);
        hair.setAttribute("x2", x);
        hair.setAttribute("visibility", "visible");
        put(box, h("b", null, found.title), found.rows.map(([name, value]) => h("span.tip-row", null, h("span", null, t(name)), h("span.num", null, value))));
        show(box, true);
        box.style.left = `${Math.max(0, Math.min(x + 12, place.width - box.offsetWidth - 4))}px`;
        return undefined;
    }

    function leave() {
        show(box, false);
        drawing.querySelector(".hair")?.setAttribute("visibility", "hidden");
    }

    drawing.addEventListener("pointermove", hover);
    drawing.addEventListener("pointerleave", leave);
    const ask = drawn(el, draw);
    return {
        el, legend: keys,
        update(next) {
            data = next;
            put(keys, data.lines.map((line) => h("span.legend-item", null, line_key(line.className), t(line.name))), data.bands.map((band, i) => h("span.legend-item", null, patch(band, i), t(band.name))));
            drawing.setAttribute("aria-label", `${label}. ${data.words ?? ""}${told}`);
            ask();
        },
    };
}
