#!/bin/bash
# Policy tuning in quiet hours: what is better on the service's own history is proposed, adopted while it runs, kept over a restart,
# rolled back when it is worse than it promised, and never adopted by itself again.
. "$(dirname "$0")/../lib.sh"
start_daemon
cores=$(($(fg node list --json | json 0.cpu_milli) / 1000))
ok "a job of all cores" fg run -q -c "$cores" --name short -- true
ok "a reservation of next quarter" fg reservation add exam --start 90d --duration 1h --nodes "$(fg node list --json | json 0.name)" --maintenance
stop_daemon

# Twelve days of a history: each morning six long jobs, and just after them twenty short ones, first come first served.
cat >"$work/history.py" <<'P'
import json, sqlite3, sys, time
DAY, HOUR = 86_400_000_000, 3_600_000_000
db = sqlite3.connect(sys.argv[1])
db.row_factory = sqlite3.Row
now = int(time.time() * 1e6)
if sys.argv[2] == "make":
    rows = {table: dict(db.execute(f"SELECT * FROM {table} WHERE {key} = 1").fetchone()) for table, key in (("job", "id"), ("job_spec", "id"), ("attempt", "job"))}
    add = lambda table, row: db.execute(f"INSERT INTO {table}({','.join(row)}) VALUES({','.join('?' * len(row))})", list(row.values()))
    number, free = 1, 0
    db.execute("DELETE FROM job WHERE id = 1")
    db.execute("DELETE FROM attempt WHERE job = 1")
    db.execute("DELETE FROM job_spec WHERE id = 1")
    for day in range(12):
        for job in range(26):
            submitted = now - (12 - day) * DAY + job * 1_000_000
            takes = 2 * HOUR + (day * 7 + job) % 5 * HOUR // 4 if job < 6 else HOUR // 12
            begin = max(free, submitted)
            free = begin + takes
            times = {"started_us": begin, "finished_us": free}
            name = "long" if job < 6 else "short"
            add("job", {**rows["job"], "id": number, "name": name, "submitted_us": submitted, "eligible_us": submitted, **times})
            add("job_spec", {**rows["job_spec"], "id": number})
            add("attempt", {**rows["attempt"], "job": number, **times})
            number += 1
    db.execute("UPDATE job_count SET n = ? WHERE state = 3", (number - 1,))
    # On the evening of the third day, when all was done, this machine was away for an hour; another, as large, came and went.
    here = db.execute("SELECT json FROM pool_node").fetchone()
    node, event = json.loads(here["json"]), dict(db.execute("SELECT * FROM event WHERE job = 0 OR job = 1 LIMIT 1").fetchone())
    last = db.execute("SELECT max(seq) FROM event").fetchone()[0]
    for hours, kind, of in ((66, "down", node["name"]), (67, "up", node["name"]), (68, "joined", "rented"), (70, "gone", "rented")):
        last += 1
        data = {"node": of, "supplier": "", "kind": "", "gpus": 0, "cpu_milli": node["cpu_milli"], "mem_mib": node["mem_mib"], "uusd_per_hour": 0}
        add("event", {**event, "seq": last, "time_us": now - 12 * DAY + hours * HOUR, "kind": "node." + kind, "job": 0, "project": 0, "json": json.dumps(data), "chain": None})
else:  # the policy was adopted on the sixth day, and all went badly since
    since = now - 6 * DAY - DAY // 2
    db.execute("UPDATE proposal SET decided_us = ? WHERE state = 1", (since,))
    for column in ("started_us", "finished_us"):
        db.execute(f"UPDATE job SET {column} = {column} + ? WHERE submitted_us > ?", (60 * HOUR, since))
db.commit()
P
tell_history() { python3 "$work/history.py" "$data/fastgpu.db" "$1"; }
ok "a history of twelve days" tell_history make
cat >"$work/fastgpu.yaml" <<Y
schedule: {order: fifo}
tune_hours: 00-24
tune_adopt: 1
Y
value() { fg status >/dev/null && python3 - "$1" <<'P'
import json, os, sys, urllib.request
request = urllib.request.Request(os.environ["FASTGPU_URL"] + "/v1/policy", headers={"Authorization": "Bearer " + os.environ["FASTGPU_TOKEN"]})
print({item["setting"]: item["value"] for item in json.load(urllib.request.urlopen(request))["items"]}[sys.argv[1]])
P
}
proposal() { fg tune show "$1" --json | json state; }
is_proposal() { [ "$(proposal "$1")" = "$2" ]; }
start_daemon --config "$work/fastgpu.yaml"
eventually 60 is_proposal 1 adopted
is "what is better was adopted by itself" "$(proposal 1)" adopted
order=$(value schedule.order)
like "another order is the policy" "$order" "^(sjf|srtf)$"
like "the proposal says why" "$(fg tune show 1)" "days that were held back from the search, jct_mean_s would have been"
like "and how the replay was: nodes as they were then, quotas as they are now" "$(fg tune show 1)" \
    "Replayed on 2 nodes, of which 2 were away at times and 1 are no more, as events tell; with the quotas, guarantees and reservations \(1\) of now"
like "so does the status" "$(fg status)" "schedule.order is $order, with proposal 1"
like "and who did what is an event" "$(fg events --json 2>/dev/null | grep policy.changed)" '"from":"fifo"'
job=$(fg run -q -d -c 0.1 -- true)
ok "jobs run on" fg wait "$job"
stop_daemon
ok "the adopted policy does badly" tell_history worse
start_daemon --config "$work/fastgpu.yaml"
eventually 60 is_proposal 1 rolled_back
is "who is worse than promised is rolled back" "$(proposal 1)" rolled_back
is "and all is as configured" "$(value schedule.order)" fifo
like "with the figures" "$(fg tune show 1)" "rolled back by itself: jct_mean_s was \+[0-9.]+ %"
ok "an operator may tune at any time" fg tune --adopt --only schedule.order --budget 5s
is "what was rolled back is not adopted by itself again" "$(value schedule.order)" fifo
last=$(fg tune list --json | json 0.id)
is "it is proposed all the same" "$(proposal "$last")" proposed
like "an operator may adopt it" "$(fg tune adopt "$last" --remark 'once more')" "is adopted"
like "and it is the policy" "$(value schedule.order)" "^(sjf|srtf)$"
stop_daemon
start_daemon --config "$work/fastgpu.yaml"
is "also after a restart" "$(value schedule.order)" "$order"
sed -i 's/fifo/fair/' "$work/fastgpu.yaml"
stop_daemon
start_daemon --config "$work/fastgpu.yaml"
is "who changes the configuration has the last word" "$(value schedule.order)" fair
done_testing
