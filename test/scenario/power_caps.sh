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
fg cancel "$busy" >/dev/null
ok "who ends gives its cap back" eventually 20 nothing_left
done_testing
