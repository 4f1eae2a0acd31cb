// dom.js - elements from values.  Text only ever becomes text nodes: names, reasons and logs are
// written by strangers, so nothing in this page parses a string as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An element: h("a.link", {href, onclick}, "text", child, [more]).  null children are skipped. */
export function h(tag, props, ...children) {
    const [name, ...classes] = tag.split(".");
    const element = document.createElement(name);
    return fill(element, classes, props, children);
}

/** The same in the SVG namespace. */
export function svg(tag, props, ...children) {
    const [name, ...classes] = tag.split(".");
    return fill(document.createElementNS(SVG, name), classes, props, children);
}

function fill(element, classes, props, children) {
    if (classes.length) element.classList.add(...classes);
    for (const [key, value] of Object.entries(props ?? {})) {
        if (value === null || value === undefined || value === false) continue;
        if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
        else element.setAttribute(key, value === true ? "" : String(value));
    }
    append(element, children);
    return element;
}

function append(element, children) {
    for (const child of children) {
        if (child === null || child === undefined || child === false) continue;
        if (Array.isArray(child)) append(element, child);
        else element.append(child instanceof Node ? child : String(child));
    }
}

/** Change text only if it differs: selections and screen readers stay quiet. */
export function say(element, text) {
    const wanted = text === null || text === undefined ? "" : String(text);
    if (element.textContent !== wanted) element.textContent = wanted;
    return element;
}

/** Set or remove an attribute, only if it differs. */
export function mark(element, name, value) {
    if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
}

export function show(element, yes) {
    if (element.hidden === !!yes) element.hidden = !yes;
}

/** Replace what is inside. */
export function put(element, ...children) {
    element.replaceChildren();
    append(element, children);
    return element;
}

const lists = new WeakMap();

/**
 * Make the children of `parent` follow `items`: rows that stay are updated in place (focus, hover and
 * scrolling survive), new ones are made, gone ones are removed.  make(item) -> {el, update(item)}.
 */
export function keyed(parent, items, keyOf, make) {
    const before = lists.get(parent) ?? new Map();
    const after = new Map();
    for (const item of items) {
        const key = keyOf(item);
        if (after.has(key)) continue;
        const row = before.get(key) ?? make(item);
        before.delete(key);
        row.update?.(item);
        after.set(key, row);
    }
    for (const row of before.values()) {
        row.gone?.();
        row.el.remove();
    }
    let at = parent.firstChild;
    for (const row of after.values()) {
        if (row.el === at) at = at.nextSibling;
        else parent.insertBefore(row.el, at);
    }
    lists.set(parent, after);
}

