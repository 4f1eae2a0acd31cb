#!/bin/bash
# The service keeps what jobs ask for, hour by hour, through kill -9, and forecasts from it.  GPUs are those of a FAKE NVML.
. "$(dirname "$0")/../lib.sh"
[ -e "${FASTGPU_FAKE_NVML_LIBRARY:-}" ] || skip_all "the fake NVML library is not built"
printf 'NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|40|310000|55|0||0\n%.0s' 1 2 >"$work/boards"
export FASTGPU_NVML_LIBRARY=$FASTGPU_FAKE_NVML_LIBRARY FASTGPU_FAKE_NVML=$work/boards
runs() { [ "$(state "$1")" = running ]; }
# rows SQL: the rows of the database, a line each.
rows() { python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=10)
for row in db.execute(sys.argv[2]): print(*row)
db.commit()' "$data/fastgpu.db" "$1"; }
levels() { rows "SELECT kind, running_milli, waiting_milli FROM demand_level"; }
# Device-milliseconds of a column, those that the level adds until now too.
total() { rows "SELECT coalesce((SELECT sum($1_us) / 1000 FROM demand_hour), 0) + coalesce((SELECT sum($1_milli * ($(date +%s%6N) - at_us) / 1000000) FROM demand_level), 0)"; }
get() { curl -sS -H "Authorization: Bearer $FASTGPU_TOKEN" "$FASTGPU_URL$1"; }

start_daemon
fg forecast >/dev/null 2>&1
is "no whole hour yet: exit status 3" $? 3
is "and an empty list" "$(get /v1/demand)" '{"first":null,"step_s":3600,"hours":0,"items":[]}'
a=$(fg run -q -d -g h100:2 -c 0.1 -- sleep 60)
eventually 10 runs "$a"
b=$(fg run -q -d -g h100:1 -c 0.1 -- true)
eventually 5 test -n "$b"
is "two run, one waits" "$(levels)" "h100 2000 1000"
stop_daemon KILL
start_daemon
is "so it is after kill -9" "$(levels)" "h100 2000 1000"
before=$(total running)
sleep 1
after=$(total running)
ok "two devices for a second are 2,000 device-milliseconds, give or take the clock of this script" \
    test $((after - before)) -ge 1900 -a $((after - before)) -le 8000
fg cancel "$a" >/dev/null
ok "the one that waited runs" fg wait "$b"
is "nothing is left" "$(levels)" ""
is "what was moved to when it was wanted is as much as what was taken away" "$(rows "SELECT sum(shift_us) FROM demand_hour")" 0
ok "something waited, and is in the books" test "$(rows "SELECT sum(waiting_us) / 1000000 FROM demand_hour")" -ge 1
fg project set default --quota-queued 0 >/dev/null
fg run -q -d -g h100:2 -c 0.1 -- true >/dev/null 2>&1
fg project set default --quota-queued none >/dev/null
fg run -q -g h100:1 -c 0.1 -- true
is "a refusal counts, with the next change" "$(rows "SELECT max(refused_us) / 3600000000 FROM demand_hour")" 2

# A past of four weeks, as this service would have written it.
stop_daemon
python3 - "$data/fastgpu.db" <<'END'
import math, sqlite3, sys, time
db = sqlite3.connect(sys.argv[1])
now = int(time.time()) // 3600
for hour in range(now - 24 * 28, now + 1):  # that of now too, should it end meanwhile
    gpus = 20 + 8 * math.sin(hour % 24 / 24 * 2 * math.pi) + hour % 5 / 5
    for kind, part in (("h100", 1), ("a100", 2)):
        db.execute("INSERT OR REPLACE INTO demand_hour VALUES(?,1,?,?,?,0,0)", (hour, kind, int(gpus * part * 3.6e9), int(3.6e9)))
db.commit()
END
start_daemon
is "both classes" "$(fg forecast --json | python3 -c 'import json, sys; print([s["name"] for s in json.load(sys.stdin)["series"]])')" "['a100', 'h100']"
is "one" "$(fg forecast --class h100 -H 36 --json | python3 -c 'import json, sys; d = json.load(sys.stdin); print(len(d["series"]), len(d["series"][0]["points"]))')" "1 36"
like "better than as now" "$(fg forecast --class h100 --by project,class)" '^default/h100 '
is "what waited" "$(fg forecast --class h100 --measure waiting -H 1 --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["series"][0]["points"][0]["mean"] == 1)')" True
first=$(get '/v1/forecast?class=h100&horizon=12')
is "the service says the same twice" "$(get '/v1/forecast?class=h100&horizon=12')" "$first"
is "and the same as the command" "$(python3 -c 'import json, sys; print(json.load(sys.stdin)["series"][0]["points"][11]["mean"])' <<<"$first")" \
    "$(fg forecast --class h100 -H 12 --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["series"][0]["points"][11]["mean"])')"

# Who is bound to a project sees that one only.
fg project set other >/dev/null
FASTGPU_TOKEN=$(fg token create --user eve --role viewer --project other --json | json token)
is "the past of another project is not seen" "$(get '/v1/demand?by=project')" '{"first":null,"step_s":3600,"hours":0,"items":[]}'
like "nor may it be asked for" "$(get '/v1/forecast?project=default')" '"status":404'
is "nor forecast, from what others have asked for" "$(get '/v1/forecast?class=h100&horizon=12' | json series)" "[]"
done_testing
