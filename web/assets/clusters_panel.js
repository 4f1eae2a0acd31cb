// clusters_panel.js - this machine and the clusters whose nodes are in the pool: capacity, load, health, and the links between sites.

import * as api from "./api.js";
import { h, put, say, show, svg } from "./dom.js";
import * as format from "./format.js";
import { panel, share_bar, table, watching } from "./panels.js";
import { t } from "./words.js";

const SITES_MAX = 12, WIDTH = 640, HEIGHT = 300, RADIUS = 105;
const NAME_MAX = 24; // letters of a site in the drawing; the table has all of them
const rate = (bytes_per_s) => (format.known(bytes_per_s) ? `${format.bytes(bytes_per_s)}/s` : "–");
const named = (each) => each.name || t("this machine");
const share = (milli) => format.percent(milli, 1000);

/** Sites on a circle, a line for each measured link, its rate in the middle; the same as a table. */
function map_of_sites() {
    const picture = svg("svg.site-map", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": t("Links between sites") });
    const sheet = table(t("Links between sites"), [t("Sites"), t("By"), t("#First byte"), t("#One stream"), t("#Several")], (link) => link.sites.join(" ") + link.protocol, (link) => [
        link.sites.join(" – "), link.protocol, format.known(link.latency_us) ? format.duration(link.latency_us / 1e6) : "–", rate(link.bytes_per_s), rate(link.many_bytes_per_s)]);
    const el = h("div.site-links", null, picture, h("details.as-table", null, h("summary", null, t("Links as a table")), sheet.el));
    return {
        el,
        update(clusters, links) {
            const sites = [...new Set([...clusters.map((each) => each.site).filter(Boolean), ...links.flatMap((link) => link.sites)])].slice(0, SITES_MAX);
            show(el, sites.length > 1 && links.length > 0);
            const at = (site) => {
                const angle = (2 * Math.PI * sites.indexOf(site)) / sites.length - Math.PI / 2;
                return [WIDTH / 2 + 2 * RADIUS * Math.cos(angle), HEIGHT / 2 + RADIUS * Math.sin(angle)];
            };
            const drawn = links.filter((link) => link.sites.every((site) => sites.includes(site)));
            put(picture, drawn.map((link) => {
                const [[x1, y1], [x2, y2]] = link.sites.map(at);
                return [svg("line.site-link", { x1, y1, x2, y2 }), svg("text.site-rate", { x: (x1 + x2) / 2, y: (y1 + y2) / 2 - 4, "text-anchor": "middle" }, rate(link.many_bytes_per_s ?? link.bytes_per_s))];
            }), sites.map((site) => {
                const [x, y] = at(site);
                return [svg("circle.site-dot", { cx: x, cy: y, r: 7 }), svg("text.site-name", { x, y: y + 22, "text-anchor": "middle" }, site.length > NAME_MAX ? `${site.slice(0, NAME_MAX - 1)}…` : site)];
            }));
            sheet.update(links);
        },
    };
}

export function clusters_panel() {
    const sheet = table(t("Clusters"), [t("Supplier"), t("State"), t("#Nodes up"), t("Devices in use"), t("#Free"), t("#Others"), t("#Wait"), t("#All nodes"), t("#Health")], named, (each) => [
        h("b", null, named(each)), each.reason ? h("span", null, format.state(each.state), h("span.muted", null, ` ${each.reason}`)) : format.state(each.state), t`${each.nodes_up} of ${each.nodes}`,
        share_bar(each.devices_ours + each.devices_others, each.devices, t`${each.devices_ours + each.devices_others} of ${each.devices}`), format.count(each.devices_free), format.count(each.devices_others),
        format.known(each.wait_us) ? format.duration(each.wait_us / 1e6) : "–", each.uusd_per_hour ? format.hourly(each.uusd_per_hour) : "–", share(each.health_milli)]);
    const map = map_of_sites();
    const { el, aside } = panel(t("Clusters"), sheet.el, map.el);
    show(el, false);
    const watch = watching({
        topics: ["supplier", "nodes", "jobs"], every_ms: 10000, least_ms: 3000,
        async run(signal) {
            const items = (await api.get("/v1/supplier-status", signal)).items ?? [];
            const links = items.length > 1 ? (await api.get("/v1/links", signal)).items ?? [] : [];
            show(el, items.length > 1);
            sheet.update(items);
            map.update(items, links);
            say(aside, t`${format.plural(items.length - 1, "cluster")} and this machine`);
        },
    });
    el.append(watch.el);
    return { el, stop: watch.stop };
}
