#!/bin/bash
# Power caps on nodes of a real Slurm, whose boards a FAKE NVML shows: set through the couriers, and never left behind.
. "$(dirname "$0")/lib.sh"
[ -n "${FASTGPU_LONG_TESTS:-}" ] || skip_all "half a minute: set FASTGPU_LONG_TESTS=1 (src/link/power_test.c has the courier's part)"
[ -e "${FASTGPU_FAKE_NVML_LIBRARY:-}" ] || skip_all "the fake NVML library is not built"
printf 'NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|100|600000|55|0||0\n%.0s' 1 2 >"$work/boards"
# Nodes share this machine, and so these boards: n1 alone is used.
cat >"$work/program" <<END
#!/bin/sh
FASTGPU_NVML_LIBRARY=$FASTGPU_FAKE_NVML_LIBRARY FASTGPU_FAKE_NVML=$work/boards FASTGPU_FAKE_NVML_STATE=$work/caps exec $FASTGPU_BIN "\$@"
END
chmod 755 "$work/program"
# Watts that both may draw.
caps_sum_to() { [ "$(head -n 2 "$work/caps" | awk '{sum += $1} END {print sum / 1000}')" = "$1" ]; }
cluster c --nodes 1 --gpus h100:2
. "$work/c/settings"
printf '%s\n' "link_listen: $address:$((port + 21))" 'energy_budget_w: 500' >"$work/config.yaml"
start_daemon --config "$work/config.yaml"
fg supplier add c slurm --conf "$work/c/slurm.conf" --link "$address:$((port + 21))" --program "$work/program" --poll 1s --reuse 0s
there() { fg node list | grep -qE '^c\.n1 .*up'; }
ok "the node is in the pool" eventually 15 there
job=$(fg run -q -d -g h100:2 -- sleep 300)
ok "who works on a node of the cluster has the budget" eventually 30 caps_sum_to 500
courier=$(pgrep -f "^$FASTGPU_BIN courier .*" | while read -r pid; do grep -qz "FASTGPU_FAKE_NVML_STATE=$work/caps" "/proc/$pid/environ" && echo "$pid"; done | head -n 1)
kill -KILL "$courier"
ok "a courier that is killed leaves no caps" eventually 40 caps_sum_to 1400
ok "the job starts again, and is held down again" eventually 40 caps_sum_to 500
fg cancel "$job" >/dev/null
ok "who ends gives its caps back" eventually 30 caps_sum_to 1400
done_testing
