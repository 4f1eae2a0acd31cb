// pool_cells.js - the pool at a glance, one cell a device, for the overview: {el, update(map), stop()}.

import { h, say } from "./dom.js";
import * as format from "./format.js";
import { cell_size, map_canvas } from "./map_canvas.js";
import { map_theme } from "./map_theme.js";
import { link_node } from "./parts.js";
import { device_words, looks } from "./pool_columns.js";
import { t } from "./words.js";

export function pool_cells() {
    let map = null;
    const words = h("p.map-words", { role: "status", "aria-live": "polite" });
    const summary = () => t`${format.plural(map.nodes.name.length, "node")} · ${format.plural(map.len, "device")}: each cell is one, filled as far as it is granted`;
    const cells = map_canvas({
        open: (device) => { location.hash = link_node(map.nodes.name[map.node[device]]); },
        tell: (device) => say(words, map ? (device >= 0 ? device_words(map, device) : summary()) : ""),
    });
    const el = h("div.pool-cells", null, words, cells.el);
    const theme = map_theme(() => draw());
    function draw() {
        if (!map || el.hidden || el.clientWidth < 40) return;
        cells.update(map, { nodes: map.nodes.name.map((_, n) => n), codes: looks(map, "granted"), cell: cell_size(map.len), colours: theme.colours(), across: el.clientWidth, label: summary() });
    }
    const sized = new ResizeObserver(() => draw());
    sized.observe(el);
    return {
        el,
        update(next) { map = next; say(words, summary()); draw(); },
        stop() { sized.disconnect(); theme.stop(); },
    };
}
