// usage.js - readings of a node or a job over time: the whole span is read once, then only what is new.

import * as api from "./api.js";
import * as format from "./format.js";

const FEW = 40, POINTS_MAX = 3600; // readings

/** The points, with their moments in milliseconds as `at`. */
function timed(points = []) {
    for (const point of points) point.at = format.moment(point.time);
    return points;
}

/** What was known and what is new as one list, its newest `most`; null where they do not touch.  Pure. */
export function joined(before, fresh, most) {
    const first = fresh[0]?.at, from = before.findLastIndex((point) => point.at === first);
    if (from < 0) return fresh.length ? null : before;
    return before.slice(0, from).concat(fresh).slice(-most);
}

/** The same of whole answers: null where a device is new or does not touch. */
function all_joined(before, fresh, most) {
    const points = joined(before.points, fresh.points, most);
    const devices = fresh.devices.map((device) => ({ name: device.name, points: joined(before.devices.find((each) => each.name === device.name)?.points ?? [], device.points, most) }));
    return points && devices.every((device) => device.points) ? { points, devices } : null;
}

/** Reads `path`: (wanted, signal) -> {points, devices: [{name, points}]}, the newest `wanted` of each at least, oldest first. */
export function usage_of(path) {
    let kept = null, kept_span = 0;
    const ask = async (limit, signal) => {
        const answer = await api.get(`${path}/usage?limit=${limit}`, signal);
        return { points: timed(answer.points), devices: (answer.devices ?? []).map((device) => ({ name: device.name, points: timed(device.points) })) };
    };
    return async (wanted, signal) => {
        const most = Math.min(POINTS_MAX, Math.max(wanted, kept_span));
        const next = most === kept_span ? all_joined(kept, await ask(FEW, signal), most) : null;
        kept = next ?? await ask(most, signal);
        kept_span = most;
        return kept;
    };
}
