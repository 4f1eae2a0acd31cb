#!/bin/bash
# slurm-one-machine.sh FOLDER start|stop - Debian's Slurm on this machine, wholly inside FOLDER, as a rival.
#
# One munged, one slurmctld and one slurmd with all cores, on loopback and in the foreground of nobody:
# each leaves its process id in FOLDER/pids, and `stop` ends exactly those.  Nothing of the system's own
# Slurm is read or touched.  Clients then need SLURM_CONF=FOLDER/slurm.conf.
set -euo pipefail
folder=$(mkdir -p "$1" && cd "$1" && pwd)
port=${SLURM_PORT:-27817}
me=$(id -un)
host=$(hostname -s)

background() { # NAME COMMAND...
    local name=$1
    shift
    setsid "$@" >"$folder/$name.out" 2>&1 </dev/null &
    echo $! >>"$folder/pids"
}

within() { # SECONDS COMMAND...
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.05
    done
}

configure() {
    mkdir -p "$folder/state" "$folder/spool"
    chmod 711 "$folder" # munged wants a folder that others cannot write to, above its socket
    head -c 1024 /dev/urandom >"$folder/munge.key"
    chmod 600 "$folder/munge.key"
    cat >"$folder/slurm.conf" <<END
ClusterName=bench
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$me
SlurmdUser=$me
SlurmctldPort=$port
SlurmdPort=$((port + 1))
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CryptoType=crypto/munge
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0
MaxJobCount=30000
MaxArraySize=20001
ReturnToService=2
SlurmdParameters=config_overrides
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=1024 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:10
END
    sed -i '/^CryptoType/d' "$folder/slurm.conf"
}

start() {
    configure
    : >"$folder/pids"
    # Debian's munged refuses a folder that others may write to; $TMPDIR often is one: --force says so.
    background munged munged --foreground --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" \
        --pid-file="$folder/munged.pid" --log-file="$folder/munged.log" --seed-file="$folder/munge.seed"
    within 10 test -S "$folder/munge.socket"
    export SLURM_CONF=$folder/slurm.conf
    background slurmctld slurmctld -D -f "$folder/slurm.conf"
    within 20 scontrol ping
    background slurmd slurmd -D -f "$folder/slurm.conf" -N "$host"
    within 20 srun --immediate=10 -N1 true
}

stop() {
    [ -f "$folder/pids" ] || return 0
    local pid
    for pid in $(tac "$folder/pids"); do
        kill -TERM "$pid" 2>/dev/null || true
    done
    for pid in $(cat "$folder/pids"); do
        within 5 test ! -d "/proc/$pid" || kill -KILL "$pid" 2>/dev/null || true
    done
    rm -f "$folder/pids"
}

case ${2:-} in
    start) start || { tail -n 5 "$folder"/*.out "$folder"/*.log >&2; stop; exit 1; } ;;
    stop) stop ;;
    *) echo "usage: slurm-one-machine.sh FOLDER start|stop" >&2; exit 2 ;;
esac
