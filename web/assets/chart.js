// chart.js - lines over time as SVG, drawn by hand: axes, area, cross-hair with values; and sparklines.
//
// A series is {name, className, points: [[ms, value], ...]}, value in the unit of the axis, null or
// negative where unknown.  What a chart shows is also said in words (aria-label), because a drawing
// cannot be read aloud.

import { h, mark, put, say, show, svg } from "./dom.js";
import * as format from "./format.js";
import { drawn } from "./frames.js";
import { t } from "./words.js";

const RIGHT = 10, TOP = 10, BOTTOM = 22;
const LETTER = 6.2; // width of a letter of an axis
const GAP_FACTOR = 6; // a pause this many times the usual one is a hole in the line

const ROUND = [[1, 0.25], [2, 0.5], [2.5, 0.5], [5, 1], [10, 2.5]];

/** A round number at or above `value`, and the step of its grid. */
export function scale(value, least) {
    const wanted = Math.max(value, least);
    const power = 10 ** Math.floor(Math.log10(wanted));
    const [top, step] = ROUND.find(([factor]) => factor * power >= wanted * 0.999);
    return { top: top * power, step: step * power };
}

/** Memory wants powers of two. */
export function scale_binary(value, least) {
    let top = Math.max(1, least);
    while (top < value) top *= 2;
    return { top, step: top / 4 };
}

const TIME_STEPS_S = [10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400];

function time_ticks(from, to, width) {
    const wanted = Math.max(3, Math.floor(width / 110));
    const step = 1000 * (TIME_STEPS_S.find((s) => (to - from) / (s * 1000) <= wanted) ?? 86400);
    const ticks = [];
    for (let at = Math.ceil(from / step) * step; at <= to; at += step) ticks.push([at, step < 60000 ? format.time(at) : format.hour(at)]);
    return ticks;
}

const usable = (value) => typeof value === "number" && value >= 0;

/** Cut where values are unknown or the readings paused. */
function pieces(points) {
    if (points.length < 2) return points.some((p) => usable(p[1])) ? [points] : [];
    const pauses = points.slice(1).map((p, i) => p[0] - points[i][0]).sort((a, b) => a - b);
    const hole = Math.max(5000, GAP_FACTOR * pauses[pauses.length >> 1]);
    const all = [[]];
    let last = null;
    for (const point of points) {
        if (!usable(point[1]) || (last && point[0] - last[0] > hole)) all.push([]);
        if (usable(point[1])) all.at(-1).push(point);
        last = point;
    }
    return all.filter((piece) => piece.length);
}

