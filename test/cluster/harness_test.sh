#!/bin/bash
# The harness itself: two clusters side by side, what can be killed, cut and started again.
. "$(dirname "$0")/lib.sh"
options=()
if can_hosts; then options=(--hosts); else note "no namespaces here: nodes share one address, no link is cut"; fi
cluster a --nodes 2 "${options[@]}"
cluster b --nodes 1 --prefix m

is "two nodes idle in the first" "$(in_cluster a sinfo -h -N -o '%N %T %G' | sort)" $'n1 idle gpu:h100:4\nn2 idle gpu:h100:4'
is "one in the second" "$(in_cluster b sinfo -h -N -o %N)" m1
is "a job sees the devices it asked for" \
    "$(in_cluster a srun -w n2 --gres=gpu:h100:2 printenv SLURMD_NODENAME CUDA_VISIBLE_DEVICES)" $'n2\n0,1'

sleeps() { pgrep -fc "sleep $1\$"; }
mark=$((300000 + $$))
running() { [ "$(in_cluster a squeue -h -t R -o %i | wc -l)" = "$1" ]; }
in_cluster a sbatch -w n1 --output=/dev/null --wrap "exec sleep $mark" >/dev/null
ok "a job runs" eventually 10 running 1
eventually 5 test "$(sleeps $mark)" = 1
slurm a kill slurmd.n1
is "killing slurmd alone leaves its job" "$(sleeps $mark)" 1
slurm a off n1
none() { [ "$(sleeps $mark)" = 0 ]; }
ok "power off ends it" eventually 5 none
slurm a kill slurmctld
slurm a part slurmctld
slurm a node n1
back() { in_cluster a sinfo -h -N -o '%N %T' | grep -qE 'n1 (idle|mixed)'; }
ok "controller and node come back" eventually 20 back

if [ ${#options[@]} -gt 0 ]; then
    reaches() { (exec 3<>"/dev/tcp/$(sed -n 's/.*NodeName=n2.*NodeAddr=\([^ ]*\) Port=\([0-9]*\).*/\1\/\2/p' "$work/a/slurm.conf")") 2>/dev/null; }
    ok "a node is reached" timeout 2 bash -c "$(declare -f reaches); work=$work; reaches"
    slurm a cut n2
    ok "and not when it is cut off" bash -c "$(declare -f reaches); work=$work; ! timeout 1 bash -c \"\$(declare -f reaches); work=$work; reaches\""
    slurm a mend n2
    ok "and again" timeout 2 bash -c "$(declare -f reaches); work=$work; reaches"
fi
done_testing
