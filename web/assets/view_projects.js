// view_projects.js - tenants as a tree: what each holds of its quota and guarantee, its fair share, and its budget.

import * as api from "./api.js";
import { h, show } from "./dom.js";
import * as format from "./format.js";
import { panel, share_bar, table, watching } from "./panels.js";
import { empty } from "./parts.js";
import { t } from "./words.js";

/** Parents before their children, with depth; fair share: the weight's part among brothers and sisters.  Pure. */
export function tree(projects) {
    const known = new Set(projects.map((p) => p.name));
    const below = (name) => projects.filter((p) => (known.has(p.parent) ? p.parent : null) === name).sort((a, b) => a.name.localeCompare(b.name));
    const walk = (name, depth, fair, seen) => {
        const children = below(name).filter((p) => !seen.has(p.name)), sum = children.reduce((all, p) => all + (p.archived ? 0 : p.weight), 0);
        return children.flatMap((p) => {
            const share = sum > 0 && !p.archived ? (fair * p.weight) / sum : 0;
            return [{ ...p, depth, fair: share }, ...walk(p.name, depth + 1, share, new Set([...seen, p.name]))];
        });
    };
    return walk(null, 0, 1, new Set());
}

const of_quota = (used, all) => (all === null || all === undefined ? h("span.num", null, format.milli(used)) : share_bar(used, all, t`${format.milli(used)} of ${format.milli(all)}`));

function budget_of(project) {
    const { budget, usage } = project;
    if (!budget) return h("span.muted", null, t("none"));
    return share_bar(usage.spent_uusd ?? 0, budget.uusd, t`${format.dollars((usage.spent_uusd ?? 0) / 1e6)} of ${format.dollars(budget.uusd / 1e6)}`);
}

function name_of(project) {
    const name = h("b", null, project.name);
    name.style.marginInlineStart = `${project.depth * 18}px`;
    return h("span", null, name, project.archived ? h("span.muted", null, ` ${t("archived")}`) : null);
}

export function projects() {
    let held = 1;
    const jobs = (project, state, n) => h("a.num", { href: `#/jobs?project=${encodeURIComponent(project.name)}&state=${state}` }, format.count(n));
    const sheet = table(t("Projects"), [t("Project"), t("Accelerators of quota"), `#${t("Guaranteed")}`, `#${t("Fair share")}`, `#${t("Holds")}`, `#${t("Running")}`, `#${t("Waiting")}`, t("Budget"), `#${t("Priority")}`], (p) => p.name, (p) => [
        name_of(p), of_quota(p.usage.gpu_milli, p.quota?.gpu_milli), p.guarantee?.gpu_milli > 0 ? format.milli(p.guarantee.gpu_milli) : "–", format.percent(p.fair, 1), format.percent(p.usage.gpu_milli, held),
        jobs(p, "running", p.usage.running), jobs(p, "queued", p.usage.queued), budget_of(p), format.count(p.priority)]);
    const none = empty(t("There is no project yet."), t("An administrator makes one:"), "fastgpu project set NAME --weight 100");
    show(none, false);
    const note = h("p.muted.small", null, t("Fair share is the weight among the projects of the same parent; holds is the part of all accelerators that are granted now."));
    const { el } = panel(t("Projects"), none, sheet.el, note);
    const watch = watching({
        topics: ["project", "jobs"], every_ms: 30000, least_ms: 5000,
        async run(signal) {
            const items = tree((await api.get("/v1/projects", signal)).items ?? []);
            held = Math.max(1, items.filter((p) => p.depth === 0).reduce((sum, p) => sum + p.usage.gpu_milli, 0));
            sheet.update(items);
            show(sheet.el, items.length > 0);
            show(none, items.length === 0);
        },
    });
    el.append(watch.el);
    return { el: h("div.stack-page", null, h("h1.visually-hidden", null, t("Projects")), el), title: t("Projects"), leave: watch.stop };
}
