#!/bin/bash
# Limits for each user, and a budget that is spent: nothing starts then, what runs goes on or is stopped; all said by why, show and events.
. "$(dirname "$0")/../lib.sh"
echo 'cpu_price_uusd_per_core_hour: 1000000000' >"$work/dear.yaml" # 1 USD in 3.6 s
start_daemon --config "$work/dear.yaml"

job() { fg run -q -d -p "$1" -c 1 "${@:2}" -- sleep 60; }
runs() { [ "$(state "$1")" = running ]; }
waits() { [ "$(state "$1")" = queued ]; }
says() { fg why "$1" | grep -q "$2"; }

ok "a project with limits for each user" fg project set vision --user-running 1 --user-queued 2 --user-submits 5
like "show tells them" "$(fg project show vision)" "each user: at most 1 running jobs"
is "and JSON" "$(fg project show vision --json | json user_limits.queued)" 2
first=$(job vision)
eventually 10 runs "$first"
second=$(job vision)
eventually 10 says "$second" "limit of 1 running jobs for each user: 1 held, 1 asked"
is "the second waits for the first" "$(state "$second")" queued
third=$(job vision)
like "so many may wait" "$(job vision 2>&1)" "limit of 2 waiting jobs for each user: 2 wait, 1 asked"
fg project set vision --user-queued none >/dev/null
like "other limits stay" "$(fg project show vision)" "at most 5 submits a minute"
fourth=$(job vision)
fifth=$(job vision)
like "so many submits a minute" "$(job vision 2>&1)" "limit of 5 submits a minute for each user: again in [0-9]+ s"
answer=$(python3 - <<'EOF'
import json, os, urllib.error, urllib.request
request = urllib.request.Request(os.environ["FASTGPU_URL"] + "/v1/jobs", json.dumps({"run": "true", "project": "vision"}).encode(),
                                 {"Authorization": "Bearer " + os.environ["FASTGPU_TOKEN"], "Content-Type": "application/json"})
try:
    urllib.request.urlopen(request)
except urllib.error.HTTPError as error:
    print(error.code, error.headers["Retry-After"])
EOF
)
like "which the API says with the time to wait" "$answer" "^429 [1-9][0-9]*$"
like "a limit is a number" "$(fg project set vision --user-running 0 2>&1)" "expected a whole number from 1"
fg cancel "$first" "$third" "$fourth" "$fifth" >/dev/null
eventually 10 runs "$second"
is "then the second runs" "$(state "$second")" running
fg cancel "$second" >/dev/null

ok "a project with a budget" fg project set lab --budget 1 --budget-period year
ok "and one within it" fg project set audio --parent lab
like "a period is one of six" "$(fg project set lab --budget-period decade 2>&1)" "expected day, week, month, quarter, year or total"
like "show tells the budget" "$(fg project show lab)" "budget: 1.00 USD a year; 0.00 spent, 0.00 committed, 1.00 left; renews on [0-9]{4}-01-01"
one=$(job audio --time-limit 1h)
eventually 10 runs "$one"
spent() { fg events --json 2>/dev/null | grep -q '"percent":100'; }
like "what runs is committed" "$(fg project show lab)" "spent, [0-9]+\.[0-9]{2} committed, 0.00 left"
eventually 20 spent
two=$(job audio)
eventually 10 says "$two" "budget of project lab: 1\.[0-9]* USD of 1.00 used, renews on"
is "nothing starts once it is spent" "$(state "$two")" queued
is "what runs goes on" "$(state "$one")" running
like "warnings are events" "$(fg events --json)" '"percent":50'
ok "unless it is to be stopped" fg project set lab --budget-action stop
eventually 20 waits "$one"
is "then it waits again" "$(state "$one")" queued
before=$(fg project show lab --json | json usage.spent_uusd)
stop_daemon KILL
start_daemon --config "$work/dear.yaml"
is "after a crash as much is spent as before" "$(fg project show lab --json | json usage.spent_uusd)" "$before"
says "$two" "budget of project lab" && pass "and the budget still holds" || fail "and the budget still holds"
ok "a larger budget" fg project set lab --budget 1000
eventually 10 runs "$two"
is "lets them start" "$(state "$two")" running
ok "and so does none" fg project set lab --budget none
is "of which nothing is told" "$(fg project show lab --json | json budget)" null
fg cancel "$one" "$two" >/dev/null
done_testing
