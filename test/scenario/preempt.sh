#!/bin/bash
# A job that is stopped for another one, and for a drained node, goes on from its checkpoint.
. "$(dirname "$0")/../lib.sh"
start_daemon
runs() { [ "$(state "$1")" = running ]; }
waits() { [ "$(state "$1")" = queued ]; }
cores=$(fg node list --json | json 0.cpu_milli)
cores=$((cores / 1000))
node=$(fg node list --json | json 0.name)

# It counts until the file is there, writes down how far it got when it is told to stop, and ends with 0.
cat >"$work/count.sh" <<'J'
n=$(cat "$FASTGPU_CHECKPOINT_DIR/n" 2>/dev/null || echo 0)
echo "attempt $FASTGPU_ATTEMPT from $n" >>"$FASTGPU_CHECKPOINT_DIR/log"
trap 'echo "$n" >"$FASTGPU_CHECKPOINT_DIR/n"; exit 0' TERM
until [ -e "$1" ]; do n=$((n + 1)); touch "$1.counts"; sleep 0.1; done
cat "$FASTGPU_CHECKPOINT_DIR/log"
J
counts() { fg run -q -d -c "$cores" --preemptible --priority -100 --checkpoint 1m -- sh "$work/count.sh" "$1"; }
counted() { eventually 10 test -e "$1.counts"; }
job=$(counts "$work/first")
eventually 10 runs "$job"
counted "$work/first"
like "the job file has what was asked" "$(fg show "$job" --json)" '"checkpoint_us":60000000'
urgent=$(fg run -q -d -c "$cores" --priority 500 --time-limit 1m -- sleep 0.2)
ok "an urgent job gets the cores" fg wait "$urgent"
touch "$work/first"
ok "the one that made room succeeds" fg wait "$job"
log=$(fg logs "$job")
like "its first attempt began at nothing" "$log" "attempt 1 from 0$"
like "its second went on from the checkpoint" "$log" "attempt 2 from [1-9]"
like "and its history says why" "$(fg show "$job")" "preempted"

# Draining: what runs ends in peace, or moves off when told to.
job=$(counts "$work/second")
eventually 10 runs "$job"
counted "$work/second"
like "the node drains" "$(fg node drain "$node" --reason 'a new fan' --json)" '"state":"draining"'
next=$(fg run -q -d -c 0.1 -- true)
sleep 0.5
is "who runs goes on" "$(state "$job")" running
is "nobody else begins" "$(state "$next")" queued
like "and why says so" "$(fg why "$next")" "drain"
ok "with --move it is stopped" fg node drain "$node" --move
eventually 10 waits "$job"
like "the node is empty" "$(fg node show "$node" --json)" '"state":"drained"'
ok "it takes work again" fg node resume "$node"
touch "$work/second"
ok "the job succeeds" fg wait "$job"
like "from where it was" "$(fg logs "$job")" "attempt 2 from [1-9]"
like "its history says that it was moved" "$(fg show "$job")" "moved off a drained node"
ok "and who waited runs" fg wait "$next"
done_testing
