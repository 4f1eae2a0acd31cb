#!/bin/bash
# What was spent: lists of it, and the same as FOCUS 1.2; every sum is what was booked, to the micro-dollar.
. "$(dirname "$0")/../lib.sh"
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
is "it is valid" "$(fg cost validate "$work/focus.csv")" "$work/focus.csv: 6 rows, 37 columns, 21 of 21 mandatory, 3 of its own: valid FOCUS 1.2"
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
done_testing
