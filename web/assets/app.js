// app.js - who is there, which view, and the frame around it.
//
//     address --route--> view {el, title, leave()} ; api says 401 --> sign-in ; live --> banner

import * as api from "./api.js";
import { h, icon, mark, put, say, show } from "./dom.js";
import * as live from "./live.js";
import { plural } from "./format.js";
import { theme_button } from "./theme.js";
import { keys } from "./keys.js";
import { search } from "./search.js";
import { alerts } from "./view_alerts.js";
import { cost } from "./view_cost.js";
import { energy_page } from "./view_energy.js";
import { events_page } from "./view_events.js";
import { forecast } from "./view_forecast.js";
import { learned } from "./view_learned.js";
import { map_page } from "./view_map.js";
import { job_page } from "./view_job.js";
import { jobs } from "./view_jobs.js";
import { node_page } from "./view_node.js";
import { offer_page } from "./view_offer.js";
import { order_page } from "./view_order.js";
import { overview } from "./view_overview.js";
import { plan_page } from "./view_plan.js";
import { plans } from "./view_plans.js";
import { projects } from "./view_projects.js";
import { sign_in } from "./view_signin.js";
import { supply } from "./view_supply.js";
import { tuning } from "./view_tuning.js";
import { waste } from "./view_waste.js";
import { choose_language, language, LANGUAGES, t } from "./words.js";

const ROLES = ["none", "viewer", "member", "operator", "admin"];
const ROUTES = [
    [/^\/$/, overview, "overview"], [/^\/jobs$/, jobs, "jobs"],
    [/^\/jobs\/([^/]+)$/, job_page, "jobs"], [/^\/nodes\/([^/]+)$/, node_page, "pool"], [/^\/pool$/, map_page, "pool"],
    [/^\/forecast$/, forecast, "forecast"], [/^\/plans$/, plans, "plans"], [/^\/plans\/([^/]+)$/, plan_page, "plans"],
    [/^\/supply$/, supply, "supply"], [/^\/orders\/([^/]+)$/, order_page, "supply"], [/^\/offers\/([^/]+)$/, offer_page, "supply"],
    [/^\/cost$/, cost, "cost"], [/^\/energy$/, energy_page, "energy"], [/^\/learned$/, learned, "learned"],
    [/^\/alerts$/, alerts, "alerts"], [/^\/efficiency$/, waste, "efficiency"], [/^\/tuning$/, tuning, "tuning"], [/^\/projects$/, projects, "projects"], [/^\/events$/, events_page, "events"],
];
// Name, address, words, and the key after g.
const TABS = [["overview", "#/", t("Overview"), "o"], ["pool", "#/pool", t("Pool"), "p"], ["jobs", "#/jobs", t("Jobs"), "j"], ["alerts", "#/alerts", t("Alerts"), "a"], ["supply", "#/supply", t("Supply"), "s"], ["forecast", "#/forecast", t("Forecast"), "f"], ["plans", "#/plans", t("Plans"), "l"],
    ["cost", "#/cost", t("Cost"), "c"], ["efficiency", "#/efficiency", t("Efficiency"), "u"], ["energy", "#/energy", t("Energy"), "n"], ["learned", "#/learned", t("Learned"), "w"], ["tuning", "#/tuning", t("Tuning"), "t"], ["projects", "#/projects", t("Projects"), "r"], ["events", "#/events", t("Events"), "e"]];

const main = document.getElementById("main"), top_bar = document.getElementById("top"), banner = document.getElementById("banner");
let view = null, who = null, shown = "";

function identity(answer) {
    const rank = ROLES.indexOf(answer.role);
    return { ...answer, can: (role) => rank >= ROLES.indexOf(role) };
}

