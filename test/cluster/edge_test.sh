#!/bin/bash
# An edge site: its line is cut while a job runs; the job goes on, and its log and its results come when the line is back.
. "$(dirname "$0")/lib.sh"
can_hosts || skip_all "no namespaces here: a line cannot be cut"
cluster e --nodes 1 --hosts --prefix edge --gpus none --conf SlurmdTimeout=300
. "$work/e/settings"
printf '%s\n' "link_listen: $address:$((port + 21))" >"$work/config.yaml"
start_daemon --config "$work/config.yaml"
ok "the site is a supplier whose work is never given up for silence" \
    fg supplier add e slurm --conf "$work/e/slurm.conf" --link "$address:$((port + 21))" --lease 0 --region plant --poll 1s --patience 10m
there() { fg node list | grep -qE '^e\.edge1 .*up'; }
ok "its node is in the pool" eventually 15 there
job=$(cd "$work" && fg run -q -d --region plant -c 1 --time-limit 5m --output out.txt -- sh -c 'for i in $(seq 1 16); do echo "line $i"; sleep 0.5; done; echo result >out.txt')
wrote() { fg logs "$job" | grep -q "line $1"; }
ok "a job runs there, near its data" eventually 15 wrote 3
slurm e cut edge1
begin=$SECONDS
sleep 4
before=$(fg logs "$job" | wc -l)
is "cut off, the job counts as running" "$(state "$job")" running
ok "and nothing of it comes" test "$before" -lt 12
sleep 3
slurm e mend edge1
note "cut for $((SECONDS - begin)) s, $before lines had come"
ok "when the line is back the job ends well" timeout 40 "$FASTGPU_BIN" wait "$job"
note "ended $((SECONDS - begin)) s after the cut"
is "all that it wrote came" "$(fg logs "$job" | grep -c '^line')" 16
is "once" "$(fg logs "$job" | sort | uniq -d | wc -l)" 0
is "its result too" "$(fg artifacts "$job" --get out.txt -o - 2>/dev/null)" result
is "it ran once" "$(fg show "$job" --json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)["attempts"]))')" 1
done_testing
