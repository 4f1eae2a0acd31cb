// frames.js - drawing when there is time and somebody looks: some milliseconds of a frame, and only what is in view.

const BUDGET_MS = 8;
const MARGIN = "300px"; // what is nearly in view is drawn as well, so that scrolling finds it there
const LEAST_WIDTH = 40;

const waiting = new Set(), drawings = new WeakMap();
let asked = 0;

function frame() {
    asked = 0;
    const end = performance.now() + BUDGET_MS;
    try {
        for (const draw of [...waiting]) {
            waiting.delete(draw);
            draw();
            if (performance.now() > end) break;
        }
    } finally {
        if (waiting.size) asked ||= requestAnimationFrame(frame);
    }
}

/** Call `draw` in one of the next frames; once, however often it is asked for. */
function soon(draw) {
    waiting.add(draw);
    asked ||= requestAnimationFrame(frame);
}

/** How to ask for draw(width): it is called soon while `el` is in view, and again whenever the width of `el` has changed.  The width
 * is told by the browser: to read it between two drawings would have it lay out the page for each of them. */
export function drawn(el, draw) {
    let width = 0, is_seen = false, is_stale = false;
    const complete = () => {
        if (!is_stale || width < LEAST_WIDTH) return;
        is_stale = false;
        draw(width);
    };
    const run = () => { if (is_seen) complete(); };
    drawings.set(el, complete);
    const ask = () => {
        is_stale = true;
        if (is_seen) soon(run);
    };
    new ResizeObserver((entries) => {
        const before = width;
        width = Math.floor(entries.at(-1).contentRect.width);
        if (width !== before) ask();
    }).observe(el);
    new IntersectionObserver((entries) => {
        is_seen = entries.at(-1).isIntersecting;
        if (is_seen && is_stale) soon(run);
    }, { rootMargin: MARGIN }).observe(el);
    return ask;
}

// On paper all of it is in view.
window.addEventListener("beforeprint", () => {
    for (const el of document.querySelectorAll(".chart-box")) drawings.get(el)?.();
});