/** A small drawing by its paths, 16 x 16, in the colour of the text around it. */
export function icon(name) {
    return svg("svg.icon", { viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" },
        (ICONS[name] ?? []).map(([kind, d]) => svg("path", { d, class: kind })));
}

const LINE = "line", SOLID = "solid";
const ICONS = {
    queued: [[LINE, "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 5v3.2l2 1.4"]],
    starting: [[LINE, "M8 2.5a5.5 5.5 0 1 1-5.5 5.5"]],
    running: [[SOLID, "M5 3.2v9.6l8-4.8z"]],
    succeeded: [[LINE, "M3.2 8.6l3.2 3.2 6.4-7.2"]],
    failed: [[LINE, "M4 4l8 8M12 4l-8 8"]],
    cancelled: [[LINE, "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M4.2 11.8l7.6-7.6"]],
    timed_out: [[LINE, "M4.5 2.5h7M4.5 13.5h7M5.2 2.5c0 3.6 5.6 7.4 5.6 11M10.8 2.5c0 3.6-5.6 7.4-5.6 11"]],
    up: [[LINE, "M3.2 8.6l3.2 3.2 6.4-7.2"]],
    draining: [[LINE, "M8 2.5v8M4.5 7.5L8 11l3.5-3.5M3 13.5h10"]],
    drained: [[LINE, "M5.5 3.5v9M10.5 3.5v9"]],
    down: [[LINE, "M8 2.6L14 13H2zM8 6.4v3.2M8 11.2v.4"]],
    suspect: [[LINE, "M8 2.6L14 13H2zM8 6.4v3.2M8 11.2v.4"]],
    broken: [[LINE, "M4 4l8 8M12 4l-8 8"]],
    planned: [[LINE, "M3.5 12.5l.6-2.8 6.6-6.6 2.2 2.2-6.6 6.6zM9.2 4.6l2.2 2.2"]],
    draft: [[LINE, "M3.5 12.5l.6-2.8 6.6-6.6 2.2 2.2-6.6 6.6zM9.2 4.6l2.2 2.2"]],
    approved: [[LINE, "M3.2 8.6l3.2 3.2 6.4-7.2"]],
    applied: [[LINE, "M1.5 8.6l3 3.2 5.6-7.2M7 11l.8.8 6-7.2"]],
    ordered: [[LINE, "M2.5 8h10M9 4.5L12.5 8 9 11.5"]],
    delivered: [[LINE, "M8 2.5v8M4.5 7.5L8 11l3.5-3.5M3 13.5h10"]],
    inspected: [[LINE, "M7 2.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4M10.2 10.2l3.3 3.3"]],
    active: [[SOLID, "M5 3.2v9.6l8-4.8z"]],
    released: [[LINE, "M6.5 2.5h-4v11h4M6.5 8h7M10.8 5.2L13.5 8l-2.7 2.8"]],
    rejected: [[LINE, "M4 4l8 8M12 4l-8 8"]],
    proposed: [[LINE, "M3.5 12.5l.6-2.8 6.6-6.6 2.2 2.2-6.6 6.6zM9.2 4.6l2.2 2.2"]],
    adopted: [[LINE, "M3.2 8.6l3.2 3.2 6.4-7.2"]],
    rolled_back: [[LINE, "M3 6.5h7a3 3 0 0 1 0 6H6M5.6 3.5l-3 3 3 3"]],
    superseded: [[LINE, "M2.5 8h10M9 4.5L12.5 8 9 11.5"]],
    ok: [[LINE, "M3.2 8.6l3.2 3.2 6.4-7.2"]],
    waiting: [[LINE, "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 5v3.2l2 1.4"]],
    failing: [[LINE, "M8 2.6L14 13H2zM8 6.4v3.2M8 11.2v.4"]],
    sun: [[LINE, "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1"]],
    moon: [[LINE, "M13 9.6A5.6 5.6 0 0 1 6.4 3 5.6 5.6 0 1 0 13 9.6z"]],
    auto: [[LINE, "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11"], [SOLID, "M8 2.5a5.5 5.5 0 0 1 0 11z"]],
    out: [[LINE, "M6.5 2.5h-4v11h4M6.5 8h7M10.8 5.2L13.5 8l-2.7 2.8"]],
    copy: [[LINE, "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3"]],
    down_to: [[LINE, "M8 2.5v8M4.5 7.2L8 10.7l3.5-3.5M3 13.5h10"]],
    info: [[LINE, "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 7.4v3.4M8 5.1v.5"]],
    warn: [[LINE, "M8 2.6L14 13H2zM8 6.4v3.2M8 11.2v.4"]],
    pool: [[LINE, "M4 4h8v8H4zM6.5 1.8V4M9.5 1.8V4M6.5 12v2.2M9.5 12v2.2M1.8 6.5H4M1.8 9.5H4M12 6.5h2.2M12 9.5h2.2"]],
    queue: [[LINE, "M2.5 4h11M2.5 8h11M2.5 12h6.5"]],
    supply: [[LINE, "M2.5 5.5h11v8h-11zM5.5 5.5v-3h5v3M2.5 9h11"]],
    demand: [[LINE, "M2.5 13.5v-11M2.5 13.5h11M5 10.5l2.5-3 2.2 1.8L13 5"]],
    cost: [[LINE, "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M9.8 6.2c-.4-.6-1-.9-1.8-.9-1.1 0-1.9.5-1.9 1.3 0 2 3.8.9 3.8 2.8 0 .8-.8 1.3-1.9 1.3-.9 0-1.6-.4-1.9-1M8 4.2v7.6"]],
    search: [[LINE, "M7 2.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4M10.2 10.2l3.3 3.3"]],
    finished: [[LINE, "M3.5 14V2.5M3.5 3h9l-2 2.8 2 2.8h-9"]],
};
