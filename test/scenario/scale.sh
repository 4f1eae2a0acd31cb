#!/bin/bash
# Scaling by rule at a FAKE supplier: jobs that find no place bring machines, within the rule and the caps; idle ones are given back;
# the service is killed in between, and nothing is bought twice.  GPUs are those of a FAKE NVML.
. "$(dirname "$0")/../lib.sh"
command -v python3 >/dev/null || skip_all "no python3: the example supplier is in it"
[ -e "${FASTGPU_FAKE_NVML_LIBRARY:-}" ] || skip_all "the fake NVML library is not built"
printf 'NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|40|310000|55|0||0\n%.0s' 1 2 >"$work/boards"
export FASTGPU_NVML_LIBRARY=$FASTGPU_FAKE_NVML_LIBRARY FASTGPU_FAKE_NVML=$work/boards
printf '%s\n' 'scale_every_s: 1' 'order_burn_in_s: 0' 'order_poll_s: 1' 'order_watch_s: 1' 'order_retry_s: 1' >"$work/config.yaml"
start() { start_daemon --config "$work/config.yaml"; }
refuses() { ! fg "$@" >"$work/refused" 2>&1; }
faults=$work/faults
supplier() { # OPTION...
    fg supplier add acme exec --timeout 3s "$@" -- python3 "$SOURCE_DIR/examples/suppliers/fake_supplier.py" \
        --delay 0.3 --capacity 100 --address localhost --fault-file "$faults" >/dev/null
}
# What the supplier has in its books: how many orders, how many of them not given back.
bought() { python3 -c 'import json,sys
try: orders = json.load(open(sys.argv[1]))["orders"].values()
except FileNotFoundError: orders = []
print(len(orders), sum(order["gone"] is None for order in orders))' "$data/suppliers/acme/fake.json"; }
of() { fg scale show h100 --json | json "$1"; }
is_at() { [ "$(of held) $(of coming) $(of leaving)" = "$1" ]; }
count() { fg order list --state "$1" --json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)))'; }
jobs_of() { local i; for ((i = 0; i < $1; i++)); do fg run -q -d -g h100:1 -c 0.01 -- sleep 300; done; }

start
supplier --cap-per-hour 40 --cap 100000
fg supplier offers acme >/dev/null
sells() { fg offer list --supplier acme --json | grep -q fake-8xh100; }
ok "the supplier sells machines of 8 H100" eventually 10 sells

# Rules.
ok "a rule needs an offer that there is" refuses scale set h100 --supplier acme --instance other --most 3
ok "of its class" refuses scale set a100 --supplier acme --most 3
ok "and no more at least than at most" refuses scale set h100 --supplier acme --least 4 --most 3
ok "nobody else's" refuses scale set h100 --supplier nobody --most 3
ok "the cheapest of the class is found" fg scale set h100 --supplier acme --most 3 --idle 2s --life 2s --cool 1s --slack 0
is "nothing is rare yet" "$(of held) $(of coming) $(of change)" "0 0 0"
like "and that is explained" "$(fg scale show h100)" "0 devices run, 0 wait.*: \+0"

# Two own devices run two jobs; 18 more wait: 3 machines, of which the caps let two be bought.
jobs=$(jobs_of 20)
ok "machines come" eventually 20 is_at "2 1 0"
is "two are bought" "$(bought)" "2 2"
is "the third waits for approval" "$(count planned)" 1
like "which is said" "$(of reason)" "18 wait.*3 machines of 8|at most 3.*1 wait for approval"
sleep 2.5
is "and that is all, however long jobs wait" "$(count planned,approved,ordered,delivered,inspected,active)" 3
supplier --cap-per-hour 400 --cap 100000
ok "somebody approves it" fg order approve "$(fg order list --state planned -q)"
ok "then it comes too" eventually 20 is_at "3 0 0"
many=$(fg run -q -d --array 0-39 -g h100:1 -c 0.01 -- sleep 300)
sleep 2.5
is "never more than the rule allows" "$(count planned,approved,ordered,delivered,inspected,active) $(bought)" "3 3 3"

# Killed while all are there, and while they are given back.
stop_daemon KILL
start
ok "after a kill they are still the rule's" eventually 10 is_at "3 0 0"
is "and none was bought again" "$(bought)" "3 3"
fg cancel $jobs >/dev/null
fg cancel -a "$many" >/dev/null
goes() { [ "$(of leaving)" != 0 ] || [ "$(bought)" != "3 3" ]; }
gone() { [ "$(bought)" = "3 0" ]; }
ok "without work they are given back" eventually 20 goes
stop_daemon KILL
start
ok "also across a kill" eventually 20 gone
ok "and the rule knows" eventually 10 is_at "0 0 0"

# Killed right after the need arose.
for pause in 0 0.4 0.9; do
    before=$(bought)
    job=$(fg run -q -d -g h100:8 -c 0.01 -- sleep 300)
    sleep "$pause"
    stop_daemon KILL
    start
    ok "killed $pause s after a job came, one machine comes" eventually 20 is_at "1 0 0"
    is "and only one" "$(bought)" "$((${before% *} + 1)) 1"
    fg cancel "$job" >/dev/null
    ok "and goes" eventually 20 is_at "0 0 0"
done

# A supplier that refuses is not asked every second.
echo refuse >"$faults"
job=$(fg run -q -d -g h100:8 -c 0.01 -- sleep 300)
refused() { of reason | grep -q "was refused"; }
ok "a refusal is noticed" eventually 20 refused
sleep 3
ok "and orders become rarer" test "$(count rejected)" -le 4
rm "$faults"
ok "until it sells again" eventually 30 is_at "1 0 0"
ok "the rule is removed" fg scale remove h100
is "its machine stays" "$(count active)" 1
ok "there is no rule any more" refuses scale show h100
told=$(fg events --limit 1000)
for kind in scale.added scale.up scale.down scale.held scale.removed; do
    like "event $kind" "$told" "$kind"
done
done_testing
