#!/bin/bash
# Power caps of boards that a FAKE NVML shows: within a budget and a bound on slowdown, and always put back.
. "$(dirname "$0")/../lib.sh"
[ -e "${FASTGPU_FAKE_NVML_LIBRARY:-}" ] || skip_all "the fake NVML library is not built"
printf 'NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|100|600000|55|0||0\n%.0s' 1 2 >"$work/boards"
export FASTGPU_NVML_LIBRARY=$FASTGPU_FAKE_NVML_LIBRARY FASTGPU_FAKE_NVML=$work/boards FASTGPU_FAKE_NVML_STATE=$work/caps
# The caps in force, in watts; the fake keeps them as a driver does, whoever comes and goes.
caps() { head -n 2 "$work/caps" 2>/dev/null | awk '{printf "%s%d", (NR > 1 ? " " : ""), $1 / 1000}'; }
caps_are() { [ "$(caps)" = "$1" ]; }
nothing_left() { caps_are "700 700" && [ ! -s "$data/power_caps" ]; }
printf 'energy_budget_w: 600\n' >"$work/config.yaml"
start_daemon --config "$work/config.yaml"
busy=$(fg run -q -d -g h100:1 -c 0.1 -- sleep 60)
ok "who works has the budget, who idles the least" eventually 20 caps_are "500 100"
is "what they had is on the disk" "$(awk '{print $2}' "$data/power_caps" | paste -sd ' ')" "700000 700000"
stop_daemon KILL
ok "a killed service leaves no caps, though nobody comes back" eventually 20 nothing_left

start_daemon --config "$work/config.yaml"
ok "the next one sets them again" eventually 20 caps_are "500 100"
stop_daemon
ok "a service that stops leaves none" nothing_left

printf 'energy_slowdown_percent: 10\nenergy_probe_s: 1\n' >"$work/config.yaml"
start_daemon --config "$work/config.yaml"
below() { [ "$(caps | cut -d' ' -f1)" -lt 600 ] && [ "$(caps | cut -d' ' -f2)" = 700 ]; }
ok "caps are tried on what runs, and only there" eventually 30 below
# By whatever it is asked for, it is the same.
cat >"$work/saved.py" <<'END'
import json, subprocess, sys
def ask(by):
    return json.loads(subprocess.check_output([sys.argv[1], "energy", "--by", by, "--json"]))
answers = [ask(by) for by in ("project", "user", "kind", "supplier", "job", "day")]
caps = answers[0]["savings"]["caps"]
for answer in answers:
    items = answer["others"]["saved_j"] + sum(item["saved_j"] for item in answer["items"])
    assert all(abs(answer["savings"]["caps"][name] - caps[name]) < 0.01 for name in caps), answer
    assert abs(answer["total"]["saved_j"] - caps["saved_j"]) < 0.01 and abs(items - caps["saved_j"]) < 0.01, answer
job = [item["saved_j"] for item in answers[4]["items"] if item["key"] == sys.argv[2]]
assert len(job) == 1 and abs(job[0] - caps["saved_j"]) < 0.01, answers[4]
print(caps["saved_j"])
END
saved() { python3 "$work/saved.py" "$FASTGPU_BIN" "$busy"; }
is_saving() { [ "$(saved 2>/dev/null | cut -d. -f1)" -gt 100 ]; }
ok "what caps save is counted while the job runs" eventually 60 is_saving
fg cancel "$busy" >/dev/null
ok "who ends gives its cap back" eventually 20 nothing_left
fg wait "$busy" >/dev/null
sleep 12 # what is not written yet comes within ten seconds
before=$(saved)
note "saved: $before J"
like "in words" "$(fg energy --by job)" "saved by power caps: [0-9.]+ [JkWh]+ \([0-9.]+ [JkWh]+ not drawn"
like "and in the report" "$(fg report)" "saved by power caps: "
fg report --html "$work/report.html" >/dev/null
is "as in its page" "$(grep -c '<p>saved by power caps: ' "$work/report.html")" 1
printf 'header = "Authorization: Bearer %s"\n' "$FASTGPU_TOKEN" | curl -sS -K - "$FASTGPU_URL/metrics" >"$work/metrics"
metric() { awk -v name="$1{way=\"caps\"" 'index($1, name) == 1 {print $2}' "$work/metrics"; }
is "/metrics has the same" "$(python3 -c 'import sys; a, b, c = map(float, sys.argv[1:]); print(abs(a - b - c) < 0.01)' \
    "$(metric fastgpu_saving_avoided_joules_total)" "$(metric fastgpu_saving_spent_joules_total)" "$before")" True
stop_daemon KILL
start_daemon --config "$work/config.yaml"
is "a kill counts nothing twice" "$(saved)" "$before"
done_testing
