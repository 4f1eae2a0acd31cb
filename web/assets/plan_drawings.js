// plan_drawings.js - a plan as drawings: supply stacked against the forecast, the cost of each period, each class by itself.

import { h, put, show } from "./dom.js";
import * as format from "./format.js";
import { outlook, stack, steps } from "./outlook.js";
import { as_table, panel } from "./panels.js";
import { layers, total_demand } from "./plan_words.js";
import { t } from "./words.js";

const HOUR_MS = 3600000;
const band = ([mean, low, high]) => `${format.amount(mean)} (${format.amount(low)} – ${format.amount(high)})`;

function period_at(plan, ms) {
    const begin = format.moment(plan.begin), step = plan.period_hours * HOUR_MS;
    const period = Math.floor((ms - begin) / step);
    return period >= 0 && period < (plan.periods?.length ?? total_demand(plan).length) ? period : -1;
}

const begins = (plan, period) => format.date(format.moment(plan.begin) + period * plan.period_hours * HOUR_MS);

/** {el, update(plan)} */
export function supply_drawing() {
    let plan = {}, demand = [], supply = [];
    const rows = (period) => [...(demand[period] ? [[t("needed (80 % band)"), band(demand[period])]] : []), ...supply.filter((s) => s.values[period] > 0).map((s) => [s.name, format.amount(s.values[period])])];
    const drawing = outlook({ label: t("Devices: supply against the forecast"), height: 300, tip: (ms) => { const period = period_at(plan, ms); return period < 0 ? null : { title: begins(plan, period), rows: rows(period) }; } });
    const place = h("div");
    const { el, aside } = panel(t("Supply against the forecast"), drawing.legend, drawing.el, place);
    return {
        el,
        update(next) {
            plan = next;
            demand = total_demand(plan);
            supply = layers(plan);
            const begin = format.moment(plan.begin), step = plan.period_hours * HOUR_MS;
            const many = (plan.forecasts?.length ?? 0) > 1;
            drawing.update({
                from: begin, to: begin + demand.length * step,
                bands: [...stack(begin, step, supply), { name: many ? t("80 % bands of the classes, added up") : t("80 % band"), className: "ink", points: steps(begin, step, demand.map(([, low, high]) => [low, high])) }],
                lines: [{ name: t("expected need"), className: "ink", points: steps(begin, step, demand.map(([mean]) => mean)) }],
                words: demand[0] ? t`In the first period ${format.amount(demand[0][0])} devices are needed and ${format.amount(supply.reduce((sum, s) => sum + (s.values[0] ?? 0), 0))} are there.` : "",
            });
            const sheet = as_table(t("Supply by period"), [t("Period"), t("#Needed (80 % band)"), ...supply.map((s) => `#${s.name}`)]);
            sheet.update(demand.map((values, period) => [begins(plan, period), band(values), ...supply.map((s) => format.amount(s.values[period]))]));
            put(place, sheet.el);
            aside.textContent = t`devices, periods of ${format.duration(3600 * plan.period_hours)}`;
        },
    };
}

/** {el, update(plan)} */
export function cost_drawing() {
    let plan = {};
    const drawing = outlook({
        label: t("Expected cost of each period"), height: 200, text: format.dollars,
        tip: (ms) => { const period = period_at(plan, ms), p = plan.periods?.[period]; return p ? { title: begins(plan, period), rows: [["committed", format.dollars(p.committed)], [t("as needed"), format.dollars(p.recourse)]] } : null; },
    });
    const sheet = as_table(t("Cost by period"), [t("Period"), t("#Committed"), t("#As needed"), t("#Needed"), t("#Unmet")]);
    const { el } = panel(t("Cost of each period"), drawing.legend, drawing.el, sheet.el);
    return {
        el,
        update(next) {
            plan = next;
            const periods = plan.periods ?? [], begin = format.moment(plan.begin), step = plan.period_hours * HOUR_MS;
            drawing.update({
                from: begin, to: begin + periods.length * step, lines: [],
                bands: stack(begin, step, [{ name: "committed", className: "gpu", texture: "slant", values: periods.map((p) => p.committed) }, { name: t("as needed"), className: "cpu", texture: "dots", values: periods.map((p) => p.recourse) }]),
                words: t`${format.dollars(periods.reduce((sum, p) => sum + p.committed + p.recourse, 0))} in all.`,
            });
            sheet.update(periods.map((p, period) => [begins(plan, period), format.dollars(p.committed), format.dollars(p.recourse), format.amount(p.demand), format.amount(p.unmet)]));
            show(el, periods.length > 0);
        },
    };
}

/** The forecast of each class by itself; nothing if there is only one. */
export function class_drawings() {
    const place = h("div.plan-charts");
    const { el } = panel(t("Forecast by class"), place);
    return {
        el,
        update(plan) {
            const begin = format.moment(plan.begin), step = plan.period_hours * HOUR_MS;
            show(el, (plan.forecasts?.length ?? 0) > 1);
            put(place, (plan.forecasts ?? []).map((each) => {
                const values = each.periods ?? [];
                const drawing = outlook({ label: t`Forecast of ${each.class}, in devices`, height: 150, told: "", tip: (ms) => { const period = period_at(plan, ms); return values[period] ? { title: begins(plan, period), rows: [[t("needed (80 % band)"), band(values[period])]] } : null; } });
                drawing.update({ from: begin, to: begin + values.length * step, bands: [{ name: t("80 % band"), className: "gpu", points: steps(begin, step, values.map(([, low, high]) => [low, high])) }], lines: [{ name: "expected", className: "gpu", points: steps(begin, step, values.map(([mean]) => mean)) }], words: t`Between ${format.amount(Math.min(...values.map((v) => v[0])))} and ${format.amount(Math.max(...values.map((v) => v[0])))} expected.` });
                return h("div.curve-box", null, h("h3.mono", null, each.class), drawing.el);
            }));
        },
    };
}