/** "#/jobs?state=running" to path and query. */
function address() {
    const text = location.hash.replace(/^#/, "") || "/";
    const mark_at = text.indexOf("?");
    return { path: mark_at < 0 ? text : text.slice(0, mark_at), query: new URLSearchParams(mark_at < 0 ? "" : text.slice(mark_at + 1)) };
}

/** Change what the address asks for; `quietly`: the view has seen to it already. */
function go(changes, quietly = false) {
    const { path, query } = address();
    for (const [key, value] of Object.entries(changes)) {
        if (value) query.set(key, value);
        else query.delete(key);
    }
    const text = query.toString();
    const hash = `#${path}${text ? `?${text}` : ""}`;
    if (quietly) history.replaceState(null, "", hash);
    else location.hash = hash;
}

/** What tells the focused control from the others, so that its successor in a rebuilt view gets the focus. */
function control_key(element) {
    return element && main.contains(element) && element !== main ? `${element.tagName} ${element.name || element.getAttribute("aria-label") || element.textContent}` : "";
}

function open_view(next) {
    const focused = control_key(document.activeElement);
    main.style.minHeight = `${main.offsetHeight}px`; // the place that was scrolled to stays where it is
    setTimeout(() => { main.style.minHeight = ""; }, 600);
    view?.leave();
    view = next;
    put(main, view.el);
    if (focused) [...main.querySelectorAll("button, input, select, a")].find((each) => control_key(each) === focused)?.focus({ preventScroll: true });
    document.title = view.title === t("Overview") ? "FastGPU" : `${view.title} · FastGPU`;
}

function route() {
    if (take_token()) return start();
    if (!who) return undefined;
    const { path, query } = address();
    const same_page = shown === path;
    shown = path;
    for (const [pattern, make, tab] of ROUTES) {
        const found = pattern.exec(path);
        if (!found) continue;
        let args;
        try {
            args = found.slice(1).map(decodeURIComponent);
        } catch {
            break; // not an address of ours
        }
        for (const link of top_bar.querySelectorAll("nav a")) mark(link, "aria-current", link.dataset.tab === tab ? "page" : null);
        if (!same_page) top_bar.querySelector("nav a[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
        open_view(make({ args, query, who, go }));
        if (!same_page) {
            scrollTo(0, 0);
            main.focus({ preventScroll: true });
        }
        return undefined;
    }
    open_view({ el: h("section.panel", null, h("h1", null, t("Nothing is here")), h("p", null, t("This address leads nowhere. "), h("a", { href: "#/" }, t("Overview")))), title: t("Nothing is here"), leave() {} });
    return undefined;
}

/** A token in the fragment (`fastgpu open`) is kept and taken out of the address at once. */
function take_token() {
    const found = /^#token=([\x21-\x7e]+)$/.exec(location.hash);
    if (!found) return false;
    history.replaceState(null, "", `${location.pathname}#/`);
    try {
        api.keep_token(decodeURIComponent(found[1]));
    } catch {
        api.keep_token(found[1]);
    }
    return true;
}

function frame() {
    const pulse = h("span.pulse"), words = h("span");
    const state = h("span.link-state", null, pulse, words);
    live.on_status((status) => {
        mark(state, "data-state", status.state);
        say(words, status.state === "live" ? t("live") : status.state === "lost" ? t("not connected") : t("connecting"));
    });
    const name = [who.user, who.role].filter(Boolean).join(" · ");
    put(top_bar, h("a.brand", { href: "#/" }, h("img", { src: "/assets/icon.svg", alt: "", width: 24, height: 24 }), "FastGPU"),
        h("nav.tabs", { "aria-label": t("Views") }, TABS.map(([tab, href, text]) => h("a", { href, "data-tab": tab }, text))),
        h("span.top-right", null, state, h("span.who.muted", { title: who.project ? t`project ${who.project}` : t("every project") }, name),
            h("button.icon-button", { type: "button", title: t("Search (/)"), "aria-label": t("Search"), "aria-keyshortcuts": "/", onclick: search }, icon("search")), language_button(), theme_button(),
            api.token() ? h("button.icon-button", { type: "button", title: t("Sign out"), "aria-label": t("Sign out"), onclick: () => ask_token("") }, icon("out")) : null));
    show(top_bar, true);
}

function ask_token(why) {
    api.keep_token("");
    who = null;
    shown = "";
    live.stop();
    show(top_bar, false);
    show(banner, false);
    open_view(sign_in({ why, done: enter }));
    view.focus();
}

function enter(answer) {
    who = identity(answer);
    frame();
    live.start();
    route();
}

/** Leads to the other language, named in itself. */
function language_button() {
    const other = Object.keys(LANGUAGES).find((name) => name !== language);
    return h("button.icon-button.language", { type: "button", lang: other, title: LANGUAGES[other], "aria-label": LANGUAGES[other], onclick: () => choose_language(other) }, other === "zh" ? "中" : "EN");
}

/** The banner says what is wrong with the connection, and when the next try is. */
function watch_connection() {
    const words = h("span");
    const again = h("button.button.small", { type: "button", onclick: live.hurry }, t("Try now"));
    put(banner, icon("warn"), words, again);
    let status = null;
    const draw = () => {
        const lost = status?.state === "lost" || (status?.state === "connecting" && !banner.hidden && who);
        show(banner, lost && who);
        document.body.classList.toggle("is-lost", !!(lost && who));
        if (!lost) return;
        const rest = Math.max(0, Math.ceil((status.retry_at - Date.now()) / 1000));
        say(words, t`Not connected: ${status.why || "trying"}. What you see may be old. ${rest ? t`Next try in ${plural(rest, "second")}.` : t("Trying now.")}`);
    };
    live.on_status((next) => { status = { ...next }; draw(); });
    live.every_second(draw);
}

async function start() {
    take_token();
    const tried = api.token();
    try {
        enter(await api.get("/v1/whoami"));
    } catch (error) {
        if (error.kind === "auth" && api.token() !== tried) return start(); // another one came meanwhile
        if (error.kind === "auth") return ask_token(tried ? t("The token is not known, or it has expired or was revoked.") : "");
        const retry = h("button.button.primary", { type: "button", onclick: start }, t("Try again"));
        open_view({ el: h("section.panel.centre", null, h("h1", null, t("The service does not answer")), h("p", null, t`${error.message}. If it was stopped, this starts it again: `, h("code", null, "fastgpu up")), retry), title: t("No answer"), leave() {} });
        setTimeout(() => { if (retry.isConnected) start(); }, 3000);
    }
    return undefined;
}

api.when_unauthorised((why) => { if (who) ask_token(t`You were signed out: ${why}.`); });
window.addEventListener("hashchange", route);
watch_connection();
keys({ tabs: () => TABS, find: search, signed_in: () => !!who });
start();
