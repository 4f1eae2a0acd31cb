#!/bin/bash
# What was spent: lists of it, and the same as FOCUS 1.2; every sum is what was booked, to the micro-dollar.
. "$(dirname "$0")/../lib.sh"
within_a_day 60
printf 'cpu_price_uusd_per_core_hour: 987654321\n' >"$work/config.yaml"
start_daemon --config "$work/config.yaml"

fg project set vision >/dev/null
fg project set speech >/dev/null
for i in 1 2 3; do
    fg run --cpus 0.1 --project vision --name "train-$i" -- sleep 0.0$i >/dev/null 2>&1
    fg run --cpus 0.2 --project speech -- sleep 0.0$i >/dev/null 2>&1
done

# The sums of the lists, of the file and of the database.
cat >"$work/sums.py" <<'END'
import csv, json, sqlite3, subprocess, sys
from decimal import Decimal
fastgpu, database, focus = sys.argv[1:]
booked = sqlite3.connect(f"file:{database}?mode=ro", uri=True).execute("SELECT sum(uusd) FROM spend").fetchone()[0]
rows = list(csv.DictReader(open(focus, newline="")))
for column in "BilledCost", "EffectiveCost", "ListCost", "ContractedCost":
    print(column, int(sum(Decimal(row[column]) for row in rows) * 1000000) == booked)
print("positive", booked > 0 and all(Decimal(row["EffectiveCost"]) > 0 for row in rows))
print("jobs", len(rows), sorted({row["x_Job"] for row in rows}, key=int), sorted({row["SubAccountId"] for row in rows}))
print("name", rows[-1]["ChargeDescription"])
for by in "project", "user", "job", "order", "day":
    answer = json.loads(subprocess.check_output([fastgpu, "cost", "--by", by, "--json"]))
    assert answer["total"]["uusd"] == sum(item["uusd"] for item in answer["items"]), answer
    print(by, len(answer["items"]), answer["total"]["uusd"] == (0 if by == "order" else booked))
END
ok "cost --focus writes a file" fg cost --focus "$work/focus.csv"
ok "and nothing beside it" test ! -e "$work/focus.csv.part"
is "it is valid" "$(fg cost validate "$work/focus.csv")" "$work/focus.csv: 6 rows, 39 columns, 21 of 21 mandatory, 5 of its own: valid FOCUS 1.2"
is "all sums are what was booked" "$(python3 "$work/sums.py" "$FASTGPU_BIN" "$data/fastgpu.db" "$work/focus.csv")" \
    "BilledCost True
EffectiveCost True
ListCost True
ContractedCost True
positive True
jobs 6 ['1', '2', '3', '4', '5', '6'] ['speech', 'vision']
name job 6 sleep of admin
project 2 True
user 1 True
job 6 True
order 0 True
day 1 True"

table=$(fg cost)
like "a line for each project" "$table" '^vision +\$'
like "and the sum" "$table" '^total +\$'
like "the dearest first, the rest in one line" "$(fg cost --by job --limit 2)" '\(others\)'
like "only one project" "$(fg cost --project vision --by job)" 'train-3'
is "nothing of the other" "$(fg cost --project vision --json | grep -c speech)" 0
is "--focus - is standard output" "$(fg cost --focus - | head -c 17)" AvailabilityZone,
is "a day without costs" "$(fg cost --from 2020-01-01 --to 2020-01-02 --focus - | wc -l)" 1
sed 's/Usage,/usage,/' "$work/focus.csv" >"$work/bad.csv"
fg cost validate "$work/bad.csv" >"$work/out"
is "not valid is exit status 1" $? 1
like "with line and column" "$(cat "$work/out")" 'bad.csv:2: ChargeCategory: `usage`, which is none of the allowed values'
is "as JSON" "$(fg cost validate --json - <"$work/bad.csv" | python3 -c 'import json, sys; a = json.load(sys.stdin); print(a["valid"], a["bad_rows"], a["first"][0]["column"])')" "False 6 ChargeCategory"
like "no such day" "$(fg cost --from yesterday 2>&1)" '--from: yesterday, expected a day as 2026-11-21'
like "no such word" "$(fg cost --by name 2>&1)" 'by: name, expected project, user, job, order or day'
like "an end before its beginning" "$(fg cost --from 2026-02-01 --to 2026-01-01 2>&1)" 'FG_EINVAL'
like "a folder that is not there" "$(fg cost --focus /no/such/file.csv 2>&1)" 'FG_EIO'

