#!/bin/bash
# Advance reservations on three boards of a FAKE NVML: who may start before, who is stopped in time, who runs in it and for how long.
. "$(dirname "$0")/../lib.sh"
[ -e "${FASTGPU_FAKE_NVML_LIBRARY:-}" ] || skip_all "the fake NVML library is not built"
cat >"$work/boards" <<'B'
NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|40|310000|55|0||0
NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|40|310000|55|0||0
NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|40|310000|55|0||0
B
export FASTGPU_NVML_LIBRARY=$FASTGPU_FAKE_NVML_LIBRARY FASTGPU_FAKE_NVML=$work/boards
printf '%s\n' 'stop_grace_s: 1' 'reservation_lead_s: 2' >"$work/config.yaml"
start_daemon --config "$work/config.yaml"
node=$(fg node list -q)
runs() { [ "$(state "$1")" = running ]; }
refuses() { ! fg "$@" >"$work/refused" 2>&1; }
job() { fg run -q -d -c 0.1 -g "$@"; }

ok "no such node" refuses reservation add x --start 1h --duration 1h --nodes none
like "is said" "$(cat "$work/refused")" "none: not in the pool"
ok "more than there are" refuses reservation add x --start 1h --duration 1h --gpus 4
ok "an end before the start" refuses reservation add x --start 2h --end 1h --gpus 1
ok "what is over" refuses reservation add x --start 2020-01-01T00:00Z --duration 1h --gpus 1
ok "a job of none that there is" refuses run -d --reservation x -- true
fg reservation add work --start 1h --duration 1h --nodes "$node" --maintenance >/dev/null
ok "the same devices at the same time" refuses reservation add x --start 90m --duration 1h --gpus 1
like "is said" "$(cat "$work/refused")" "no other reservation has 0|reservation work has some"
ok "nobody runs in maintenance" refuses run -d --reservation work -- true
fg reservation remove work >/dev/null

like "made, and shown" "$(fg reservation add exam --start 14s --duration 8s --gpus 2)" "^exam  *waiting .*$node \(2\)"
inside=$(job 2 --reservation exam -- sleep 100)
long=$(job 2 -- sleep 1)
like "who gives no limit waits, and why says for what" "$(fg why "$long")" "kept for reservation exam"
lent=$(job 2 --time-limit 3s -- sleep 1)
like "who is in it waits for its time" "$(fg why "$inside")" "reservation exam begins"
ok "who ends before it runs before it" fg wait "$lent"
stopped=$(job 2 --preemptible -- sleep 100)
eventually 5 runs "$stopped"
stop_daemon KILL
start_daemon --config "$work/config.yaml"
like "it survives kill -9" "$(fg reservation list)" "^exam"
eventually 20 runs "$inside"
like "who could be stopped was stopped in time" "$(fg show "$stopped")" "preempted"
like "it is under way" "$(fg reservation show exam)" "active"
fg cancel "$stopped" >/dev/null
fg wait "$inside" >/dev/null
is "its job ends with it" "$(state "$inside")" timed_out
ok "and who waited for its end runs" fg wait "$long"
is "it is no more" "$(fg reservation list -q)" ""
like "events tell" "$(fg events --json | tr '\n' ' ')" "reservation.added.*reservation.started.*reservation.ended"
done_testing
