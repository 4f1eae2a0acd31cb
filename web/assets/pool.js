// pool.js - nodes and their devices as tiles: kind, who holds them, how much of them, how it is shared.

import * as api from "./api.js";
import { h, icon, keyed, mark, say, show } from "./dom.js";
import * as format from "./format.js";
import * as live from "./live.js";
import { badge, confirm, empty, flash, link_job, link_node, meter } from "./parts.js";
import { t } from "./words.js";

const SHARES = {
    advisory: t("fractions are advisory: nothing enforces them"),
    mps: t("fractions are enforced by CUDA MPS"),
    mig: t("fractions are MIG instances"),
};
const NODES_SHOWN = 60;
const HOLDERS_SHOWN = 3;

/** Chips that lead to the jobs which hold something; names(id) -> name or "". */
function holders(names) {
    const el = h("span.holders");
    return {
        el,
        update(ids) {
            const shown = ids.slice(0, HOLDERS_SHOWN);
            const items = shown.map((id) => ({ id, name: names(id) }));
            if (ids.length > shown.length) items.push({ id: "", more: ids.length - shown.length });
            keyed(el, items, (item) => item.id, (item) => {
                if (!item.id) {
                    const more = h("span.muted");
                    return { el: more, update: (now) => say(more, t`and ${now.more} more`) };
                }
                const chip = h("a.chip", { href: link_job(item.id) });
                return { el: chip, update: (now) => say(chip, now.name ? `${now.id} ${now.name}` : now.id) };
            });
        },
    };
}

function tile(names) {
    const fill = h("span.fill", { "aria-hidden": "true" });
    const name = h("b.mono"), kind = h("span.tile-kind.muted"), used = h("span.num"), share = h("span.share");
    const trouble = badge(), why = h("span.small");
    const who = holders(names);
    const free = h("span.muted", null, t("free"));
    const el = h("li.tile", null, fill, h("span.tile-head", null, name, share), kind, trouble.el, why, h("span.tile-used", null, used), h("span.tile-who", null, who.el, free));
    return {
        el,
        update(device) {
            const is_cpu = device.kind === "cpu";
            const part = device.milli > 0 ? Math.min(1, device.used_milli / device.milli) : 0;
            say(name, device.name);
            say(kind, is_cpu ? t("processor cores") : `${device.kind}${device.mem_mib > 0 ? ` · ${format.mib(device.mem_mib)}` : ""}`);
            say(used, is_cpu
                ? t`${format.milli(device.used_milli)} of ${format.milli(device.milli)} cores`
                : part > 0 ? t`${format.percent(device.used_milli, device.milli)} granted` : "");
            show(used, used.textContent);
            fill.style.height = `${part * 100}%`;
            const well = (device.state ?? "up") === "up";
            show(trouble.el, !well);
            trouble.update(device.state ?? "up");
            show(why, !well);
            say(why, [device.reason, device.hint].filter(Boolean).join(" · "));
            show(share, !is_cpu && device.share);
            say(share, device.share ?? "");
            mark(share, "title", SHARES[device.share]);
            const jobs = device.jobs ?? [];
            who.update(jobs);
            show(free, !is_cpu && jobs.length === 0 && part === 0);
            el.classList.toggle("used", part > 0);
        },
    };
}

async function drain(node) {
    const answer = await confirm({
        title: t`Drain ${node.name}?`,
        text: t("It takes no new work. What runs on it goes on to its end."),
        action: t("Drain"),
        fields: [{ name: "reason", label: t("Reason, for others"), type: "text", placeholder: t("memory replacement") }],
    });
    if (answer) await change(node, "drain", answer.reason ? { reason: answer.reason } : {}, t`${node.name} is draining.`);
}

async function change(node, verb, body, done) {
    try {
        await api.post(`/v1/nodes/${encodeURIComponent(node.name)}/${verb}`, body);
        flash(done);
    } catch (error) {
        flash(`${node.name}: ${error.message}`, true);
    }
    live.touch("nodes");
}

function node_row(names, may_operate) {
    let node = null;
    const state = badge();
    const name = h("a.node-name.mono"), reason = h("span.muted.node-reason");
    const cpu = meter("CPU", "cpu"), memory = meter(t("Memory"), "mem");
    const tiles = h("ul.tiles");
    const drain_button = h("button.button.small", { type: "button", onclick: () => drain(node) }, icon("draining"), t("Drain"));
    const resume_button = h("button.button.small", { type: "button", onclick: () => change(node, "resume", {}, t`${node.name} takes work again.`) }, icon("running"), t("Resume"));
    const el = h("article.node", null,
        h("header.node-head", null, h("span.node-title", null, name, state.el, reason), cpu.el, memory.el, h("span.node-buttons", null, drain_button, resume_button)),
        tiles);
    return {
        el,
        update(next) {
            node = next;
            say(name, node.name);
            mark(name, "href", link_node(node.name));
            mark(el, "aria-label", t`Node ${node.name}`);
            state.update(node.state);
            say(reason, [node.reason, node.reason && node.health?.hint].filter(Boolean).join(" – "));
            cpu.update(node.cpu_used_milli, node.cpu_milli, t`${format.milli(node.cpu_used_milli)} of ${format.milli(node.cpu_milli)}`);
            memory.update(node.mem_used_mib, node.mem_mib, t`${format.mib(node.mem_used_mib)} of ${format.mib(node.mem_mib)}`);
            const draining = node.state === "draining" || node.state === "drained";
            show(drain_button, may_operate && !draining);
            const sick = (node.devices ?? []).some((device) => (device.state ?? "up") !== "up");
            show(resume_button, may_operate && (draining || sick));
            mark(drain_button, "aria-label", t`Drain ${node.name}`);
            mark(resume_button, "aria-label", t`Resume ${node.name}`);
            keyed(tiles, node.devices ?? [], (device) => device.name, () => tile(names));
        },
    };
}

/** The pool: {el, update(nodes)}.  names(job id) -> name. */
export function pool(names, may_operate) {
    const list = h("div.nodes");
    const more = h("p.muted", { hidden: true });
    const nothing = empty(t("No node yet."), t("The service adds this machine by itself when it starts. If it does not appear, its log says why:"), "fastgpu node list");
    const el = h("div", null, nothing, list, more);
    return {
        el,
        update(nodes) {
            show(nothing, nodes.length === 0);
            keyed(list, nodes.slice(0, NODES_SHOWN), (node) => node.name, () => node_row(names, may_operate));
            show(more, nodes.length > NODES_SHOWN);
            say(more, t`${NODES_SHOWN} of ${format.count(nodes.length)} nodes are shown. All of them: fastgpu node list`);
        },
    };
}

