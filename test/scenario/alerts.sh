#!/bin/bash
# What is wrong and what is wasted is said, in words that say what to do: a job that holds devices and does not use them, a
# device that is slower than its twins, boards that break.  The boards are those of a FAKE NVML.
. "$(dirname "$0")/../lib.sh"
[ -e "${FASTGPU_FAKE_NVML_LIBRARY:-}" ] || skip_all "the fake NVML library is not built"
board='NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|90|310000|55|0||0'
show() { # LINE...: what the driver says from now on
    printf '%s\n' "$board" "$board" "$board" "$board" "at 0 * sm_clock=1755" "$@" >"$work/next"
    mv "$work/next" "$work/boards"
}
export FASTGPU_NVML_LIBRARY=$FASTGPU_FAKE_NVML_LIBRARY FASTGPU_FAKE_NVML=$work/boards
show "at 0 2 sm_clock=1215 temp=88 slowdown=32" "at 0 1 busy=0"
printf '%s\n' 'sample_interval_ms: 100' 'judge_every_ms: 100' 'idle_held_s: 1' 'alert_clear_s: 1' \
    'gpu_price_uusd_per_hour: 2000000' 'node_probation_s: 0' >"$work/config.yaml"
start_daemon --config "$work/config.yaml"
alert() { fg alert list --state "${2:-all}" | grep -E -- "$1"; }
raised() { fg events --json | grep -c 'alert.raised.*idle_held'; }

job=$(fg run -q -d -g h100:4 -c 0.1 -n train -- sleep 60)
ok "devices that a job asked for and does not use" eventually 20 alert "underused.*job $job of .* holds 4 devices .* 1 of them idle"
ok "a device that is slower than its twins is named, and why" alert "slow_twin.*h100-2 of .* 1215 MHz, its 2 twins .* 1755 MHz, held down by heat"
show "at 0 * busy=0"
ok "a job that does nothing with all of its devices" eventually 20 alert "idle_held.*job $job of .* holds 4 devices .* 4 of them idle" open
id=$(fg alert list --json | json items.0.id)
like "what to do is said" "$(fg alert show "$id")" "fastgpu cancel $job"
like "somebody knows of it" "$(fg alert ack "$id")" "is known to"
like "the status counts it" "$(fg status)" "alerts .*1 acknowledged"
stop_daemon
start_daemon --config "$work/config.yaml"
fg cancel "$job" >/dev/null
show "fault 0 1 gone" "fault 0 2 gone"
ok "it is over when the job is" eventually 20 alert "idle_held" cleared
is "a restart raised nothing again" "$(raised)" 1
like "what it cost is told" "$(fg waste)" "$job .*[$]0.* held 4 devices and did nothing on them"
like "also of the job" "$(fg show "$job")" "wasted .* did nothing"
like "and how much of the machine worked" "$(fg waste --by class)" "h100 +[0-9]"
ok "two boards that break are one alert" eventually 20 alert "critical +device_fault.*fell off the bus" open
is "of two devices" "$(fg alert list --json | json items.0.count)" 2
done_testing
