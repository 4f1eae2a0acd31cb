#!/bin/bash
# Rented machines that fail: one that never joins is given back and ordered elsewhere; one whose supplier gives notice is left in time; from
# one that must go at once the job is sent away, to start again.  Suppliers are SIMULATED, Slurm is real.
. "$(dirname "$0")/lib.sh"
. "$here/rented.sh"
rented c
. "$work/c/settings"
printf '%s\n' "link_listen: $address:$((port + 21))" 'order_join_s: 3' 'stop_grace_s: 2' >>"$work/config.yaml"
start_daemon --config "$work/config.yaml"
fg supplier add c slurm --conf "$work/c/slurm.conf" --link "$address:$((port + 21))" --program /usr/local/bin/fastgpu --poll 1s --reuse 1s >/dev/null
ok "one that sells machines which never come up" seller bad -- --never-boots
ok "and one whose machines come up" seller good -- --kind h100-sxm-80g --spot --leaves "$work/leaves"
of() { fg order list --supplier "$1" --json | python3 -c 'import json,sys; d=json.load(sys.stdin); d=d.get("items",d) if isinstance(d,dict) else d; print(*sorted("%s:%s" % (o["state"], o["cause"] or "-") for o in d))'; }
are() { [ "$(of "$1")" = "$2" ]; }
node_of() { fg show "$1" --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["attempts"][-1]["node"])' 2>/dev/null; }
runs_on() { [ "$(state "$1")" = running ] && [ "$(node_of "$1")" = "$2" ]; }

fg scale set h100 --supplier bad --instance simulated-2xh100 --most 1 --idle 1m --cool 1s --life 1s >/dev/null
fg scale set h100-sxm-80g --supplier good --instance simulated-2xh100-sxm-80g --contract spot --most 2 --idle 1m --cool 1s --life 1s >/dev/null
job=$(fg run -q -d -g h100:2 -c 0.1 --time-limit 5m -- sleep 100)
ok "what does not join is given back" eventually 25 are bad "rejected:absent"
like "and why is told" "$(fg order list --supplier bad)" 'did not join cluster c within 3 s'
ok "it is ordered elsewhere, and the job runs there" eventually 25 runs_on "$job" c.fake-0

echo "fake-0 $(date -u -d '+60 seconds' +%Y-%m-%dT%H:%M:%SZ)" >"$work/leaves"
ok "a machine that will be taken back is left in time, for another" eventually 30 runs_on "$job" c.fake-1
like "and why is told" "$(fg order show 2)" 'instance fake-0 is taken back at'
ok "what is left is not paid until then" eventually 10 are good "active:- released:reclaimed"

last=$(fg order list --supplier good -q | sort -n | tail -n 1)
for rule in h100 h100-sxm-80g; do fg scale remove $rule >/dev/null; done
ok "one with a job on it is given back if it must" fg order release "$last" --now
ended() { [ "$(fg order show "$last" --json | json state)" = released ]; }
ok "when the job has stopped" eventually 20 ended
is "which waits to start again" "$(state "$job")" queued
done_testing
