// view_forecast.js - for each class of devices: what was asked, what will be, how wide the doubt is, and how good the model was.

import * as api from "./api.js";
import { h, keyed, say, show } from "./dom.js";
import * as format from "./format.js";
import { outlook } from "./outlook.js";
import { as_table, facts, panel, segments, table, watching } from "./panels.js";
import { empty } from "./parts.js";
import { t } from "./words.js";

const SERIES_SHOWN = 12;
const HORIZONS = [["24", t("a day")], ["72", t("3 days")], ["168", t("a week")], ["672", t("4 weeks")]];
const MEASURES = [["", "asked"], ["running", "running"], ["waiting", "waiting"], ["refused", "refused"]];
const LEVELS = "80,95";

/** Rows of the answer in milliseconds. */
export const times = (points) => points.map((point) => ({ ...point, at: format.moment(point.time) }));

/** A share as percent with one digit, "–" when it is not known. */
const share = (value) => (format.known(value) ? `${format.amount(100 * value)} %` : "–");

/** How good it was, in one sentence. */
export function verdict(backtest) {
    if (!backtest || !format.known(backtest.wape)) return t("The past is too short to say how good this is.");
    const naive = backtest.naive_wape;
    const against = format.known(naive) && naive > 0 ? t`, ${format.amount(Math.abs(100 * (1 - backtest.wape / naive)))} % ${backtest.wape <= naive ? t("better") : t("worse")} than "all stays as it is" (${share(naive)})` : "";
    const held = format.known(backtest.coverage80) ? t`; the 80 % band held ${share(backtest.coverage80)} of the time` : "";
    return t`Tried on the past from ${format.plural(backtest.origins, "moment")}: wrong by ${share(backtest.wape)} of what was asked${against}${held}.`;
}

const row_of = (point) => [format.exact(point.at), format.amount(point.mean), `${format.amount(point.lo80)} – ${format.amount(point.hi80)}`, `${format.amount(point.lo95)} – ${format.amount(point.hi95)}`];

function tip(series, step_ms) {
    return (ms) => {
        const near = (list) => list.find((point) => Math.abs(point.at - ms) <= step_ms / 2);
        const past = near(series.past), ahead = near(series.ahead);
        if (past) return { title: format.date(past.at), rows: [["was", format.amount(past.value)]] };
        if (!ahead) return null;
        return { title: format.date(ahead.at), rows: [["expected", format.amount(ahead.mean)], [t("80 % band"), `${format.amount(ahead.lo80)} – ${format.amount(ahead.hi80)}`], [t("95 % band"), `${format.amount(ahead.lo95)} – ${format.amount(ahead.hi95)}`]] };
    };
}

/** One class: {el, update(series)}. */
function class_panel(name) {
    let now = { past: [], ahead: [] };
    const drawing = outlook({ label: t`Demand of ${name}, in devices`, tip: (ms) => tip(now, 3600000)(ms) });
    const sheet = as_table(t`Forecast of ${name}`, [t("Hour"), t("#Expected"), t("#80 % band"), t("#95 % band")]);
    const models = table(t`Models of ${name}`, [t("Model"), t("#Weight"), t("#Error in the past")], (m) => m.name, (m) => [m.name, share(m.weight), share(m.wape)]);
    const words = h("p.lead"), list = facts();
    const { el, aside } = panel(name || "all", words, drawing.legend, drawing.el, sheet.el, h("details.as-table", null, h("summary", null, t("The model and its history")), list.el, models.el));
    return {
        el,
        update(series) {
            now = { past: times(series.history ?? []), ahead: times(series.points ?? []) };
            say(aside, t`model: ${series.model}`);
            say(words, verdict(series.backtest));
            const seam = now.past.findLast((point) => format.known(point.value));
            const from_seam = (make) => [...(seam ? [[seam.at, seam.value, seam.value]] : []), ...now.ahead.map(make)];
            const begin = now.ahead[0]?.at ?? 0;
            drawing.update({
                from: now.past[0]?.at ?? begin, to: now.ahead.at(-1)?.at ?? begin, now: begin,
                bands: [{ name: t("95 % band"), className: "gpu outer", points: from_seam((p) => [p.at, p.lo95, p.hi95]) }, { name: t("80 % band"), className: "gpu", points: from_seam((p) => [p.at, p.lo80, p.hi80]) }],
                lines: [{ name: "was", className: "past", points: now.past.map((p) => [p.at, p.value]) }, { name: "expected", className: "gpu", points: from_seam((p) => [p.at, p.mean]).map((p) => [p[0], p[1]]) }],
                words: now.ahead.length ? t`Expected ${format.amount(now.ahead[0].mean)} in the next hour, at most ${format.amount(Math.max(...now.ahead.map((p) => p.mean)))} later.` : "",
            });
            sheet.update(now.ahead.map(row_of));
            models.update(series.models ?? []);
            list.update([[t("Hours of history"), format.count(series.values)], [t("Gaps filled"), format.count(series.gaps)], [t("Outliers tamed"), format.count(series.outliers)], [t("Level shifted"), series.shift?.time ? format.date(format.moment(series.shift.time)) : ""], [t("MASE"), format.amount(series.backtest?.mase)]]);
        },
    };
}

export function forecast({ query, go }) {
    const horizon = HORIZONS.some(([value]) => value === query.get("horizon")) ? query.get("horizon") : "24";
    const measure = MEASURES.some(([value]) => value === query.get("measure")) ? query.get("measure") : "";
    const places = h("div.stack-page"), more = h("p.muted");
    const none = empty(t("Nothing is known of demand yet."), t("An hour after the first job there is a history to forecast from. For a series of your own:"), "fastgpu forecast --input series.csv --plot");
    show(none, false);
    const title = h("header.page-head", null, h("h1", null, t("Forecast")), segments(t("What"), MEASURES, measure, (value) => go({ measure: value })), segments(t("Horizon"), HORIZONS, horizon, (value) => go({ horizon: value === "24" ? "" : value })));
    const watch = watching({
        every_ms: 300000,
        async run(signal) {
            const wanted = new URLSearchParams({ horizon, level: LEVELS, history: Math.min(672, Math.max(168, 2 * horizon)) });
            if (measure) wanted.set("measure", measure);
            const answer = await api.get(`/v1/forecast?${wanted}`, signal);
            const all = answer.series ?? [];
            keyed(places, all.slice(0, SERIES_SHOWN), (series) => series.name, (series) => class_panel(series.name));
            show(none, all.length === 0);
            say(more, all.length > SERIES_SHOWN ? t`${format.plural(all.length - SERIES_SHOWN, t("more class"), t("more classes"))}: fastgpu forecast --class NAME` : all.length ? t`Computed ${format.date(format.moment(answer.computed))} in ${format.duration(answer.seconds)}; devices, the mean of each hour.` : "");
        },
    });
    const el = h("div.stack-page", null, title, watch.el, none, places, more);
    return { el, title: t("Forecast"), leave: watch.stop };
}
