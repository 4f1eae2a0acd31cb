#!/bin/bash
# Joules of jobs, from the counters of boards that a FAKE NVML shows at a steady 300 W.
. "$(dirname "$0")/../lib.sh"
[ -e "${FASTGPU_FAKE_NVML_LIBRARY:-}" ] || skip_all "the fake NVML library is not built"
printf 'NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|40|300000|55|0||0\n%.0s' 1 2 >"$work/boards"
within_a_day 60
export FASTGPU_NVML_LIBRARY=$FASTGPU_FAKE_NVML_LIBRARY FASTGPU_FAKE_NVML=$work/boards
# Watts of a job: its joules over its seconds; "none" if they are not known.
watts() {
    fg show "$1" --json | python3 -c 'import json,sys
job = json.load(sys.stdin)
joules = job["usage"]["energy_j"]
print("none" if joules is None else round(joules / job["duration_s"]))'
}
about() { [ "$1" -gt $(($2 * 85 / 100)) ] && [ "$1" -lt $(($2 * 115 / 100)) ]; }
is_read() { # a job that begins before a board is read begins to count then
    local job
    job=$(fg run -q -d -g h100:2 -c 0.1 -- true)
    fg wait "$job" && [ "$(watts "$job")" != none ]
}
printf 'energy_region: de\ngpu_price_uusd_per_hour: 360000000\ngrid: {carbon_hours: [120%s]}\n' "$(printf ', 120%.0s' {1..23})" >"$work/config.yaml"
start_daemon --config "$work/config.yaml"
ok "boards are read" eventually 20 is_read

one=$(fg run -q -d -g h100:1 -c 0.1 -- sleep 2)
half=$(fg run -q -d -g h100:0.5 -c 0.1 -- sleep 2)
none=$(fg run -q -d -c 0.1 -- sleep 0.1)
fg wait "$one" "$half" "$none" >/dev/null
two=$(fg run -q -d -g h100:2 -c 0.1 -- sleep 2)
fg wait "$two" >/dev/null
ok "a job on a board draws about 300 W ($(watts "$one"))" about "$(watts "$one")" 300
ok "a half has half of it ($(watts "$half"))" about "$(watts "$half")" 150
ok "two boards draw twice that ($(watts "$two"))" about "$(watts "$two")" 600
is "a job without a board has none" "$(watts "$none")" none
# Every list has all of it: what the jobs say, with what a kilowatt hour emits in these hours.
cat >"$work/sums.py" <<'END'
import json, subprocess, sys
def ask(*words):
    return json.loads(subprocess.check_output([sys.argv[1], *words, "--json"]))
jobs = sum(ask("show", job)["usage"]["energy_j"] or 0 for job in sys.argv[2:])
for by in "project", "user", "kind", "supplier", "job", "day":
    answer = ask("energy", "--by", by)
    total = answer["total"]
    assert abs(total["energy_j"] - sum(item["energy_j"] for item in answer["items"])) < 0.01, answer
    assert abs(total["energy_j"] - jobs) < 0.01, (answer, jobs)
    assert abs(total["co2_g"] - jobs / 3.6e6 * 120) < 0.01, answer
    assert [grid["region"] for grid in answer["grids"]] == ["de"], answer
    if by in ("project", "user", "day"):
        cost = ask("cost", "--by", by)["total"]
        assert abs(cost["energy_j"] - jobs) < 0.01 and abs(cost["co2_g"] - total["co2_g"]) < 0.01, cost
    print(by, answer["items"][0]["key"] if by in ("kind", "supplier", "project") else "")
END
is "its sums by project, user, kind, supplier, job and day" \
    "$(python3 "$work/sums.py" "$FASTGPU_BIN" $(seq 1 "$two") | paste -sd ' ' | tr -s ' ')" \
    "project default user kind h100 supplier None job day "
like "and in words" "$(fg energy --by kind)" 'h100 +[0-9.]+ J +[0-9]+ W +[0-9.]+ g'
fg cost --focus "$work/focus.csv"
is "FOCUS has them too" "$(fg cost validate "$work/focus.csv" | grep -c valid)" 1
cat >"$work/grams.py" <<'END'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
kwh, kg = (sum(float(row[name] or 0) for row in rows) for name in ("x_EnergyKwh", "x_Co2Kg"))
print(round(kg * 1000 / kwh, -1))
END
is "by the grams of these hours, not by the mean of a year" "$(python3 "$work/grams.py" "$work/focus.csv")" 120.0
is "without caps and sleep nothing is saved" "$(fg energy --json | python3 -c 'import json, sys
answer = json.load(sys.stdin)
print(answer["total"]["saved_j"], answer["savings"]["caps"]["avoided_j"], answer["savings"]["sleep"]["avoided_j"])')" "0 0 0"
like "shown in words" "$(fg show "$one")" "energy +[0-9]+ J"
like "with its CO2" "$(fg show "$one")" "CO2 +[0-9.]+ g"
like "and beside what was spent" "$(fg cost --by user)" "ENERGY +CO2"

# The fake counter starts anew with its process: what was used is not known then, and not made up.
long=$(fg run -q -d -g h100:1 -c 0.1 -- sleep 2)
running() { [ "$(state "$long")" = running ]; }
eventually 10 running
stop_daemon KILL
start_daemon --config "$work/config.yaml"
fg wait "$long" >/dev/null
like "after a kill with a counter that began anew nothing is made up" "$(watts "$long")" "^none$|^([0-9]|[0-9][0-9]|[12][0-9][0-9]|3[0-4][0-9])$"
done_testing
