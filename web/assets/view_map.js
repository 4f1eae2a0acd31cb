// view_map.js - thousands of devices at one look: a cell each, by site, supplier or kind, coloured by what is asked.
//
//     /v1/pool-map (with its ETag) --> columns --codes--> canvases, legend, words

import * as api from "./api.js";
import { h, keyed, mark, put, say, show } from "./dom.js";
import * as format from "./format.js";
import * as live from "./live.js";
import { cell_size, map_canvas } from "./map_canvas.js";
import { sprite } from "./map_sprites.js";
import { map_theme } from "./map_theme.js";
import { as_table, segments } from "./panels.js";
import { empty, link_node } from "./parts.js";
import { code_words, columns, device_words, groups, looks, MODES } from "./pool_columns.js";
import { t } from "./words.js";

const GROUPS = [["supplier", "supplier"], ["site", "site"], ["kind", "kind"]];
const LEGEND_CELL = 18;

/** What a legend lists: each look that is there, how many have it, the most frequent last state first. */
function legend() {
    const el = h("ul.map-legend", { "aria-label": t("Legend") });
    return {
        el,
        update(map, mode, codes, colours) {
            const counts = new Map();
            for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
            const items = [...counts].sort((a, b) => a[0] - b[0]).map(([code, count]) => ({ code, count }));
            keyed(el, items, (item) => `${mode} ${item.code}`, (item) => {
                const number = h("b.num"), words = h("span");
                const place = h("span.map-sign", { "aria-hidden": "true" });
                let drawn = null;
                return {
                    el: h("li", null, place, words, number),
                    update: (now) => {
                        if (drawn !== colours) {
                            drawn = colours;
                            const sign = sprite(item.code, LEGEND_CELL, devicePixelRatio || 1, colours);
                            sign.style.cssText = `width:${LEGEND_CELL}px;height:${LEGEND_CELL}px`;
                            put(place, sign);
                        }
                        say(words, code_words(map, mode, item.code));
                        say(number, format.count(now.count));
                    },
                };
            });
        },
    };
}

/** Nodes that are not well, or all, as rows for those who want words. */
function node_rows(map) {
    return map.nodes.name.map((name, n) => {
        const from = map.first[n], len = map.nodes.devices[n];
        let used = 0;
        for (let i = from; i < from + len; i++) used += map.used[i];
        return [name, map.suppliers[map.nodes.supplier[n]] || t("this machine"), map.sites[map.nodes.site[n]], `${len} × ${map.kinds[map.kind[from]]}`, format.percent(used, 1000 * len), format.state(map.nodes.state[n]), format.percent(map.nodes.health_milli[n], 1000)];
    });
}

function group_part(options) {
    const title = h("span"), facts = h("span.muted.num");
    const cells = map_canvas(options);
    const el = h("section.map-group", null, h("h2", null, title, " ", facts), cells.el);
    return {
        el, cells,
        say_facts(name, map, nodes) {
            let devices = 0, used = 0;
            for (const n of nodes) for (let i = map.first[n]; i < map.first[n] + map.nodes.devices[n]; i++) {
                devices++;
                used += map.used[i];
            }
            const words = t`${format.plural(nodes.length, "node")} · ${format.plural(devices, "device")} · ${format.percent(used, devices * 1000)} granted`;
            say(title, name);
            say(facts, words);
            return `${name}: ${words}`;
        },
    };
}

/** Only the devices of one kind or one project: codes of the others become nothing. */
function chosen_nodes(map, wanted) {
    if (!wanted) return map.nodes.name.map((_, n) => n);
    const text = wanted.toLowerCase();
    return map.nodes.name.map((_, n) => n).filter((n) => [map.nodes.name[n], map.suppliers[map.nodes.supplier[n]], map.sites[map.nodes.site[n]], map.kinds[map.kind[map.first[n]]], map.nodes.state[n]].some((word) => word.toLowerCase().includes(text)));
}

