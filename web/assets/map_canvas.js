// map_canvas.js - one group of nodes as cells on a canvas: nodes flow in lines, the devices of one stand together.
//
// Cells whose code is as before are left alone.  A pointer or the arrow keys choose a cell; `tell(device)` says which.

import { h, mark, show } from "./dom.js";
import { sprite } from "./map_sprites.js";

const GAP = 1, NODE_GAP = 5, LINE_GAP = 4;
const CELL_MAX_WIDTH = 16; // devices of one node in a line: more go on in the next

/** Cells so large that all fit well. */
export const cell_size = (devices) => (devices <= 300 ? 24 : devices <= 1500 ? 17 : devices <= 5000 ? 13 : 11);

/** Where each device of `nodes` stands: {device, x, y} by place, and the height.  Pure. */
export function layout(map, nodes, width, size) {
    const step = size + GAP;
    const at = { device: [], x: [], y: [], height: 0 };
    let x = 0, y = 0;
    for (const n of nodes) {
        const len = map.nodes.devices[n], across = Math.min(len, CELL_MAX_WIDTH, Math.max(1, Math.floor(width / step)));
        const lines = Math.ceil(len / across);
        if (x > 0 && x + across * step > width) {
            x = 0;
            y = at.height + LINE_GAP;
        }
        for (let i = 0; i < len; i++) {
            at.device.push(map.first[n] + i);
            at.x.push(x + (i % across) * step);
            at.y.push(y + Math.floor(i / across) * step);
        }
        at.height = Math.max(at.height, y + lines * step);
        x += across * step + NODE_GAP;
    }
    return at;
}

export function map_canvas({ open, tell }) {
    const canvas = h("canvas.map-cells", { role: "img", tabindex: 0 });
    const ring = h("span.map-ring", { hidden: true, "aria-hidden": "true" });
    const el = h("div.map-box", null, canvas, ring);
    const pen = canvas.getContext("2d");
    let map = null, at = null, nodes_key = "", size = 0, width = 0, chosen = -1;
    let drawn = null, sprites = new Map(), style = null;

    function choose(place) {
        chosen = place;
        show(ring, place >= 0);
        if (place >= 0) ring.style.cssText = `left:${at.x[place] + 1}px;top:${at.y[place] + 1}px;width:${size + 4}px;height:${size + 4}px`;
        tell(place >= 0 ? at.device[place] : -1);
    }

    /** The cell under a point; -1: none. */
    function hit(event) {
        const box = canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
        return at.x.findIndex((left, i) => x >= left && x <= left + size && y >= at.y[i] && y <= at.y[i] + size);
    }

    /** The nearest cell in the line above or below. */
    function beside(place, down) {
        const lines = at.y.filter((y) => (down ? y > at.y[place] : y < at.y[place]));
        if (!lines.length) return place;
        const line = lines.reduce((best, y) => (down ? Math.min(best, y) : Math.max(best, y)));
        let best = -1;
        at.y.forEach((y, i) => { if (y === line && (best < 0 || Math.abs(at.x[i] - at.x[place]) < Math.abs(at.x[best] - at.x[place]))) best = i; });
        return best;
    }

    canvas.addEventListener("pointermove", (event) => choose(hit(event)));
    canvas.addEventListener("pointerleave", () => choose(-1));
    canvas.addEventListener("blur", () => choose(-1));
    canvas.addEventListener("focus", () => { if (chosen < 0 && at?.device.length) choose(0); });
    canvas.addEventListener("click", (event) => { const place = hit(event); if (place >= 0) open(at.device[place]); });
    canvas.addEventListener("keydown", (event) => {
        const last = at.device.length - 1, here = Math.max(0, chosen);
        const next = { ArrowRight: Math.min(last, here + 1), ArrowLeft: Math.max(0, here - 1), Home: 0, End: last }[event.key] ?? (event.key === "ArrowDown" || event.key === "ArrowUp" ? beside(here, event.key === "ArrowDown") : -1);
        if (event.key === "Enter" && chosen >= 0) open(at.device[chosen]);
        if (next < 0) return;
        event.preventDefault();
        choose(next);
    });

    function place_cells(nodes, ratio) {
        at = layout(map, nodes, width, size);
        canvas.width = Math.ceil(width * ratio);
        canvas.height = Math.ceil(at.height * ratio);
        canvas.style.cssText = `width:${width}px;height:${at.height}px`;
        pen.setTransform(ratio, 0, 0, ratio, 0, 0);
        drawn = null;
        choose(-1);
    }

    return {
        el,
        /** Returns how many cells were drawn. */
        update(next, { nodes, codes, cell, colours, across, label }) {
            const ratio = devicePixelRatio || 1;
            const key = `${cell} ${across} ${nodes.map((n) => `${next.nodes.name[n]}:${next.nodes.devices[n]}`).join()}`;
            map = next;
            if (colours !== style) {
                [style, sprites, drawn] = [colours, new Map(), null];
            }
            if (key !== nodes_key) {
                [nodes_key, size, width, sprites] = [key, cell, across, new Map()];
                place_cells(nodes, ratio);
            }
            let count = 0;
            const before = drawn;
            drawn = new Uint16Array(at.device.length);
            for (let i = 0; i < at.device.length; i++) {
                const code = codes[at.device[i]];
                drawn[i] = code;
                if (before && before[i] === code) continue;
                if (!sprites.has(code)) sprites.set(code, sprite(code, size, ratio, colours));
                pen.drawImage(sprites.get(code), at.x[i], at.y[i], size, size);
                count++;
            }
            mark(canvas, "aria-label", label);
            if (chosen >= 0) tell(at.device[chosen]);
            return count;
        },
    };
}
