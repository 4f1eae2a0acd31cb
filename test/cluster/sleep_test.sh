#!/bin/bash
# Empty nodes of a real Slurm sleep by its own power saving when the service says so, and wake for a job that finds no other.
. "$(dirname "$0")/lib.sh"
[ -n "${FASTGPU_LONG_TESTS:-}" ] || skip_all "a minute: set FASTGPU_LONG_TESTS=1 (test/sim/sleep_sim.c has what is decided)"
programs=$work/programs
mkdir "$programs"
# What a site has ipmitool do: slurm.sh ends and starts all that runs on the node.  Slurm waits for neither.
for what in "off off" "on on"; do
    set -- $what
    printf '%s\n' '#!/bin/bash' "for node in \$(PATH=\$PATH:/usr/bin scontrol show hostnames \"\$1\"); do" \
        "    echo \"$1 \$node\" >>$work/switched; HOME=$work $here/slurm.sh $work/c $2 \$node" "done >>$work/$1.log 2>&1" >"$programs/$1"
    chmod +x "$programs/$1"
done
cluster c --nodes 2 --gpus h100:2 --conf "ResumeProgram=$programs/on" --conf "SuspendProgram=$programs/off" \
    --conf "ResumeTimeout=60" --conf "SuspendTimeout=2" --conf "SuspendTime=86400" --conf "SlurmctldParameters=idle_on_node_suspend"
. "$work/c/settings"
printf '%s\n' "link_listen: $address:$((port + 21))" 'energy_sleep: 1' 'energy_sleep_after_s: 1' 'energy_wake_s: 5' >"$work/config.yaml"
start_daemon --config "$work/config.yaml"
fg supplier add c slurm --conf "$work/c/slurm.conf" --link "$address:$((port + 21))" --poll 1s --reuse 0s
there() { [ "$(fg node list | grep -cE '^c\.n[12] .*up')" = 2 ]; }
ok "the nodes are in the pool" eventually 15 there
asleep() { [ "$(fg node list | grep -c 'asleep: work that goes there wakes it')" = "$1" ]; }
begin=$SECONDS
ok "both are empty, and sleep when that is worth it" eventually 180 asleep 2
note "after $((SECONDS - begin)) s; $(paste -sd ';' "$work/switched")"
is "Slurm has switched them off" "$(in_cluster c sinfo -h -N -o '%N %t' | paste -sd ' ')" "n1 idle~ n2 idle~"
begin=$SECONDS
job=$(fg run -q -d -g h100:1 -- sh -c 'echo on $FASTGPU_NODE')
wakes() { fg why "$job" | grep -q 'wakes node c.n[12], ready about'; }
ok "a job wakes one, and is told" eventually 20 wakes
ok "and runs there" timeout 90 "$FASTGPU_BIN" wait "$job"
note "after $((SECONDS - begin)) s: $(fg logs "$job")"
is "the other sleeps on" "$(fg node list | grep -c 'asleep: work')" 1
is "no node is blamed" "$(fg node list --json | python3 -c 'import json,sys; d=json.load(sys.stdin); print(*{n["health"]["milli"] for n in (d["items"] if isinstance(d, dict) else d)})')" 1000
done_testing
