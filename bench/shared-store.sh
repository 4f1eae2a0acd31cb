#!/bin/bash
# shared-store.sh [SECONDS A RUN] [RUNS] - what it costs that every batch is in PostgreSQL before it counts: bench_submit
# with a store of its own, and with one that is shared, on the same disk.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-3} runs=${2:-3}
program=$(readlink -f build/release/fastgpu)
folder=$(mktemp -d "${TMPDIR:-/tmp}/fastgpu-shared.XXXXXX")
chmod 711 "$folder"
postgres() { test/cluster/postgres.sh "$folder/pg" "$@"; }
trap 'postgres stop >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT
postgres start --port $((20000 + RANDOM % 8000))
url=$(postgres url)
echo "shared_store: $url" >"$folder/config.yaml"
# Every start of the benchmark is a new installation.
cat >"$folder/fastgpu" <<EOF
#!/bin/bash
case \$1 in
    up)
        psql -qAt -d $url -c 'DROP TABLE IF EXISTS fastgpu_seat, fastgpu_log, fastgpu_object, fastgpu_part, fastgpu_journal' 2>/dev/null
        exec $program "\$@" --config $folder/config.yaml ;;
    *) exec $program "\$@" ;;
esac
EOF
chmod 755 "$folder/fastgpu"
echo "# PostgreSQL $(psql -qAt -d "$url" -c 'SHOW server_version'), fsync $(psql -qAt -d "$url" -c 'SHOW fsync'), synchronous_commit $(psql -qAt -d "$url" -c 'SHOW synchronous_commit')"
# In turn, so that what else the machine does meets both; medians of the rates.
for ((run = 0; run < runs; run++)); do
    build/release/bench_submit "$program" "$seconds" 1 | sed -n 's/^durable/own    durable/p'
    build/release/bench_submit "$folder/fastgpu" "$seconds" 1 | sed -n 's/^durable/shared durable/p'
done | sed 's/jobs\/s.*//' >"$folder/rates"
for store in own shared; do
    for what in "64 connections" "256 connections" "batches of 100"; do
        rate=$(grep "^$store .*, $what" "$folder/rates" | awk '{print $NF}' | sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}')
        printf '%-7s store, durable submits, %-16s %8d jobs/s\n' "$store" "$what" "$rate"
    done
done
