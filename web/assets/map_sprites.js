// map_sprites.js - what each code looks like as a cell: colour, and beside it height, letter or stroke, so that nobody needs the
// colour.
//
//     level: filled from below up to it · letter: of a project · "?": no reading · slash: draining · cross: down · thick cross: broken · bar: suspect · hatched: not ours

import { BROKEN, DOWN, DRAINS, LETTER, LETTERS, LEVELS, OTHERS, SUSPECT, UNKNOWN } from "./pool_columns.js";

const COLOURS = ["--sunk", "--line-strong", "--ink", "--panel", "--bad", "--warn", ...Array.from({ length: LEVELS }, (_, k) => `--heat-${k + 1}`), ...Array.from({ length: 6 }, (_, k) => `--hue-${k + 1}`)];

/** The colours of now: a canvas knows no variables. */
export function palette() {
    const probe = document.createElement("span");
    document.body.append(probe);
    const found = {};
    for (const name of COLOURS) {
        probe.style.color = `var(${name})`;
        found[name] = getComputedStyle(probe).color;
    }
    probe.remove();
    return found;
}

function letter_cell(pen, size, at, colours) {
    pen.fillStyle = colours[`--hue-${(at % 6) + 1}`];
    pen.fillRect(0, 0, size, size);
    if (size < 9) return;
    pen.fillStyle = colours["--panel"];
    pen.font = `700 ${Math.round(size * 0.78)}px sans-serif`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(at === LETTERS ? "+" : String.fromCharCode(65 + at), size / 2, size / 2 + 0.5);
}

function strokes(pen, size, colour, lines) {
    pen.strokeStyle = colour;
    pen.lineWidth = Math.max(1.2, size / 9);
    pen.beginPath();
    for (const [x1, y1, x2, y2] of lines) {
        pen.moveTo(x1 * size, y1 * size);
        pen.lineTo(x2 * size, y2 * size);
    }
    pen.stroke();
}

/** The cell of a code, `size` pixels wide at `ratio` device pixels each. */
export function sprite(code, size, ratio, colours) {
    const cell = document.createElement("canvas");
    cell.width = cell.height = Math.ceil(size * ratio);
    const pen = cell.getContext("2d");
    const base = code & 63;
    pen.scale(ratio, ratio);
    pen.fillStyle = colours["--sunk"];
    pen.fillRect(0, 0, size, size);
    if (base >= LETTER && base <= LETTER + LETTERS) letter_cell(pen, size, base - LETTER, colours);
    else if (base > 0 && base <= LEVELS) {
        pen.fillStyle = colours[`--heat-${base}`];
        pen.fillRect(0, size * (1 - base / LEVELS), size, (size * base) / LEVELS);
    }
    if (base === UNKNOWN) strokes(pen, size, colours["--line-strong"], [[0.35, 0.5, 0.65, 0.5]]);
    if (code & OTHERS) strokes(pen, size, colours["--line-strong"], [[0, 0.5, 0.5, 0], [0, 1, 1, 0], [0.5, 1, 1, 0.5]]);
    if (code & DRAINS) {
        strokes(pen, size, colours["--panel"], [[0, 1, 1, 0], [0.12, 1.12, 1.12, 0.12]]);
        strokes(pen, size, colours["--warn"], [[0, 1, 1, 0]]);
    }
    if (code & SUSPECT) strokes(pen, size, colours["--bad"], [[0, 0.5, 1, 0.5]]);
    if (code & DOWN) strokes(pen, size, colours["--bad"], [[0, 0, 1, 1], [0, 1, 1, 0]]);
    if (code & BROKEN) strokes(pen, size, colours["--bad"], [[0, 0, 1, 1], [0, 1, 1, 0], [0.5, 0, 0.5, 1], [0, 0.5, 1, 0.5]]);
    pen.strokeStyle = colours["--line-strong"];
    pen.lineWidth = 1;
    pen.strokeRect(0.5, 0.5, size - 1, size - 1);
    return cell;
}
