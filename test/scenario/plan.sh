#!/bin/bash
# A plan, end to end, at a FAKE supplier: made from demand and offers, reviewed, approved, applied; its orders delivered; the service
# killed in between.
. "$(dirname "$0")/../lib.sh"
command -v python3 >/dev/null || skip_all "no python3: the example supplier is in it"
[ -e "${FASTGPU_FAKE_NVML_LIBRARY:-}" ] || skip_all "the fake NVML library is not built"
printf 'NVIDIA A100-SXM4-80GB (FAKE)|81920|1024|40|310000|55|0||0\n%.0s' 1 2 3 4 >"$work/boards"
export FASTGPU_NVML_LIBRARY=$FASTGPU_FAKE_NVML_LIBRARY FASTGPU_FAKE_NVML=$work/boards
plugin=$SOURCE_DIR/examples/suppliers/fake_supplier.py
printf '%s\n' 'order_burn_in_s: 0' 'order_poll_s: 1' 'order_watch_s: 1' 'order_retry_s: 1' >"$work/config.yaml"
start() { start_daemon --config "$work/config.yaml"; }
start
refuses() { ! fg "$@" >"$work/refused" 2>&1; }
of() { fg plan show "$1" --json | json "$2"; } # ID MEMBER
fg supplier add acme exec --timeout 3s -- python3 "$plugin" --delay 0.2 --capacity 100 --address localhost >/dev/null

# Two ways to have eight H100: by the hour, or for a month at half the price.
cat >"$work/offers.csv" <<'E2'
instance_type,accelerator,accelerator_count,accelerator_mem_mib,contract,price_usd_h,term_hours
fake-8xh100,H100,8,81920,on_demand,20,
fake-8xh100,H100,8,81920,reserved,10,720
E2
ok "offers are imported" fg supplier import "$work/offers.csv" --supplier acme
ok "without any history there is no plan" refuses plan create
like "and that is said" "$(cat "$work/refused")" "nothing is known of demand yet"

# Jobs that may wait, and some that may not, say what a plan may put off.
echo "run: true" >"$work/true.yaml"
ok "flexible jobs are taken" fg submit --array 0-29 --gpus h100:1 --time-limit 2h --flexible price "$work/true.yaml"
ok "and others" fg submit --array 0-69 --gpus h100:1 --time-limit 2h "$work/true.yaml"
{ echo period,class,devices; for hour in $(seq 0 47); do echo "$hour,h100,$((hour % 6 ? 8 : 16))"; done; } >"$work/peaks.csv"
echo 'seconds: 0' >"$work/quick.yaml"
ok "a plan by the hour" fg plan create --demand "$work/peaks.csv" --options "$work/quick.yaml" --period 1 --horizon 48 --json
cp "$work/ok.out" "$work/peaks.json"
is "knows how much may wait" "$(json plan.flexible.0.class <"$work/peaks.json") $(json plan.flexible.0.jobs <"$work/peaks.json")" "h100 30"
like "shows it" "$(fg plan show "$(json id <"$work/peaks.json")")" "h100 .* for up to 21 h: [0-9.]+ device hours put off"
like "and what it is worth" "$(fg plan show "$(json id <"$work/peaks.json")")" "no work may wait"
fg plan reject "$(json id <"$work/peaks.json")" >/dev/null

# Demand for 12 days of 24: six machines' worth, then eight.
{ echo period,class,devices; for day in $(seq 0 23); do echo "$day,h100,$((day < 12 ? 48 : 64))"; done; } >"$work/demand.csv"
ok "a plan is made" fg plan create --demand "$work/demand.csv" --json
cp "$work/ok.out" "$work/plan.json"
plan=$(json id <"$work/plan.json")
is "it is a draft" "$(of "$plan" state)" draft
is "that reserves what is always needed" "$(json plan.orders.0.contract <"$work/plan.json") $(json plan.orders.0.count <"$work/plan.json")" "reserved 6"
ok "within a thousandth of the best" python3 -c 'import json,sys; sys.exit(json.load(open(sys.argv[1]))["plan"]["gap"] > 0.001)' "$work/plan.json"
show=$(fg plan show "$plan")
like "it is shown for review" "$show" "^\+ 6 x fake-8xh100"
like "with what it costs" "$show" "^cost .* USD: .* committed"
like "and what if" "$show" "acme sells nothing"
like "and what to do next" "$show" "fastgpu plan approve"
like "the difference to what runs" "$(fg plan diff "$plan")" "fake-8xh100 .* reserved"
is "nothing is ordered by planning" "$(fg order list --json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)))')" 0
ok "nor without approval" refuses plan apply "$plan"
like "and that is said" "$(cat "$work/refused")" "it cannot become applied"

# Approved, applied: all its orders at once, once.
ok "it is approved" fg plan approve "$plan" --remark "as discussed"
is "by whom is kept" "$(of "$plan" remark)" "as discussed"
ok "and applied" fg plan apply "$plan"
orders() { fg order list --json | python3 -c 'import json,sys; print(*sorted(str(o["count"])+o["offer"]["contract"]+":"+str(o["plan"]) for o in json.load(sys.stdin)))'; }
wanted=$(python3 -c 'import json,sys
d = json.load(open(sys.argv[1]))
print(*sorted(str(o["count"]) + o["contract"] + ":" + str(d["id"]) for o in d["plan"]["orders"]))' "$work/plan.json")
is "its orders are made" "$(orders)" "$wanted"
kill -9 "$daemon_pid"
wait "$daemon_pid" 2>/dev/null
start
ok "again, after a kill" fg plan apply "$plan"
is "and none is made twice" "$(orders)" "$wanted"
delivered() { fg order list --json | python3 -c 'import json,sys
sys.exit(not any(o["state"] in ("delivered", "inspected", "active", "rejected") for o in json.load(sys.stdin)))'; }
ok "what is due now is delivered" eventually 20 delivered
ok "it cannot be rejected any more" refuses plan reject "$plan"

# The next plan knows what is held.
again=$(fg plan create --demand "$work/demand.csv" --json | json id)
is "another one" "$(of "$again" state)" draft
ok "is rejected" fg plan reject "$again"
is "and stays so" "$(fg plan list --json | python3 -c 'import json,sys; print(*[p["state"] for p in json.load(sys.stdin)])')" "rejected applied rejected"

# What is held serves, though nobody sells its like: four A100 of a FAKE NVML in one machine.
{ echo period,class,devices; for day in 0 1 2; do echo "$day,a100,4"; done; } >"$work/own.csv"
printf '%s\n' 'classes: {a100: {at_once: 4}}' >"$work/own.yaml"
ok "a plan for what is held" fg plan create --demand "$work/own.csv" --options "$work/own.yaml" --json
cp "$work/ok.out" "$work/own.json"
is "orders nothing" "$(json plan.orders <"$work/own.json")" "[]"
is "and leaves nothing unmet" "$(json plan.unmet <"$work/own.json")" 0
done_testing
