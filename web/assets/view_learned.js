// view_learned.js - what outcomes taught: how long and how much memory by class of job, how fast kinds are, who fails how often.

import * as api from "./api.js";
import { h, say, show } from "./dom.js";
import * as format from "./format.js";
import { panel, share_bar, table, watching } from "./panels.js";
import { ask, empty, link_node } from "./parts.js";
import { t } from "./words.js";

/** What a class is of, in words: who, what work, what it asks for. */
export function class_words(each) {
    const asks = each.request ? ask({ request: each.request, tasks: each.request.tasks }) : "";
    return [each.project, each.user, each.name, asks].filter(Boolean).join(" · ") || t("all jobs");
}

const memory = (mib) => (mib > 0 ? format.mib(mib) : "–");

export function learned({ query, go }) {
    const classes = table(t("Classes of jobs"), [t("Class"), `#${t("Jobs")}`, `#${t("Half run no longer than")}`, "#80 %", "#95 %", `#${t("Memory, 95 %")}`, `#${t("Failed")}`, `#${t("Interrupted")}`, t("Newest")], (c) => c.class, (c) => [
        class_words(c), format.count(c.jobs), format.duration(c.p50_s), format.duration(c.p80_s), format.duration(c.p95_s), memory(c.memory_p95_mib), format.count(c.failed), format.count(c.interrupted), format.date(format.moment(c.last))]);
    const speeds = table(t("Speed of kinds"), [t("Kind"), t("Speed"), `#${t("Runs")}`, `#${t("Classes")}`], (s) => s.kind, (s) => [s.kind, share_bar(s.rate, 3, `${format.amount(s.rate)} × ± ${format.percent(s.error, 1)}`), format.count(s.runs), format.count(s.classes)]);
    const places = table(t("Failures"), [t("Supplier"), t("Node"), `#${t("Attempts")}`, `#${t("Failed")}`, `#${t("Interrupted")}`, `#${t("Next one fails")}`, `#${t("Next one is interrupted")}`], (p) => `${p.supplier} ${p.node}`, (p) => [
        p.supplier || t("this machine"), p.node ? h("a.mono", { href: link_node(p.node) }, p.node) : t("all nodes"), format.count(p.attempts), format.count(p.failed), format.count(p.interrupted), `${format.amount(100 * p.failed_share)} %`, `${format.amount(100 * p.interrupted_share)} %`]);
    const input = h("input", { type: "search", name: "search", value: query.get("search") ?? "", placeholder: t("Project, user or name"), "aria-label": t("Filter classes"), autocomplete: "off", spellcheck: "false", maxlength: 64 });
    const filter = h("form.filters", { role: "search", "aria-label": t("Filter classes"), onsubmit: (event) => { event.preventDefault(); go({ search: input.value.trim() }); } }, input, h("button.button.small", { type: "submit" }, t("Filter")));
    const none = empty(t("Nothing is known yet."), t("Each job that ends teaches how long its like run, and how much memory they take."));
    show(none, false);
    const known = panel(t("Classes of jobs"), filter, none, classes.el), fast = panel(t("Speed of kinds"), speeds.el), where = panel(t("Failures"), places.el);
    const watch = watching({
        topics: ["jobs"], every_ms: 60000, least_ms: 10000,
        async run(signal) {
            const search = query.get("search");
            const answer = await api.get(`/v1/learned${search ? `?search=${encodeURIComponent(search)}` : ""}`, signal);
            classes.update(answer.classes ?? []);
            speeds.update(answer.speeds ?? []);
            places.update(answer.places ?? []);
            say(known.aside, format.plural(answer.classes_known, "class", "classes"));
            for (const [el, list] of [[classes.el, answer.classes], [fast.el, answer.speeds], [where.el, answer.places]]) show(el, list?.length);
            show(none, !answer.classes?.length);
        },
    });
    known.el.append(watch.el);
    return { el: h("div.stack-page", null, h("h1.visually-hidden", null, t("Learned")), known.el, fast.el, where.el), title: t("Learned"), leave: watch.stop };
}
