#!/bin/bash
# Projects within projects on four boards (of a FAKE NVML): limits at every level, and a guarantee that is had by reclaim.
. "$(dirname "$0")/../lib.sh"
[ -e "${FASTGPU_FAKE_NVML_LIBRARY:-}" ] || skip_all "the fake NVML library is not built"
for _ in 1 2 3 4; do echo 'NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|40|310000|55|0||0'; done >"$work/boards"
export FASTGPU_NVML_LIBRARY=$FASTGPU_FAKE_NVML_LIBRARY FASTGPU_FAKE_NVML=$work/boards
start_daemon

job() { fg run -q -d -p "$1" -g 1 -c 0.1 "${@:2}" -- sleep 60; }
runs() { [ "$(state "$1")" = running ]; }
waits() { [ "$(state "$1")" = queued ]; }

ok "a project with a limit" fg project set lab --quota-gpus 3
ok "and two within it, one with a guarantee" fg project set vision --parent lab --guarantee-gpus 2
ok "the other without" fg project set audio --parent lab
like "show says of what it is part" "$(fg project show vision)" "part of lab"
like "and what is guaranteed" "$(fg project show vision)" "guaranteed: 2"
like "nothing is part of itself" "$(fg project set lab --parent vision 2>&1)" "the project itself or one below it"
like "a parent is known" "$(fg project set lab --parent nobody 2>&1)" "nobody is not known"
like "a guarantee is within the limit" "$(fg project set lab --guarantee-gpus 4 2>&1)" "guaranteed, its quota is 3000"

borrowed=("$(job audio --preemptible)" "$(job audio --preemptible)" "$(job audio --preemptible)")
for id in "${borrowed[@]}"; do eventually 10 runs "$id"; done
fourth=$(job audio)
like "why names the level and its numbers" "$(fg why "$fourth")" "project lab: quota of 3000 milli-devices: 3000 held, 1000 asked"
is "what is held counts above" "$(fg project show lab --json | json usage.gpu_milli)" 3000
fg cancel "$fourth" >/dev/null

ok "the limit goes" fg project set lab --quota-gpus none
last=$(job audio --preemptible)
eventually 10 runs "$last"
own=("$(job vision)" "$(job vision)")
for id in "${own[@]}"; do eventually 20 runs "$id"; done
is "what is guaranteed is had by reclaim" "$(fg project show vision --json | json usage.gpu_milli)" 2000
eventually 10 waits "$last"
is "the youngest borrower waits again" "$(state "$last")" queued
is "the eldest still runs" "$(state "${borrowed[0]}")" running
third=$(job vision)
is "beyond the guarantee nobody is stopped" "$(state "$third")" queued
is "and so two of the others go on" "$(fg project show audio --json | json usage.gpu_milli)" 2000
like "more than there is may be promised, and is told" \
    "$(fg project set lab --guarantee-gpus 8 >/dev/null; fg status)" "more accelerators are guaranteed"
fg cancel "$third" "$last" "${borrowed[@]}" "${own[@]}" >/dev/null
done_testing
