#!/bin/bash
# prometheus.sh ROWS FOLDER START_S DAYS - the rival of bench_series: rows of OpenMetrics into blocks of Prometheus, then the mean of each
# hour, asked of its API.  Prints bytes a sample and milliseconds (median of 9); nothing if it is not installed.
set -euo pipefail
rows=$1 folder=$2 start=$3 days=$4
command -v promtool >/dev/null && command -v prometheus >/dev/null || exit 0
mkdir -p "$folder/data"
{ echo "# TYPE power gauge"; LC_ALL=C sort -s -t' ' -k1,1 "$rows"; echo "# EOF"; } >"$folder/text"
promtool tsdb create-blocks-from openmetrics --max-block-duration=768h "$folder/text" "$folder/data" >/dev/null
samples=$(wc -l <"$rows")
bytes=$(find "$folder/data" -type f -printf '%s\n' | awk '{sum += $1} END {print sum}')
port=${FASTGPU_BENCH_PORT:-25090}
: >"$folder/config"
prometheus --config.file="$folder/config" --storage.tsdb.path="$folder/data" --storage.tsdb.retention.time=10y \
    --web.listen-address="127.0.0.1:$port" >"$folder/log" 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null; wait $pid 2>/dev/null || true' EXIT
until curl -sf "http://127.0.0.1:$port/-/ready" >/dev/null; do kill -0 $pid; sleep 0.2; done
ask() {
    curl -sf -o "$folder/answer" -w '%{time_total}\n' "http://127.0.0.1:$port/api/v1/query_range" \
        --data-urlencode 'query=avg(avg_over_time(power[1h]))' --data "start=$((start + 3600))&end=$((start + days * 86400))&step=3600"
}
for _ in 1 2 3 4 5 6 7 8 9; do ask; done | sort -n | awk -v bytes="$bytes" -v samples="$samples" \
    'NR == 5 {printf "%.3f %.1f\n", bytes / samples, $1 * 1000}'
