// job_power.js - what the devices of a job drew, while it alone held them: a curve, and its integral as energy.

import * as api from "./api.js";
import { chart, scale } from "./chart.js";
import { h, say, show } from "./dom.js";
import * as format from "./format.js";
import * as live from "./live.js";
import { is_over } from "./parts.js";
import { t } from "./words.js";

const watts = (value) => t`${format.count(value)} W`;

/** The answer of /v1/series for power in mW, as points in W and joules over the steps that are known.  Pure. */
export function power_points(answer) {
    const from = format.moment(answer.from), step_s = answer.step_s, values = answer.groups?.[0]?.values ?? [];
    const points = values.map((value, i) => [from + (i + 0.5) * step_s * 1000, value === null ? null : value / 1000]);
    return { points, joules: points.reduce((sum, [, value]) => sum + (value ?? 0) * step_s, 0) };
}

/** "830 J", "12 kJ", "1.4 kWh". */
export const energy = (joules) => (joules < 10000 ? `${format.count(joules)} J` : joules < 1e6 ? `${format.amount(joules / 1000)} kJ` : `${format.amount(joules / 3.6e6)} kWh`);

/** "850 g", "1.4 kg". */
export const carbon = (grams) => (grams < 1000 ? `${format.count(grams)} g` : `${format.amount(grams / 1000)} kg`);

/** {el, follow(job), stop()}; hidden while nothing is known. */
export function job_power(id, told) {
    let job = null, is_final = false;
    const drawing = chart({ label: t("Power of its devices"), height: 150, text: watts, scaler: scale, least: 100, empty: t("No readings.") }), now = h("b.num");
    const el = h("div.curve-box", null, h("h3", null, t("Power"), " ", h("span.muted", null, t("of its devices")), now), drawing.el);
    show(el, false);
    const watch = live.watch({
        every_ms: 15000, at_once: false,
        async run(signal) {
            const has_devices = (job?.devices ?? []).some((name) => name !== "cpu");
            if (!job?.started || !has_devices || is_final) return;
            is_final = is_over(job.state);
            const asked = new URLSearchParams({ reading: "power", agg: "sum", job: id, from: job.started, ...(job.finished ? { to: job.finished } : {}) });
            const answer = await api.get(`/v1/series?${asked}`, signal).catch((error) => { if (error.kind !== "refused") throw error; return null; });
            const { points, joules } = power_points(answer ?? {});
            const last = points.findLast((point) => point[1] !== null);
            show(el, !!last);
            if (!last) return;
            drawing.update({ series: [{ name: t("Power"), className: "cpu", area: true, points }], from: points[0][0], to: points.at(-1)[0] });
            say(now, is_over(job.state) ? "" : watts(last[1]));
            told(joules);
        },
    });
    return {
        el, stop: watch.stop,
        follow(next) {
            const begins = job?.state !== next.state;
            job = next;
            if (begins) watch.dirty();
        },
    };
}
