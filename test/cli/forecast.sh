#!/bin/bash
# fastgpu forecast: every format in, table, JSON and plot out; what is refused says where and why.
. "$(dirname "$0")/../lib.sh"

cd "$SOURCE_DIR" || exit 1
demand=examples/forecast/demand.csv
# A Python expression about the JSON on standard input, which is `d`.
json() { python3 -c 'import json, sys; d = json.load(sys.stdin); print('"$1"')'; }

# What scripts rely on.
fg forecast --input $demand --horizon 48 --season 24,168 --level 80,95 --json >"$work/f.json" 2>"$work/f.err"
is "exit status 0" $? 0
is "nothing is said where all is well" "$(cat "$work/f.err")" ""
is "two series in the order of the file" "$(json '[s["name"] for s in d["series"]]' <"$work/f.json")" "['h100', 'a100']"
is "48 points each" "$(json '[len(s["points"]) for s in d["series"]]' <"$work/f.json")" "[48, 48]"
is "members of a point" "$(json 'sorted(d["series"][0]["points"][0])' <"$work/f.json")" "['hi80', 'hi95', 'lo80', 'lo95', 'mean', 'time']"
is "the first moment is the one after the last" "$(json 'd["series"][0]["points"][0]["time"]' <"$work/f.json")" "2026-11-02T00:00:00Z"
is "bands hold each other, and nothing is negative" \
    "$(json 'all(0 <= p["lo95"] <= p["lo80"] <= p["mean"] <= p["hi80"] <= p["hi95"] for s in d["series"] for p in s["points"])' <"$work/f.json")" True
is "seconds, and the backtest" "$(json 'd["seconds"] >= 0 and d["series"][0]["backtest"]["wape"] < d["series"][0]["backtest"]["naive_wape"]' <"$work/f.json")" True
is "gaps are counted" "$(json '[s["gaps"] for s in d["series"]]' <"$work/f.json")" "[0, 6]"
without_time() { sed 's/"seconds":.*//'; }
is "the same bytes from one thread and from two" "$(fg forecast -i $demand -H 48 --threads 1 --json | without_time | sha1sum)" \
    "$(fg forecast -i $demand -H 48 --threads 2 --json | without_time | sha1sum)"
is "lines in any order" "$({ head -1 $demand; tail -n +2 $demand | tac; } | fg forecast -i - -H 3 --json | json 'sorted((s["name"], s["points"][2]["mean"]) for s in d["series"])')" \
    "$(fg forecast -i $demand -H 3 --json | json 'sorted((s["name"], s["points"][2]["mean"]) for s in d["series"])')"

# Other inputs.
xz -c $demand >"$work/demand.csv.xz"
ok "packed" fg forecast -i "$work/demand.csv.xz" -H 2 --json
is "an index, two columns" "$(printf 'step,gpus\n%s\n' "$(seq 1 30 | sed 's/.*/&,&/')" | fg forecast -i - -H 2 --json | json '[p["time"] for p in d["series"][0]["points"]]')" "[31, 32]"
is "days, the week is found" "$(printf 'time,value\n%s\n' "$(for i in $(seq 10 28); do echo "2026-01-$i,$((i % 7))"; done)" | fg forecast -i - --json | json 'len(d["series"][0]["points"])')" 7
is "M4 files" "$(printf '"V1","V2","V3","V4"\n"Y1","5","6","7"\n' | fg forecast -i - --format m4 -H 2 --json | json 'd["series"][0]["name"], d["series"][0]["points"][0]["time"]')" "Y1 3"
is "sacct, by class" "$(fg forecast -i examples/forecast/sacct.txt --format sacct --json | json '[s["name"] for s in d["series"]]')" "['a100', 'h100']"
is "sacct, by project and class" "$(fg forecast -i examples/forecast/sacct.txt --format sacct --by project,class --measure running --json | json 'len(d["series"])')" 4
ok "jobs of our own" fg forecast -i - --format jobs --plot <<'END'
[{"project":"nlp","submitted":"2026-01-01T00:00:00Z","started":"2026-01-01T00:15:00Z","finished":"2026-01-01T09:15:00Z",
  "tasks":1,"request":{"accelerators":"h100","count":2,"gpu_milli":1000}}]
END
is "averaged to days" "$(fg forecast -i $demand --step 1d -H 7 --json | json 'd["series"][0]["points"][6]["time"]')" "2026-11-08T00:00:00Z"
is "columns of another name" "$(sed '1s/time/hour/; 1s/value/gpus/' $demand | fg forecast -i - --columns time=hour,value=gpus -H 1 --json | json 'len(d["series"])')" 2
ok "events" fg forecast -i $demand --events examples/forecast/events.csv -H 72 --json

