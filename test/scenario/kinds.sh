#!/bin/bash
# Two kinds of boards (of a FAKE NVML), jobs that tell how fast they are on each: who gains most by the fast ones gets them.
. "$(dirname "$0")/../lib.sh"
[ -e "${FASTGPU_FAKE_NVML_LIBRARY:-}" ] || skip_all "the fake NVML library is not built"
cat >"$work/boards" <<'B'
NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|40|310000|55|0||0
NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|40|310000|55|0||0
NVIDIA A100-SXM4-80GB (FAKE)|81559|1024|40|310000|55|0||0
NVIDIA A100-SXM4-80GB (FAKE)|81559|1024|40|310000|55|0||0
B
export FASTGPU_NVML_LIBRARY=$FASTGPU_FAKE_NVML_LIBRARY FASTGPU_FAKE_NVML=$work/boards
echo 'schedule: {allocate: throughput}' >"$work/config.yaml"
start_daemon --config "$work/config.yaml"

node=$(fg node list | awk 'NR == 2 { print $1 }')
job() { fg run -q -d -g 1 -c 0.1 --set "throughput=$1" -- sleep 30; }
where() { fg show "$1" | sed -n 's/^where  *//p'; }
runs() { [ "$(state "$1")" = running ]; }
fg node drain "$node" >/dev/null
minds_little=("$(job '{h100: 1, a100: 0.9}')" "$(job '{h100: 1, a100: 0.9}')")
minds_much=("$(job '{h100: 1, a100: 0.1}')" "$(job '{h100: 1, a100: 0.1}')")
fg node resume "$node" >/dev/null
for id in "${minds_little[@]}" "${minds_much[@]}"; do eventually 10 runs "$id"; done
for id in "${minds_much[@]}"; do like "$id, which is ten times as fast on an H100, has one" "$(where "$id")" "h100"; done
for id in "${minds_little[@]}"; do like "$id, which came first, has an A100" "$(where "$id")" "a100"; done
like "why says what its class is owed" "$(fg why "${minds_much[0]}")" "owed 2 devices of kind h100 and have [02]; throughput 1"
fg cancel "${minds_little[@]}" "${minds_much[@]}" >/dev/null
done_testing
