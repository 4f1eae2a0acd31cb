# test/cluster/lib.sh - a service and real Slurm clusters for one test: test/lib.sh, and
#
#     cluster a --nodes 2 --hosts          # slurm.sh start, in $work/a, on ports of its own
#     in_cluster a squeue -h               # a command of Slurm there
#     slurm a off n1                       # slurm.sh of that cluster
#
# All clusters go away with the test.  Skips the test, with the reason, where something is missing.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PATH=$PATH:/usr/sbin:/sbin
clusters=()
chmod 711 "$work" # slurmrestd and PostgreSQL are other users

for program in munged slurmctld slurmd sbatch; do
    command -v $program >/dev/null || skip_all "no $program here: install munge slurmctld slurmd slurm-client"
done

can_hosts() { "$here/slurm.sh" "$work/can" can-hosts; }

slurm() { # CLUSTER COMMAND...
    local name=$1
    shift
    "$here/slurm.sh" "$work/$name" "$@"
}

in_cluster() { # CLUSTER COMMAND...
    local name=$1
    shift
    SLURM_CONF=$work/$name/slurm.conf "$@"
}

# Forty ports in a row of which the first is free: nobody else takes such rows.
free_ports() {
    local port
    if [ -n "${CLUSTER_PORT:-}" ]; then
        echo $((CLUSTER_PORT + 40 * ${#clusters[@]}))
        return
    fi
    while :; do
        port=$((15000 + (RANDOM % 420) * 40))
        [ ! -e "/sys/class/net/fg$port" ] || continue
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && ! (exec 3<>"/dev/tcp/127.0.0.1/$((port + 3))") 2>/dev/null; then
            echo $port
            return
        fi
    done
}

cluster() { # NAME OPTION-OF-START...
    local name=$1 rc=0
    shift
    local port
    port=$(free_ports)
    clusters+=("$name")
    slurm "$name" start --name "$name" --port "$port" "$@" || rc=$?
    [ $rc != 77 ] || skip_all "this machine cannot: slurm.sh says why above"
    [ $rc = 0 ] || { echo "Bail out! cluster $name did not start"; exit 1; }
}

# The address at which all nodes of a cluster reach this machine.
address_of() { sed -n 's/^address=//p' "$work/$1/settings"; }

stop_clusters() {
    local name
    for name in "${clusters[@]}"; do
        slurm "$name" stop 2>/dev/null
    done
    [ ! -f "$work/postgres/pid" ] || "$here/postgres.sh" "$work/postgres" stop
}
trap 'stop_daemon KILL; stop_clusters; cleanup' EXIT
