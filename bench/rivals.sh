#!/bin/bash
# rivals.sh JOBS - run the same trivial jobs through GNU parallel and Debian's Slurm; prints three numbers:
# parallel's jobs/s, Slurm's jobs/s, Slurm's median milliseconds from submit to start.  0: not there.
set -uo pipefail
cd "$(dirname "$0")"
jobs=$1
folder=$(mktemp -d "${TMPDIR:-/tmp}/fg-rival.XXXXXX")
trap '../test/cluster/slurm.sh "$folder" stop; rm -rf "$folder"' EXIT
export SLURM_CONF=$folder/slurm.conf

now() { date +%s.%N; }
rate() { awk -v n="$1" -v a="$2" -v b="$3" 'BEGIN { printf "%.1f", n / (b - a) }'; }

parallel_rate=0
if command -v parallel >/dev/null; then
    start=$(now)
    HOME=$folder seq "$jobs" | HOME=$folder parallel --will-cite -n1 -j "$(nproc)" /bin/true &&
        parallel_rate=$(rate "$jobs" "$start" "$(now)")
fi

slurm_rate=0 slurm_ms=0
if command -v slurmctld >/dev/null && ../test/cluster/slurm.sh "$folder" start --nodes 1 \
    --cpus $(($(nproc) * 10)) --gpus none --conf SelectTypeParameters=CR_Core --conf MaxJobCount=30000 >&2; then
    printf '#!/bin/sh\nexec /bin/true\n' >"$folder/true.sh"
    printf '#!/bin/sh\ndate +%%s.%%N >%s/started\n' "$folder" >"$folder/stamp.sh"
    # One job at a time on the idle cluster.
    for _ in $(seq 21); do
        rm -f "$folder/started"
        start=$(now)
        sbatch -Q -o /dev/null "$folder/stamp.sh" >/dev/null
        for _ in $(seq 500); do
            [ -s "$folder/started" ] && break
            sleep 0.01
        done
        awk -v a="$start" -v b="$(cat "$folder/started" 2>/dev/null || now)" 'BEGIN { print (b - a) * 1000 }'
    done | sort -n >"$folder/delays"
    slurm_ms=$(sed -n 11p "$folder/delays")
    # As arrays, the quickest way in.
    start=$(now)
    for first in $(seq 1 1000 "$jobs"); do
        left=$((jobs - first + 1))
        sbatch -Q -o /dev/null --array=1-$((left < 1000 ? left : 1000)) "$folder/true.sh" >/dev/null
    done
    while [ -n "$(squeue -h -o %i | head -n 1)" ]; do
        sleep 0.2
    done
    slurm_rate=$(rate "$jobs" "$start" "$(now)")
fi
echo "$parallel_rate $slurm_rate ${slurm_ms:-0}"
