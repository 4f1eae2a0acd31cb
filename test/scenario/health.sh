#!/bin/bash
# A device that breaks, as a FAKE NVML shows it: it is left, the rest of the machine goes on, and what to repair is said.
. "$(dirname "$0")/../lib.sh"
[ -e "${FASTGPU_FAKE_NVML_LIBRARY:-}" ] || skip_all "the fake NVML library is not built"
board='NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|40|310000|55|0||0'
show() { # LINE...: what the driver says from now on
    printf '%s\n' "$board" "$board" "$@" >"$work/next"
    mv "$work/next" "$work/boards"
}
export FASTGPU_NVML_LIBRARY=$FASTGPU_FAKE_NVML_LIBRARY FASTGPU_FAKE_NVML=$work/boards
show
printf '%s\n' 'node_probation_s: 1' 'sample_interval_ms: 200' >"$work/config.yaml"
start_daemon --config "$work/config.yaml"
runs() { [ "$(state "$1")" = running ]; }
says() { fg node list | grep -qE -- "$1"; }
on() { fg show "$1" | grep -qE -- "$2"; }

job=$(fg run -q -d -g h100:1 -c 0.1 -- sleep 60)
eventually 20 runs "$job"
at=$(fg show "$job" --json | json devices.0)
number=${at##*-} other=h100-$((1 - ${at##*-}))
show "fault 0 $number gone"
ok "a board falls off the bus: people are told" eventually 30 says "$at fell off the bus"
like "and what to do" "$(fg node list)" "check power and PCIe"
ok "its job runs again on the other one" eventually 30 on "$job" "running .*$other"
like "and its history says why" "$(fg show "$job")" "its device fell off the bus"
next=$(fg run -q -d -g h100:1 -c 0.1 -- true)
is "nothing starts on it" "$(state "$next")" queued
show
ok "it is back, and work with it" eventually 30 test "$(fg wait "$next" >/dev/null && state "$next")" = succeeded

show "fault 0 $number xid 31"
is "an Xid of a program is not the device's fault" "$(fg run -q -g h100:1 -c 0.1 -- echo fine)" fine
show "fault 0 $number xid 31" "fault 0 $number xid 119"
ok "one of its own is" eventually 30 says "$at stopped working"
node=$(fg node list --json | json 0.name)
ok "an operator has reset it" fg node resume "$node"
is "and it works again" "$(fg run -q -g h100:1 -c 0.1 -- echo fine)" fine
like "all of it is in the events" "$(fg events)" "device.broken"
fg cancel "$job" >/dev/null
done_testing
