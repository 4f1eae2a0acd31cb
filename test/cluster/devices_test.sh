#!/bin/bash
# Which devices of a node a real Slurm gave to a job: what they read is the job's, and what they are not used for is told.  A FAKE
# NVML shows the boards: the first works for somebody else, the second is ours and idles.
. "$(dirname "$0")/lib.sh"
[ -e "${FASTGPU_FAKE_NVML_LIBRARY:-}" ] || skip_all "the fake NVML library is not built"
board='NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|90|600000|55|0||0'
printf '%s\n' "$board" "$board" 'at 0 1 busy=0 power=70000' >"$work/boards"
# Nodes share this machine, and so these boards: there is one.
cat >"$work/program" <<END
#!/bin/sh
FASTGPU_NVML_LIBRARY=$FASTGPU_FAKE_NVML_LIBRARY FASTGPU_FAKE_NVML=$work/boards exec $FASTGPU_BIN "\$@"
END
chmod 755 "$work/program"
cluster c --nodes 1 --gpus h100:2
. "$work/c/settings"
printf '%s\n' "link_listen: $address:$((port + 21))" 'judge_every_ms: 200' 'idle_held_s: 2' >"$work/config.yaml"
start_daemon --config "$work/config.yaml"
in_cluster c sbatch -Q --chdir=/ --output=/dev/null --gres=gpu:1 --wrap 'sleep 300'
theirs() { in_cluster c squeue -h -t R -o %b | grep -q gpu; }
ok "somebody has the first device" eventually 15 theirs
fg supplier add c slurm --conf "$work/c/slurm.conf" --link "$address:$((port + 21))" --program "$work/program" --poll 1s --reuse 0s --place "${1:-ours}"
there() { fg node list | grep -qE '^c\.n1 .*up'; }
ok "the node is in the pool" eventually 15 there
job=$(fg run -q -d -g h100:1 -- sleep 300)
on_second() { fg show "$job" | grep -qE 'running +c\.n1: h100-1'; }
ok "a job has the second, and it is said" eventually 30 on_second
alert() { fg alert list | grep -E "idle_held.*job $job of .* holds 1 device on c\.n1"; }
ok "it does not use it, and that is said" eventually 30 alert
fg cancel "$job" >/dev/null
of_job() { fg show "$job" --json | json "$1"; }
ended() { [ "$(of_job state)" = cancelled ]; }
ok "it ends" eventually 20 ended
# The other one draws 600 W.
joules=$(of_job usage.energy_j) seconds=$(of_job duration_s)
note "$joules J in $seconds s"
ok "its joules are those of its device" awk "BEGIN {exit !($joules > 0 && $joules / $seconds < 100)}"
done_testing