like "what the pool asks: half of the cost while nothing runs" "$(fg price)" '^cpu .* 0 %  \$987.65  \$493.83  \$1975.31  \$493.83$'
is "as JSON" "$(fg price --json | python3 -c 'import json, sys; a = json.load(sys.stdin)[-1]; print(a["price_uusd"], a["cap_uusd"])')" "493827160 1975308642"
like "at other use: one step after the other" "$(fg price --utilisation 0,100 --cost 1 --step 20)" '^ +2  100 % +\$2.00  \$0.8000'
like "a list that is none" "$(fg price --utilisation high 2>&1)" 'expected numbers from 0, as 40,70,95'

# What an order costs: due to the supplier, and idle, as nothing runs on it.
python=$(command -v python3)
fg supplier add fake exec --cap-per-hour 1000 --cap 100000 -- "$python" "$SOURCE_DIR/examples/suppliers/fake_supplier.py" --delay 0.1 >/dev/null
fg supplier offers fake >/dev/null
is_for_sale() { fg offer list --supplier fake | grep -q fake-8xh100; }
order_is() { fg order show 1 --json | grep -q "\"state\":\"$1\""; }
ok "a supplier sells" eventually 20 is_for_sale
fg order create --supplier fake --instance fake-8xh100 -n 2 --project vision >/dev/null
ok "two machines are there" eventually 30 order_is active
sleep 0.3
fg order release 1 >/dev/null
ok "and gone" eventually 30 order_is released
fg cost --focus "$work/focus.csv"
cat >"$work/orders.py" <<'END'
import csv, json, sqlite3, subprocess, sys
from decimal import Decimal
fastgpu, database, focus = sys.argv[1:]
db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
jobs, idle, due = (db.execute(sql).fetchone()[0] for sql in ("SELECT sum(uusd) FROM spend", "SELECT sum(uusd) FROM purchase_cost WHERE user = 0",
                                                            "SELECT sum(uusd) FROM purchase_cash"))
rows = list(csv.DictReader(open(focus, newline="")))
def total(column, issuer=None):
    return int(sum(Decimal(row[column]) for row in rows if issuer in (None, row["InvoiceIssuerName"])) * 1000000)
print(idle > 0, due >= idle, total("EffectiveCost") == jobs + idle, total("BilledCost", "fake") == due, total("BilledCost", "FastGPU") == jobs)
answer = json.loads(subprocess.check_output([fastgpu, "cost", "--by", "order", "--json"]))
line = answer["items"][0]
print(line["key"], line["supplier"], line["used_uusd"], line["unused_uusd"] == idle, line["due_uusd"] == due)
END
is "sums with orders" "$("$python" "$work/orders.py" "$FASTGPU_BIN" "$data/fastgpu.db" "$work/focus.csv")" "True True True True True
1 fake 0 True True"
like "still valid" "$(fg cost validate "$work/focus.csv")" 'valid FOCUS 1.2'
like "the project pays for what nobody used" "$(fg cost)" '^vision .*\$0\.0'
like "one order is little history" "$(fg supplier rank -a H100 --json | "$python" -c 'import json, sys; print([round(s["criteria"]["broken"]["measured"]) for s in json.load(sys.stdin)["suppliers"] if s["supplier"] == "fake"])')" '\[2\]'
done_testing
