#!/bin/bash
# The clock of the machine is set, two hours ahead and three back, while jobs run: they keep their age and their limits, nobody
# pays for hours that did not happen, and what is asked by the clock on the wall happens by that.  The clock is a FAKE one, the
# boards are those of a FAKE NVML.
. "$(dirname "$0")/../lib.sh"
[ -e "${FASTGPU_FAKE_NVML_LIBRARY:-}" ] || skip_all "the fake NVML library is not built"
[ -e "${FASTGPU_FAKE_CLOCK_LIBRARY:-}" ] || skip_all "the fake clock is not built"
printf 'NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|40|300000|55|0||0\n%.0s' 1 2 3 4 >"$work/boards"
export FASTGPU_NVML_LIBRARY=$FASTGPU_FAKE_NVML_LIBRARY FASTGPU_FAKE_NVML=$work/boards
# All that this script starts from here on lives by the fake clock.
export FASTGPU_FAKE_CLOCK=$work/clock ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0
echo 0 >"$work/clock"
export LD_PRELOAD=$FASTGPU_FAKE_CLOCK_LIBRARY

moved=0 # seconds
move() { moved=$((moved + $1)); echo "$moved" >"$work/clock.next"; mv "$work/clock.next" "$work/clock"; }
lives() { grep -c 'event=start ' "$work/daemon.log"; }
begins_anew() { [ "$(lives)" -gt "$1" ] && fg status; }
runs() { [ "$(state "$1")" = running ]; }
of() { fg show "$1" --json | json "$2"; }
rows() { python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=10)
for row in db.execute(sys.argv[2]): print(*row)' "$data/fastgpu.db" "$1"; }
# Does the moment lie within a minute and a half of now?
recent() { python3 -c 'import datetime as d, sys
print(abs((d.datetime.fromisoformat(sys.argv[1].replace("Z", "+00:00")) - d.datetime.now(d.timezone.utc)).total_seconds()) < 90)' "$1"; }
# Devices were read in the last seconds, by this clock.
curves_go_on() { fg series power --last 30s --json | grep -q '"values":.*[0-9]'; }
newest_event() { fg events --json --limit 1 | json 0.time; }
# The clock is set: the service follows within seconds, and all that is open is as old as it was.
jump() {
    local before
    before=$(lives)
    move "$1"
    ok "$2: the service follows" eventually 60 begins_anew "$before"
    ok "$2: what ran runs" runs "$long"
    ok "$2: with its limit still to come" runs "$limited"
    ok "$2: and is as old as it was ($(of "$long" duration_s) s)" test "$(of "$long" duration_s | cut -d. -f1)" -lt 600
    ok "$2: nothing of it is in the future" test "$(of "$long" duration_s | cut -d. -f1)" -ge 0
    new=$(fg run -q -d -g h100:1 -c 0.1 -- true)
    ok "$2: a new job runs, and ends" fg wait "$new"
    is "$2: now" "$(recent "$(of "$new" finished)")" True
    is "$2: and events are of now" "$(recent "$(newest_event)")" True
    ok "$2: curves go on" eventually 20 curves_go_on
    ok "$2: nobody has been idle for hours" test "$(fg alert list --state all --json | json items)" = "[]"
}
printf '%s\n' 'sample_interval_ms: 200' 'idle_held_s: 1800' 'judge_every_ms: 200' 'gpu_price_uusd_per_hour: 3600000' >"$work/config.yaml"
start_daemon --config "$work/config.yaml"
fg token create --user eve --role viewer >/dev/null 2>&1
long=$(fg run -q -d -g h100:1 -c 0.1 -n long -- sleep 600)
limited=$(fg run -q -d -g h100:1 -c 0.1 --time-limit 1h -- sleep 600)
short=$(fg run -q -d -g h100:1 -c 0.1 --time-limit 2s -- sleep 600)
waits=$(fg run -q -d -g h100:4 -c 0.1 -- true)
eventually 20 runs "$limited"
began=$SECONDS
fg reservation add class --start 90m --duration 90m --gpus 1 >/dev/null
class() { fg reservation show class --json | json state; }
jump 7200 "two hours ahead"
eventually 30 test "$(state "$short")" = timed_out
is "a limit that is reached is one" "$(state "$short")" timed_out
is "what begins by the clock on the wall has begun" "$(class)" active
jump -10800 "three hours back"
is "and is still to come again" "$(class)" waiting
fg reservation remove class >/dev/null
fg cancel "$limited" >/dev/null
fg wait "$limited" >/dev/null
# The FAKE counter begins anew with the service: what was used before may not be known, and is not made up.
joules=$(of "$limited" usage.energy_j | sed 's/null/0/; s/[.].*//')
ok "no joules of hours that did not happen ($joules J)" test "$joules" -ge 0 -a "$joules" -le $(((SECONDS - began + 60) * 330))
stop_daemon KILL
move 7200
start_daemon --config "$work/config.yaml"
ok "ahead while it was down: what ran runs" runs "$long"
ok "and is as old as it was" test "$(of "$long" duration_s | cut -d. -f1)" -lt 600
fg cancel "$long" >/dev/null
ok "who waited runs" fg wait "$waits"
took=$((SECONDS - began + 60))
cost=$(rows "SELECT sum(cost_uusd) FROM attempt WHERE job = $long")
ok "a dollar an hour for what it ran ($cost micro-dollars in at most $took s)" test "$cost" -gt 0 -a "$cost" -le $((took * 1000))
demand=$(rows "SELECT sum(running_us) / 1000000 FROM demand_hour")
ok "demand has no hours that did not happen ($demand device-seconds)" test "$demand" -gt 0 -a "$demand" -le $((took * 4))
is "and none below nothing" "$(rows "SELECT count(*) FROM demand_hour WHERE running_us < 0 OR waiting_us < 0")" 0
ok "none of the deeds is missing" fg audit verify
done_testing
