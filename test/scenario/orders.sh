#!/bin/bash
# Orders at a FAKE supplier behind the example plug-in: planned, approved, bought once, inspected, used, given back; the service killed
# at any moment; wrong machines, hanging calls, caps.
. "$(dirname "$0")/../lib.sh"
command -v python3 >/dev/null || skip_all "no python3: the example supplier is in it"
plugin=$SOURCE_DIR/examples/suppliers/fake_supplier.py
printf '%s\n' 'order_burn_in_s: 1' 'order_poll_s: 1' 'order_watch_s: 1' 'order_retry_s: 1' >"$work/config.yaml"
start() { start_daemon --config "$work/config.yaml"; }
start
faults=$work/faults
supplier() { # OPTION...: the supplier acme, with these options
    fg supplier add acme exec --timeout 3s "$@" -- python3 "$plugin" --delay 0.7 --capacity 100 --address localhost --fault-file "$faults"
}
refuses() { ! fg "$@" >"$work/refused" 2>&1; }
of() { fg order show "$1" --json | json "$2"; } # ID MEMBER
is_in() { [ "$(of "$1" state)" = "$2" ]; }
order() { fg order create --json --supplier acme --instance fake-8xh100 "$@" | json id; }
# What the supplier has in its books: how many orders, how many of them not given back.
bought() { python3 -c 'import json,sys
try: orders = json.load(open(sys.argv[1]))["orders"].values()
except FileNotFoundError: orders = []
print(len(orders), sum(order["gone"] is None for order in orders))' "$data/suppliers/acme/fake.json"; }

ok "a supplier is added" supplier
like "and listed" "$(fg supplier list)" "^acme  *exec  *open"
ok "it is asked what it sells" fg supplier offers acme
sells() { fg offer list --supplier acme --json | grep -q fake-8xh100; }
ok "and that is in the catalogue" eventually 10 sells
ok "no such offer" refuses order create --supplier acme --instance other
ok "a price below the offer's" refuses order create --supplier acme --instance fake-8xh100 --max-price 19

# The whole life.
first=$(order --project default)
is "an order is planned" "$(of "$first" state)" planned
like "and says what it waits for" "$(of "$first" reason)" "waits for approval"
sleep 0.5
is "nothing is bought without approval" "$(bought)" "0 0"
ok "somebody approves" fg order approve "$first" -m "for the demo"
ok "it is delivered, inspected, active" eventually 20 is_in "$first" active
is "one was bought" "$(bought)" "1 1"
is "its story" "$(fg order show "$first" --json | python3 -c 'import json,sys; print(*[n["kind"] for n in json.load(sys.stdin)["story"]])')" \
    "created approved ordered delivered inspected active"
is "this machine is the one" "$(of "$first" instances.0.verdict)" accepted
job=$(fg run -q -d -c 1 -- sleep 100)
runs() { [ "$(state "$job")" = running ]; }
eventually 20 runs
sleep 1
ok "it is to be given back" fg order release "$first"
like "but not while a job runs on it" "$(of "$first" reason)" "1 job runs on its machines"
next=$(fg run -q -d -c 1 -- true)
sleep 1.5
is "which goes on" "$(of "$first" state) $(state "$job")" "active running"
is "and no other begins there" "$(state "$next")" queued
fg cancel "$job" >/dev/null
fg wait "$job" >/dev/null 2>&1
ok "a job costs what its machine costs" test "$(fg show "$job" --json | json cost_uusd)" -gt 0
ok "then it goes, until the supplier has it again" eventually 15 is_in "$first" released
is "and nothing is left there" "$(bought)" "1 0"
is "the supplier has a record" "$(fg supplier show acme --json | json learned.offers.0.instance)" fake-8xh100
like "which is shown" "$(fg supplier show acme)" "^fake-8xh100  *nowhere  *on_demand .*told"
is "its cost is what was used and what was not" "$(fg order show "$first" --json | python3 -c 'import json,sys
o = json.load(sys.stdin); print(o["cost_uusd"] == o["idle_uusd"] + sum(u["uusd"] for u in o["used"]) and o["cost_uusd"] > 0 and len(o["used"]))')" 1
ok "it does not come again" refuses order approve "$first"

# Caps.
supplier --cap-per-hour 40 --cap 100000 >/dev/null
second=$(order) third=$(order) fourth=$(order)
is "within the caps it is approved at once" "$(of "$second" approved_by)" policy
is "the third of 20 USD is beyond 40" "$(of "$fourth" state)" planned
ok "both are there" eventually 20 is_in "$third" active
ok "a supplier with orders stays" refuses supplier remove acme
for id in $second $third; do eventually 20 is_in "$id" active; fg order release "$id" >/dev/null; done
fg order cancel "$fourth" >/dev/null
ok "both are given back" eventually 20 is_in "$third" released
eventually 20 is_in "$second" released

# The report of it.
like "the report tells of the supplier" "$(fg report --period day)" '^acme +3 '
is "and what it cost is what was booked" "$(fg report --period day --json | python3 -c '
import json, subprocess, sys
report = json.load(sys.stdin)
orders = json.loads(subprocess.check_output([sys.argv[1], "order", "list", "--json"]))
line = report["suppliers"][0]
print(line["delivered"], line["late"], line["cost_uusd"] == sum(order["cost_uusd"] for order in orders), report["plans"][0]["plan"], line["score"] is not None)' "$FASTGPU_BIN")" \
    "3 0 True None True"

# The service is killed at any moment: nothing is bought twice, nothing forgotten.
for pause in 0 0.1 0.25 0.5 0.9; do
    id=$(order)
    sleep "$pause"
    stop_daemon KILL
    start
    ok "killed $pause s after the order, it becomes active" eventually 20 is_in "$id" active
    fg order release "$id" >/dev/null
    sleep "$pause"
    stop_daemon KILL
    start
    ok "and is given back" eventually 20 is_in "$id" released
done
is "each was bought once, and none is left" "$(bought)" "8 0"

# Faults.
echo wrong-gpu >"$faults"
wrong=$(order)
ok "what was not ordered is rejected" eventually 20 is_in "$wrong" rejected
like "with the reason" "$(of "$wrong" reason)" "a100.*ordered 8 h100"
is "and given back" "$(bought)" "9 0"
echo dear >"$faults"
dear=$(order)
ok "so is a higher price" eventually 20 is_in "$dear" rejected
is "which is not even bought" "$(of "$dear" cause) $(bought)" "price 9 0"
echo hang >"$faults"
slow=$(order)
says() { of "$slow" reason | grep -q "tried again"; }
ok "a call that hangs is cut off, and said" eventually 20 says
rm "$faults"
ok "and when it answers again the order goes on" eventually 20 is_in "$slow" active
echo reclaim >"$faults"
ok "what the supplier takes back is over" eventually 20 is_in "$slow" released
is "which is its doing" "$(of "$slow" cause)" reclaimed
rm "$faults"
short=$(order --until 3s)
ok "an order with an end ends by itself" eventually 20 is_in "$short" released
is "that is why" "$(of "$short" cause)" expired
fg supplier pause acme >/dev/null
ok "a paused supplier gets no orders" refuses order create --supplier acme --instance fake-8xh100
ok "and may go when all is over" fg supplier remove acme
like "the cost of orders is in the accounts" "$(fg cost --by order)" "acme"
done_testing
