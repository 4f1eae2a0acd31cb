#!/bin/bash
# /metrics as a real Prometheus reads it, and what packaging/ holds for it: each query of the dashboards and of the alert rules.
. "$(dirname "$0")/../lib.sh"
command -v prometheus promtool >/dev/null || skip_all "prometheus is not installed"
[ -e "${FASTGPU_FAKE_NVML_LIBRARY:-}" ] || skip_all "the fake NVML library is not built"
packaging=$SOURCE_DIR/packaging
printf 'NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|40|300000|55|0||0\n%.0s' 1 2 >"$work/boards"
export FASTGPU_NVML_LIBRARY=$FASTGPU_FAKE_NVML_LIBRARY FASTGPU_FAKE_NVML=$work/boards
start_daemon
job=$(fg run -q -d -g h100:1 -c 0.1 -- sleep 1000)

metrics() { # [TYPE that is asked for]
    printf 'header = "Authorization: Bearer %s"\n' "$FASTGPU_TOKEN" | curl -sS -K - -H "Accept: ${1:-text/plain}" "$FASTGPU_URL/metrics"
}
held() { metrics | grep -q "^DCGM_FI_DEV_POWER_USAGE{gpu=\"0\",UUID=\"GPU-[^\"]*\",device=\"h100-0\".*,hpc_job=\"$job\",project=\"default\",Hostname=\"[^\"]*\"} 300$"; }
ok "a device goes by DCGM's name and labels, with its job" eventually 20 held
metrics >"$work/text"
is "promtool has nothing to say but of DCGM's own label" \
    "$(promtool check metrics <"$work/text" 2>&1 | grep -v "^DCGM_.* label names should be written in 'snake_case'")" ""
is "OpenMetrics ends as it has to" "$(metrics application/openmetrics-text | tail -n 1)" "# EOF"
is "plain text does not" "$(grep -c EOF "$work/text")" 0
ok "the alert rules are valid" promtool check rules "$packaging/prometheus/fastgpu.rules.yml"

port=$(free_port)
cat >"$work/prometheus.yml" <<EOF
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [$packaging/prometheus/fastgpu.rules.yml]
scrape_configs:
  - job_name: fastgpu
    authorization: {credentials_file: $data/admin.token}
    static_configs: [{targets: ["${FASTGPU_URL#http://}"]}]
EOF
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/tsdb" --web.listen-address="127.0.0.1:$port" \
    >"$work/prometheus.log" 2>&1 </dev/null &
prometheus_pid=$!

# Asks each query of dashboards and rules until it answers; prints how many did, and what is wrong with the others.
cat >"$work/ask.py" <<'EOF'
import glob, json, sys, time, urllib.error, urllib.parse, urllib.request, yaml
port, packaging = sys.argv[1:]
# What this pool has none of may answer with nothing: orders, plans, budgets, a counter of the machine's power.
ABSENT = ("orders", "plan_", "spent_usd", "machine_power", "publish_", "_PROF_")
end = time.monotonic() + 60

def ask(query):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": query})) as answer:
            return len(json.load(answer)["data"]["result"])
    except urllib.error.HTTPError as error:
        return json.load(error)["error"]
    except OSError:
        return 0  # it has only begun

def answers(query, wanted):
    got = ask(query)
    while got == 0 and wanted and time.monotonic() < end:
        time.sleep(0.2)
        got = ask(query)
    return got if isinstance(got, str) else "" if got or not wanted else "nothing"

queries = [('count_over_time(up{job="fastgpu"}[1m]) > 2 and up == 1', True)]
for path in sorted(glob.glob(packaging + "/grafana/*.json")):
    for panel in json.load(open(path))["panels"]:
        queries += [(target["expr"], not any(word in target["expr"] for word in ABSENT)) for target in panel["targets"]]
for group in yaml.safe_load(open(packaging + "/prometheus/fastgpu.rules.yml"))["groups"]:
    queries += [(rule["expr"], False) for rule in group["rules"]]
wrong = [f"{query}: {why}" for query, wanted in queries if (why := answers(query, wanted))]
print(len(queries) - len(wrong), "of", len(queries), "answer")
print("\n".join(wrong))
EOF
answer=$(python3 "$work/ask.py" "$port" "$packaging")
note "$(head -n 1 <<<"$answer")"
like "each query of dashboards and rules is answered by a real Prometheus" "$(tr -d '\n' <<<"$answer")" '^([0-9]+) of \1 answer$' ||
    { echo "$answer"; tail -n 5 "$work/prometheus.log"; } | sed 's/^/#   /'
kill "$prometheus_pid" # cleaning up looks at every process of the machine, again and again while something is left
wait "$prometheus_pid"
fg cancel "$job" >/dev/null && fg wait "$job" >/dev/null
done_testing
