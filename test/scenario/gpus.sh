#!/bin/bash
# GPUs, as a FAKE NVML shows them: found, granted and hidden; shares; quota; who makes room for whom.
. "$(dirname "$0")/../lib.sh"
[ -e "${FASTGPU_FAKE_NVML_LIBRARY:-}" ] || skip_all "the fake NVML library is not built"
# Three boards.
cat >"$work/boards" <<'B'
NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|40|310000|55|0||0
NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|40|310000|55|0||0
NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|40|310000|55|0||0
B
export FASTGPU_NVML_LIBRARY=$FASTGPU_FAKE_NVML_LIBRARY FASTGPU_FAKE_NVML=$work/boards
runs() { [ "$(state "$1")" = running ]; }
start_daemon

like "three boards are in the pool" "$(fg node list)" "h100-2"
one=$(fg run -q -g h100:1 -- sh -c 'echo "$CUDA_VISIBLE_DEVICES"')
like "a job sees the one it was granted" "$one" "^GPU-[^,]*$"
is "and with two, two" "$(fg run -q -g h100:2 -- sh -c 'echo "$CUDA_VISIBLE_DEVICES"' | tr , '\n' | wc -l)" 2
is "a job that asked for none sees none" "$(fg run -q -- sh -c 'echo "[$CUDA_VISIBLE_DEVICES]"')" "[]"
share=$(fg run -q -g h100:0.5 -- sh -c 'echo "$FASTGPU_SHARE_MODE"')
like "a share is said to be enforced or advisory" "$share" "^(mps|advisory)$"

# Shares: two halves lie on one board, so that the others stay whole.
a=$(fg run -q -d -g h100:0.5 -c 0.1 -- sleep 30)
b=$(fg run -q -d -g h100:0.5 -c 0.1 -- sleep 30)
eventually 10 runs "$b"
device_of() { fg show "$1" --json | json devices.0; }
is "two halves share one board" "$(device_of "$a")" "$(device_of "$b")"
fg cancel "$a" "$b" >/dev/null
fg wait "$a" "$b" >/dev/null

# Quota.
fg project set default --quota-gpus 1 >/dev/null
c=$(fg run -q -d -g h100:1 -c 0.1 -- sleep 30)
d=$(fg run -q -d -g h100:1 -c 0.1 -- true)
eventually 10 runs "$c"
like "over its quota a project waits, and why says so" "$(fg why "$d")" "quota of 1000 milli-devices"
fg project set default --quota-gpus none >/dev/null
ok "without the quota it runs" fg wait "$d"
fg cancel "$c" >/dev/null

# Preemption: an urgent job that needs all boards pushes a preemptible one aside, which then runs again.
e=$(fg run -q -d -g h100:1 -c 0.1 --preemptible --priority -100 -- sleep 5)
eventually 10 runs "$e"
f=$(fg run -q -d -g h100:3 -c 0.1 --priority 500 --time-limit 1m -- true)
ok "the urgent job gets its three boards" fg wait "$f"
ok "the one that made room runs again and succeeds" fg wait "$e"
like "and its history says so" "$(fg show "$e")" "preempted"
# Defragmentation: halves of two boards are free; who moves gives one of them whole.
halves=()
for _ in 1 2 3 4; do halves+=("$(fg run -q -d -g h100:0.5 -c 0.1 --preemptible -- sleep 20)"); done
for h in "${halves[@]}"; do eventually 10 runs "$h"; done
fg cancel "${halves[0]}" "${halves[2]}" >/dev/null
fg wait "${halves[0]}" "${halves[2]}" >/dev/null
two=$(fg run -q -d -g h100:2 -c 0.1 -- true)
like "moves are told" "$(fg node defrag --json)" "\"job\":\"$two\".*\"moves\":\\[.\"job\""
like "and shown" "$(fg node defrag)" "^WAITS"
like "and made" "$(fg node defrag --apply "$two")" "^$two "
ok "who waited has its two boards" fg wait "$two"
eventually 10 runs "${halves[1]}"
eventually 10 runs "${halves[3]}"
is "the halves share one board now" "$(device_of "${halves[1]}")" "$(device_of "${halves[3]}")"
like "the history of one says that it was moved" "$(fg show "${halves[1]}")$(fg show "${halves[3]}")" "moved, to make room"
like "there is nothing left to move" "$(fg node defrag)" "no moves"
fg cancel "${halves[1]}" "${halves[3]}" >/dev/null
g=$(fg run -q -d -g h100:4 -- true)
like "more than there are: why has the numbers" "$(fg why "$g")" "has 3 such devices, 4 needed"
done_testing