const path = (piece, x, y) => piece.map(([at, value], i) => `${i ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join("");

/**
 * A chart: {el, update({series, from, to})}.  options: {label, height, format(value), scale(max),
 * least, empty}.  It follows the width of its place.
 */
export function chart({ label, height = 180, text = format.count, scaler = scale, least = 1, empty = t("No readings yet.") }) {
    const drawing = svg("svg.chart", { role: "img", height, preserveAspectRatio: "none" });
    const tip = h("div.tip", { hidden: true, "aria-hidden": "true" });
    const nothing = h("p.chart-empty", null, empty);
    const el = h("div.chart-box", null, drawing, nothing, tip);
    let data = { series: [], from: 0, to: 1 };
    let place = null;

    const is_filled = () => data.series.some((s) => s.points.some((p) => usable(p[1])));

    function draw(width) {
        drawing.setAttribute("width", width);
        drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
        const most = Math.max(0, ...data.series.map((s) => s.points.reduce((top, p) => Math.max(top, usable(p[1]) ? p[1] : 0), 0)));
        const { top, step } = scaler(most, least);
        const span = Math.max(1, data.to - data.from);
        const values = Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step);
        const left = 14 + LETTER * Math.max(...values.map((value) => text(value).length));
        const x = (at) => left + ((at - data.from) / span) * (width - left - RIGHT);
        const y = (value) => TOP + (1 - Math.min(value, top) / top) * (height - TOP - BOTTOM);
        place = { x, width, left, span };
        const parts = [];
        for (const value of values) {
            parts.push(svg(value ? "line.grid" : "line.axis", { x1: left, x2: width - RIGHT, y1: y(value), y2: y(value) }));
            parts.push(svg("text.tick.end", { x: left - 8, y: y(value) + 3.5 }, text(value)));
        }
        for (const [at, words] of time_ticks(data.from, data.to, width))
            if (x(at) > left + 14 && x(at) < width - RIGHT - 12)
                parts.push(svg("text.tick.mid", { x: x(at), y: height - 5 }, words));
        for (const series of data.series) parts.push(...line(series, x, y));
        parts.push(svg("line.hair", { y1: TOP, y2: height - BOTTOM, visibility: "hidden" }));
        put(drawing, parts);
    }

    function line(series, x, y) {
        const parts = [];
        for (const piece of pieces(series.points)) {
            const d = path(piece, x, y);
            if (series.area) parts.push(svg("path", { class: `area ${series.className}`, d: `${d}L${x(piece.at(-1)[0]).toFixed(1)} ${y(0)}L${x(piece[0][0]).toFixed(1)} ${y(0)}Z` }));
            parts.push(piece.length > 1
                ? svg("path", { class: `curve ${series.className}`, d })
                : svg("circle", { class: `dot ${series.className}`, cx: x(piece[0][0]), cy: y(piece[0][1]), r: 2 }));
        }
        const last = series.points.findLast((p) => usable(p[1]));
        if (last) parts.push(svg("circle", { class: `dot ${series.className}`, cx: x(last[0]), cy: y(last[1]), r: 3 }));
        return parts;
    }

    function words() {
        return data.series.map((series) => {
            const values = series.points.map((p) => p[1]).filter(usable);
            if (!values.length) return t`${t(series.name)}: unknown`;
            return t`${t(series.name)}: ${text(values.at(-1))} now, ${text(Math.max(...values))} at most`;
        }).join("; ");
    }

    function hover(event) {
        const hair = drawing.querySelector(".hair");
        if (!place || !hair) return;
        const at = data.from + ((event.clientX - drawing.getBoundingClientRect().left - place.left) / (place.width - place.left - RIGHT)) * place.span;
        const found = data.series.map((series) => [series, nearest(series.points, at)]).filter(([, point]) => point);
        if (!found.length || at < data.from || at > data.to) return leave();
        const x = place.x(found[0][1][0]);
        hair.setAttribute("x1", x);
        hair.setAttribute("x2", x);
        hair.setAttribute("visibility", "visible");
        put(tip, h("b", null, format.time(found[0][1][0])),
            found.map(([series, point]) => h("span.tip-row", null, key(series.className), h("span", null, t(series.name)), h("span.num", null, usable(point[1]) ? text(point[1]) : "–"))));
        show(tip, true);
        tip.style.left = `${Math.max(0, Math.min(x + 12, place.width - tip.offsetWidth - 4))}px`;
        return undefined;
    }

    function leave() {
        show(tip, false);
        drawing.querySelector(".hair")?.setAttribute("visibility", "hidden");
    }

    drawing.addEventListener("pointermove", hover);
    drawing.addEventListener("pointerleave", leave);
    const ask = drawn(el, draw);
    const self = {
        el,
        update(next) {
            data = next;
            const filled = is_filled();
            show(nothing, !filled);
            mark(drawing, "aria-label", filled ? `${label}. ${words()}` : `${label}: ${empty}`);
            ask();
        },
    };
    self.update(data);
    return self;
}

function nearest(points, at) {
    let best = null;
    for (const point of points) if (!best || Math.abs(point[0] - at) < Math.abs(best[0] - at)) best = point;
    return best;
}

/** The sign of a series in a legend: colour and stroke, as in the drawing. */
export function key(className) {
    return svg("svg.key", { viewBox: "0 0 18 8", width: 18, height: 8, "aria-hidden": "true" },
        svg("line", { class: `curve ${className}`, x1: 1, x2: 17, y1: 4, y2: 4 }));
}

/** Legend with the newest values: {el, update(series, text)}. */
export function legend(series) {
    const values = series.map(() => h("b.num"));
    const items = series.map((s, i) => h("span.legend-item", null, key(s.className), t(s.name), " ", values[i]));
    const el = h("div.legend", null, items);
    return {
        el,
        update(now, text) {
            now.forEach((s, i) => {
                const last = s.points.findLast((p) => usable(p[1]));
                show(items[i], last); // what this pool does not have needs no place
                say(values[i], last ? text(last[1]) : "");
            });
        },
    };
}

/** A curve the size of a word: {el, update(series)}; `series` as above, each with its own top. */
export function sparkline(width = 120, height = 28) {
    const el = svg("svg.spark", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img" });
    return {
        el,
        update(series) {
            const all = series.flatMap((s) => s.points);
            const from = Math.min(...all.map((p) => p[0])), to = Math.max(...all.map((p) => p[0]));
            const x = (at) => 1 + ((at - from) / Math.max(1, to - from)) * (width - 4);
            put(el, svg("line.axis", { x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5 }), series.map((s) => {
                const y = (value) => height - 2 - (Math.min(value, s.top) / Math.max(1, s.top)) * (height - 5);
                return pieces(s.points).map((piece) => svg("path", { class: `curve ${s.className}`, d: path(piece, x, y) }));
            }));
        },
    };
}