# Prometheus.
cat >"$work/prometheus.py" <<'END'
import http.server, json, sys, urllib.parse
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        query = {k: v[0] for k, v in urllib.parse.parse_qs(url.query).items()}
        start, end, step = (int(query[k]) for k in ("start", "end", "step"))
        values = [[t, str(t // step % 24)] for t in range(start, end + 1, step)]
        good = url.path == "/prom/api/v1/query_range" and query["query"] == 'sum(gpus{a="b"})'
        good = good and self.headers.get("Authorization") == "Bearer s3cret"
        body = {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {"kind": "h100"}, "values": values}]}} \
            if good else {"status": "error", "errorType": "bad_data", "error": "no"}
        body = json.dumps(body).encode()
        self.send_response(200 if good else 400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
END
python3 "$work/prometheus.py" >"$work/port" &
server=$!
while [ ! -s "$work/port" ]; do sleep 0.05; done
url=http://127.0.0.1:$(cat "$work/port")/prom
is "a query of Prometheus, and a token that is in no word" \
    "$(FASTGPU_PROMETHEUS_TOKEN=s3cret fg forecast --prometheus "$url" --query 'sum(gpus{a="b"})' --hours 200 -H 24 --json | json 'd["series"][0]["name"], d["series"][0]["values"]')" \
    '{kind="h100"} 201'
fg forecast --prometheus "$url" --query x --hours 200 >/dev/null 2>&1
is "a refusal of Prometheus: exit status 2" $? 2
like "too many values" "$(fg forecast --prometheus "$url" --query x --hours 80000 2>&1)" 'expected at most 11000'
kill $server
fg forecast --prometheus "$url" --query x >/dev/null 2>&1
is "nobody there: exit status 16" $? 16

# For eyes.
like "the table" "$(fg forecast -i $demand -H 24)" '^h100 +32 .*%.*combination of'
like "the note about columns" "$(sed 's/$/,x/; 1s/,x$/,user/' $demand | fg forecast -i - -H 1 2>&1 >/dev/null)" '^fastgpu: -: not used: user$'
plot=$(fg forecast -i $demand -H 24 --plot)
is "the plot is at most 80 columns wide" "$(python3 -c 'import sys; print(max(len(l.rstrip("\n")) for l in sys.stdin))' <<<"$plot")" 80
is "no colour where it is no terminal" "$(grep -c $'\033' <<<"$plot")" 0
like "blocks, bands and median" "$plot" '▂.*│.*━'
like "without UTF-8" "$(LC_ALL=C fg forecast -i $demand -H 24 --plot)" '##.*\|.*='

# The guide: what it shows runs.
count=0
while read -r command; do
    count=$((count + 1))
    # shellcheck disable=SC2086
    ok "docs/forecast.md: $command" fg ${command#fastgpu }
done < <(sed -n 's/^ *\$ //p' docs/forecast.md)
is "commands in docs/forecast.md" $count 5

# What is refused.
refused() { # CLAIM STATUS REGEX OPTION... <INPUT
    local claim=$1 status=$2 regex=$3 text rc
    shift 3
    text=$(fg forecast "$@" 2>&1)
    rc=$?
    is "$claim: exit status" $rc "$status"
    like "$claim: text" "$text" "$regex"
}
refused "a second value" 2 'line 3: series a has a value for 2026-01-01T00:00:00Z already, on line 2' -i - <<<$'series,time,value\na,2026-01-01,1\na,2026-01-01T00:00Z,2'
refused "no number" 2 '-:2: value: `x`, expected a number' -i - <<<$'time,value\n1,x'
refused "an empty file" 2 'nothing in it|no values' -i - </dev/null
refused "no such file" 3 'nowhere.csv: no such file' -i nowhere.csv
refused "no value at all" 2 'series value: ' -i - <<<$'time,value\n1,\n2,'
refused "no input, and no service" 16 'nothing answers' --json
refused "options of the service with a file" 2 '--class: of the service' -i $demand --class h100
refused "options of a file with the service" 2 '--step: of a file' --step 1h
refused "a horizon of 0" 2 '--horizon' -i $demand -H 0
refused "a level of 100" 2 'levels 80,100' -i $demand --level 80,100
refused "a season of 1" 2 'seasons 1' -i $demand --season 1
refused "a format" 2 'expected csv, m4, sacct, prometheus or jobs' -i $demand --format xls
done_testing