export function map_page({ query, go }) {
    let mode = MODES.some(([name]) => name === query.get("colour")) ? query.get("colour") : "granted";
    let by = GROUPS.some(([name]) => name === query.get("by")) ? query.get("by") : "supplier";
    let wanted = query.get("find") ?? "";
    let map = null, etag = "";

    const words = h("p.map-words", { role: "status", "aria-live": "polite" });
    const hint = t("Point at a device, or press Tab and the arrow keys; Enter opens its node.");
    const signs = legend(), parts = h("div.map-groups"), drawn = new Map();
    const nothing = empty(t("No node is like that."), t("The pool is empty, or the filter leaves nothing of it."));
    const sheet = as_table(t("Nodes"), [t("Node"), t("Supplier"), t("Site"), `#${t("Devices")}`, `#${t("Granted")}`, t("State"), `#${t("Health")}`]);
    show(nothing, false);

    const tell = (device) => say(words, device >= 0 && map ? device_words(map, device) : hint);
    const open = (device) => { location.hash = link_node(map.nodes.name[map.node[device]]); };

    function draw() {
        if (!map) return;
        const began = performance.now();
        const colours = theme.colours(), codes = looks(map, mode), nodes = chosen_nodes(map, wanted);
        const among = new Set(nodes);
        const found = groups(map, by).map(([name, all]) => ({ name, nodes: wanted ? all.filter((n) => among.has(n)) : all })).filter((group) => group.nodes.length);
        const cell = cell_size(map.len), across = Math.max(120, Math.floor(parts.clientWidth || el.clientWidth - 40));
        keyed(parts, found, (group) => group.name, (group) => {
            const part = group_part({ open, tell });
            drawn.set(group.name, part);
            return { el: part.el, gone: () => drawn.delete(group.name), update: (now) => part.cells.update(map, { nodes: now.nodes, codes, cell, colours, across, label: part.say_facts(now.name, map, now.nodes) }) };
        });
        signs.update(map, mode, wanted ? codes.filter((_, i) => among.has(map.node[i])) : codes, colours);
        sheet.update(node_rows(map).filter((_, n) => among.has(n)));
        show(nothing, !found.length);
        performance.measure("pool map", { start: began });
    }

    const switches = h("div.map-switches");
    function draw_switches() {
        put(switches,
            h("span.muted", null, t("Colour by")), segments(t("Colour by"), MODES.map(([name, text]) => [name, t(text)]), mode, (name) => { mode = name; changed({ colour: name }); }),
            h("span.muted", null, t("Group by")), segments(t("Group by"), GROUPS.map(([name, text]) => [name, t(text)]), by, (name) => { by = name; changed({ by: name }); }));
    }
    function changed(words_of_it) {
        const label = document.activeElement?.textContent;
        go(words_of_it, true);
        draw_switches();
        [...switches.querySelectorAll("button")].find((button) => button.textContent === label)?.focus();
        draw();
    }
    const find = h("input", { type: "search", name: "find", value: wanted, placeholder: t("Node, site, kind, state"), "aria-label": t("Filter nodes"), autocomplete: "off", spellcheck: "false", maxlength: 64,
        oninput: () => { wanted = find.value.trim(); go({ find: wanted }, true); draw(); } });
    draw_switches();

    const el = h("section.panel.panel-map", null, h("header.panel-head", null, h("h1", null, t("Pool map")), h("span.panel-aside", null, find)),
        switches, signs.el, words, nothing, parts, sheet.el);
    say(words, hint);

    const watch = live.watch({
        topics: ["nodes", "jobs"], every_ms: 5000, least_ms: 2000,
        async run(signal) {
            const answer = await api.get_if_changed("/v1/pool-map", etag, signal);
            if (!answer.body) return;
            etag = answer.etag;
            const began = performance.now();
            map = columns(answer.body);
            performance.measure("pool map columns", { start: began });
            draw();
        },
    });
    const theme = map_theme(() => draw());
    const sized = new ResizeObserver(() => draw());
    sized.observe(parts);
    mark(el, "aria-label", t("Pool map"));
    return { el, title: t("Pool map"), leave: () => { watch.stop(); sized.disconnect(); theme.stop(); } };
}
