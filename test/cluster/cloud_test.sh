#!/bin/bash
# CLOUD nodes: slurmctld asks for them, FastGPU orders the machines of a SIMULATED supplier, and gives them back when Slurm says so.
. "$(dirname "$0")/lib.sh"
. "$here/rented.sh"
programs=$work/programs
mkdir "$programs"
# slurmctld looks for its programs when it starts, and for what its CLOUD nodes will have.
mkdir -p "$work/c"
echo "NodeName=c[1-2] Name=gpu Type=h100 File=/dev/nvidia[0-1]" >"$work/c/gres.conf"
for what in "on resume --instance simulated-2xh100" "off suspend"; do
    set -- $what
    printf '%s\n' '#!/bin/sh' "exec env HOME=$work XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR $FASTGPU_BIN slurm-$2 --url unix:$data/fastgpu.sock --supplier acme ${*:3} \"\$1\" >>$work/$1.log 2>&1" >"$programs/$1"
    chmod +x "$programs/$1"
done
rented c --conf "NodeName=c[1-2] CPUs=1 RealMemory=500 Gres=gpu:h100:2 State=CLOUD" \
    --conf "PartitionName=cloud Nodes=c[1-2] MaxTime=INFINITE State=UP" \
    --conf "ResumeProgram=$programs/on" --conf "SuspendProgram=$programs/off" --conf "ResumeFailProgram=$programs/off" \
    --conf "ResumeTimeout=30" --conf "SuspendTimeout=1" --conf "SuspendTime=1" --conf "SlurmctldParameters=idle_on_node_suspend,cloud_reg_addrs"
start_daemon --config "$work/config.yaml"
ok "the cluster is a supplier" fg supplier add c slurm --conf "$work/c/slurm.conf"
ok "and one that sells machines for it" seller acme --
orders() { fg order list --json | python3 -c 'import json,sys; d=json.load(sys.stdin); d=d.get("items",d) if isinstance(d,dict) else d; print(*sorted("%s:%s" % (o["node"], o["state"]) for o in d))'; }

begin=$SECONDS
is "a job of Slurm gets a node that was not there" \
    "$(in_cluster c timeout 40 srun -p cloud -w c2 --gres=gpu:h100:1 sh -c 'echo $SLURMD_NODENAME; echo $CUDA_VISIBLE_DEVICES' 2>/dev/null)" $'c2\n0'
note "after $((SECONDS - begin)) s; $(cat "$work/on.log")"
active() { [ "$(orders)" = "c2:active" ]; }
ok "its order is active" eventually 10 active
is "asked again it is not ordered twice" "$("$programs/on" c2; orders)" "c2:active"
gone() { [ "$(orders)" = "c2:released" ]; }
ok "when it idles Slurm switches it off, and it is given back" eventually 20 gone
asleep() { in_cluster c sinfo -h -N -n c2 -o %t | grep -q 'idle~'; }
ok "the node is there to be asked for again" eventually 10 asleep
is "a list of hosts that is none is refused" "$(fg slurm-resume --supplier acme --instance x 'c[1-' 2>&1 | grep -c 'not a list')" 1
is "what has no order is given back without an error" "$(fg slurm-suspend --supplier acme 'c[1-2]' 2>&1; echo $?)" 0
done_testing
