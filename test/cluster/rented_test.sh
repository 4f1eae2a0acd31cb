#!/bin/bash
# Rented machines: jobs wait, a rule orders two from a SIMULATED supplier, they boot, join a real Slurm cluster and do the work; when they idle
# they are emptied, taken out of the cluster and given back.
. "$(dirname "$0")/lib.sh"
. "$here/rented.sh"
rented c
. "$work/c/settings"
echo "link_listen: $address:$((port + 21))" >>"$work/config.yaml"
start_daemon --config "$work/config.yaml"
ok "the cluster is a supplier" fg supplier add c slurm --conf "$work/c/slurm.conf" --link "$address:$((port + 21))" --program /usr/local/bin/fastgpu --poll 1s --reuse 1s
ok "and one that sells machines for it" seller acme -- --boot 0.5
refuses() { ! fg "$@" >"$work/refused" 2>&1; }
ok "the cluster stays while machines join it" refuses supplier remove c
story() { fg order list --json | python3 -c 'import json,sys; d=json.load(sys.stdin); d=d.get("items",d) if isinstance(d,dict) else d; print(*sorted(o["state"] for o in d))'; }
nodes() { in_cluster c scontrol -o show nodes 2>/dev/null | grep -o '^NodeName=[^ ]*' | sort | tr '\n' ' '; }
are() { [ "$(story)" = "$1" ]; }

begin=$SECONDS
fg scale set h100 --supplier acme --instance simulated-2xh100 --most 2 --idle 2s --cool 1s --life 1s >/dev/null || fail "a rule"
jobs=
for i in 1 2 3 4; do jobs+=" $(fg run -q -d -g h100:1 -c 0.1 --time-limit 5m -- sh -c 'hostname; echo $CUDA_VISIBLE_DEVICES; sleep 3')"; done
ok "machines are ordered, and become active" eventually 30 are "active active"
note "after $((SECONDS - begin)) s: $(nodes)"
like "they are nodes of the pool" "$(fg node list)" '^c\.fake-0 '
ok "the jobs run there, to their end" fg wait $jobs
where=$(for job in $jobs; do fg logs "$job" | sed -n 1p; done | sort | uniq -c | tr -s ' ' | tr '\n' ';')
is "two on each" "$where" " 2 fake-0; 2 fake-1;"
note "after $((SECONDS - begin)) s"
ok "what idles is given back" eventually 30 are "released released"
is "and is in the cluster no more" "$(nodes)" ""
none() { ! fg node list | grep -q '^c\.fake'; }
ok "nor in the pool" eventually 10 none
machines() { ls "$data"/suppliers/acme/machines/*/pid 2>/dev/null | wc -l; }
is "no machine is left on" "$(machines)" 0
note "after $((SECONDS - begin)) s"
like "its story is told" "$(fg order show 1)" 'they join cluster c'
done_testing
