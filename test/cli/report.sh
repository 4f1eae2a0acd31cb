#!/bin/bash
# fastgpu report: nothing known is said so; known demand, orders and plans are told as they were.
. "$(dirname "$0")/../lib.sh"
start_daemon

fg report >"$work/out"
is "exit status 0" $? 0
like "no history is said so" "$(cat "$work/out")" 'there is no history of demand'
like "no plan" "$(cat "$work/out")" 'No plan was carried out'
like "no supplier" "$(cat "$work/out")" 'Nothing was ordered'
is "as JSON" "$(fg report --period day --json | python3 -c 'import json, sys; d = json.load(sys.stdin); print(d["period"], d["demand"]["classes"], d["plans"], d["suppliers"])')" "day [] [] []"
like "no such period" "$(fg report --period year 2>&1)" 'expected day, week or month'
stop_daemon

# Twenty days of demand that is the same each day but for noise; a plan, applied two weeks ago.
cat >"$work/history.py" <<'END'
import random, sqlite3, sys, time
db = sqlite3.connect(sys.argv[1])
random.seed(1)
hour_us = 3600 * 10**6
now = int(time.time()) // 3600
for back in range(20 * 24, 0, -1):
    hour = now - back
    running = int((4 + 2 * (8 <= hour % 24 < 20) + random.random()) * hour_us)
    db.execute("INSERT OR REPLACE INTO demand_hour VALUES(?,?,?,?,?,?,?)", (hour, 1, "h100", running, 0, 0, 0))
day_us, now_us = 86400 * 10**6, int(time.time() * 1e6)
db.execute("INSERT INTO plan VALUES(1,2,?1,?1,?1,?2,28000000,1,'ada','ada','','{}')", (now_us - 14 * day_us, 28 * day_us))
db.commit()
END
python3 "$work/history.py" "$data/fastgpu.db"
start_daemon
fg report >"$work/out"
like "a week is judged" "$(cat "$work/out")" '^h100 +7 '
like "and taught something" "$(cat "$work/out")" '  h100: .* \(from 14 days\)'
like "the applied plan: a quarter of its cost" "$(cat "$work/out")" '^1 +\$(6.99|7.00) '
is "a forecast better than \"as now\", a band that holds" "$(fg report --period month --json | python3 -c '
import json, sys
c = json.load(sys.stdin)["demand"]["classes"][0]
print(c["class"], c["days"], c["wape"] < c["as_now_wape"], 0.5 < c["coverage80"] <= 1, abs(c["correction"]["factor"] - 1) < 0.1)')" "h100 18 True True True"
printf 'seconds: 0\n' >"$work/options.yaml"
fg plan create --horizon 168 --options "$work/options.yaml" >"$work/plan" 2>"$work/plan.err" || cat "$work/plan.err"
is "a plan applies the same, and says so" "$(grep -c '(from 14 days)' "$work/plan") $(grep '(from 14 days)' "$work/plan")" "1 $(grep '(from 14 days)' "$work/out")"
done_testing
