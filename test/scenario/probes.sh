#!/bin/bash
# What devices say, as a FAKE NVML plays it: recorded, replayed elsewhere; faults while the service runs.
. "$(dirname "$0")/../lib.sh"
[ -e "${FASTGPU_FAKE_NVML_LIBRARY:-}" ] || skip_all "the fake NVML library is not built"
board='NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|40|310000|55|0|-|0|1'
printf '%s\n' "$board" "$board" 'sine 1 * busy=100..900' >"$work/boards"
export FASTGPU_NVML_LIBRARY=$FASTGPU_FAKE_NVML_LIBRARY FASTGPU_FAKE_NVML=$work/boards

ok "a machine is recorded" fg node record "$work/two.rec" --for 1s --every 100ms
summary=$(fg node replay "$work/two.rec")
like "it has two devices" "$summary" "^recorded: 2 devices"
like "and what the machine itself said" "$summary" "machine +mem_used +MiB +[1-9]"
like "power stood still" "$summary" "h100-1 +power +mW +310000 +310000 +310000"
is "what is no recording is refused" "$(fg node replay /dev/null 2>&1 | head -1)" \
    "fastgpu: node replay: /dev/null: no device and no reading, expected what fastgpu node record writes [FG_EINVAL]"
is "also by up" "$(fg up --replay /dev/null --data-dir "$work/none" 2>&1 | head -1)" \
    "fastgpu: up: /dev/null: no device and no reading, expected what fastgpu node record writes [FG_EINVAL]"

start_daemon --replay "$work/two.rec"
like "replayed, its devices are there and named so" "$(fg node list)" "h100-replayed-1"
ok "and a job may hold one" fg run -q -g h100:1 -- true
like "what watching costs is told" "$(fg status)" "readings cost [0-9]+\.[0-9]+ % of a core"
stop_daemon

# One board hangs in the driver, the other has fallen off the bus: the service and its jobs go on.
start_daemon
ok "with the driver, a job runs" fg run -q -g h100:1 -- true
printf '%s\n' "$board" "$board" 'fault 0 0 hang 100000' 'fault 0 1 gone' >"$work/boards.new"
mv "$work/boards.new" "$work/boards"
ok "with a driver that hangs, a job without devices runs" fg run -q -- true
ok "and the service answers" fg status
stop_daemon
done_testing
