#!/bin/bash
# slurm.sh FOLDER COMMAND... - a real Slurm (Debian's packages) on this machine, wholly inside FOLDER.
#
#   start [OPTION]...    munged, slurmctld, slurmd for each node; the options:
#       --name NAME        of the cluster ("test")
#       --port N           the first of 40 ports that it may take (27800)
#       --nodes N          how many (2), named PREFIX1 ... PREFIXN; 0: only a controller, nodes join later
#       --prefix P         of their names ("n")
#       --cpus N, --memory MIB, --gpus KIND:COUNT   what each claims to have (8, 8192, h100:4; "none")
#       --rest             slurmrestd with JWT too, on PORT+1 and FOLDER/rest/socket (as root only: it wants another user)
#       --hosts            each node a host of its own: an address, a network that can be cut, processes that die with it
#       --cred SECONDS     how long a credential is good (Slurm's 120)
#       --conf LINE        one more line of slurm.conf (any number; it wins over an earlier one)
#   stop                 ends all of it, by process id
#   env                  what a client wants in its environment, for `eval`
#   node NAME            starts slurmd of a node that was killed or never started
#   join NAME CONF       one more node, as a dynamic one: CONF as for slurmd --conf ("Gres=gpu:h100:4 Feature=rented")
#   part PART            starts a part again: slurmctld, slurmd.NODE, slurmrestd, munged
#   kill PART [SIGNAL]   a signal (KILL) to one part; jobs of a node outlive its slurmd
#   off NODE             power off: slurmd and all that it runs die at once
#   on NODE              power on again, as after a boot
#   cut NODE, mend NODE  the link of a node down, up (with --hosts)
#   cut all, mend all    the links of all nodes
#   token [USER]         a JWT
#   pids                 PART PID, a line each
#
# The GPUs are none: terminals of this machine stand in for devices, and the nodes carry the feature
# "simulated".  Slurm itself is real.  Needs no root but for --rest and --hosts; `can-hosts` tells whether
# --hosts works here.  Nothing of the system's own Slurm is read or touched.
set -euo pipefail
folder=$(mkdir -p "$1" && cd "$1" && pwd)
shift
me=$(id -un)
host=$(hostname -s)
name=test port=27800 nodes=2 prefix=n cpus=8 memory=8192 gpus=h100:4 cred= rest= hosts= address=127.0.0.1
extra=()
export PATH=$PATH:/usr/sbin:/sbin

say() { echo "slurm.sh: $*" >&2; }

background() { # PART COMMAND...
    local part=$1
    shift
    setsid "$@" >>"$folder/$part.out" 2>&1 </dev/null &
    note "$part" $!
}

# The file is shared with other runs of this script that kill and start parts at the same time.
note() { # PART PID
    (
        flock 9
        sed -i "/^$1 /d" "$folder/pids"
        echo "$1 $2" >>"$folder/pids"
    ) 9>"$folder/pids.lock"
}

pid_of() { awk -v part="$1" '$1 == part { print $2 }' "$folder/pids"; }

within() { # SECONDS COMMAND...
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.05
    done
}

gone() { [ ! -d "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; }

# With --hosts: bridge and links are named by the port, so that several clusters live side by side.
net=10.$((port / 256)).$((port % 256))
can_hosts() {
    [ "$(id -u)" = 0 ] && command -v ip >/dev/null && ip netns add "fgcan$$" 2>/dev/null &&
        ip netns del "fgcan$$" && unshare --pid --fork --mount-proc true 2>/dev/null
}

lay_net() {
    net=10.$((port / 256)).$((port % 256))
    address=$net.1
    ip link add "fg$port" type bridge
    ip addr add "$net.1/24" dev "fg$port"
    ip link set "fg$port" up
}

# A host is a network and a process namespace: its first process holds them, and takes all with it.
make_host() { # NODE NUMBER
    local space=fg$port-$1 link=fg${port}x$2
    if [ ! -e "/run/netns/$space" ]; then
        ip netns add "$space"
        ip link add "$link" type veth peer name eth0 netns "$space"
        ip link set "$link" master "fg$port" up
        ip -n "$space" addr add "$net.$((9 + $2))/24" dev eth0
        ip -n "$space" link set eth0 up
        ip -n "$space" link set lo up
        ip -n "$space" route add default via "$net.1"
    fi
    background "host.$1" nsenter --net="/run/netns/$space" unshare --pid --fork --kill-child --mount-proc \
        bash -c 'trap : TERM INT HUP; while :; do sleep 3600 & wait; done'
    within 5 first_process "$1"
}

# unshare's only child.
first_process() { # NODE
    local pid
    pid=$(pid_of "host.$1")
    [ -n "$pid" ] && [ -d "/proc/$pid" ] && grep -o '[0-9]*' "/proc/$pid/task/$pid/children" | grep .
}

# Where a part's processes are: nothing, or a command that puts it into the host of its node.
number_of() { sed -n "s/^$1 //p" "$folder/numbers"; }

conf_gpus() {
    [ "$gpus" = none ] || echo "Gres=gpu:$gpus"
}

# One line a node: with addresses of their own they share a port, else each has one.
conf_nodes() {
    local i node_address node_port
    for ((i = 1; i <= nodes; i++)); do
        node_address=127.0.0.1 node_port=$((port + 2 + i))
        [ -z "$hosts" ] || node_address=$net.$((9 + i))
        echo "NodeName=$prefix$i NodeHostname=$host NodeAddr=$node_address Port=$node_port CPUs=$cpus" \
            "RealMemory=$memory Feature=simulated $(conf_gpus) State=UNKNOWN"
    done
    if [ "$nodes" -gt 0 ]; then
        echo "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP"
    else
        echo "NodeSet=rented Feature=rented"
        echo "PartitionName=all Nodes=rented Default=YES MaxTime=INFINITE State=UP"
    fi
}

configure() {
    mkdir -p "$folder/state" "$folder/rest" "$folder/log"
    chmod 711 "$folder" # slurmrestd is another user
    head -c 1024 /dev/urandom >"$folder/munge.key"
    head -c 32 /dev/urandom >"$folder/jwt.key"
    chmod 600 "$folder/munge.key" "$folder/jwt.key"
    cat >"$folder/slurm.conf" <<END
ClusterName=$name$port
SlurmctldHost=$host($address)
SlurmUser=$me
SlurmdUser=$me
SlurmctldPort=$port
SlurmdPort=$((port + 2))
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket${cred:+,cred_expire=$cred}
AuthAltTypes=auth/jwt
AuthAltParameters=jwt_key=$folder/jwt.key
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool.%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.%n.pid
SlurmctldLogFile=$folder/log/slurmctld
SlurmdLogFile=$folder/log/slurmd.%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/filetxt
JobCompLoc=$folder/completed
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=64
SchedulerParameters=batch_sched_delay=0
MaxJobCount=50000
MaxArraySize=20001
MaxNodeCount=64
ReturnToService=2
SlurmdTimeout=10
SlurmdParameters=config_overrides
GresTypes=gpu
$(printf '%s\n' "${extra[@]}" | grep -v '^$')
$(conf_nodes)
END
    # More devices than terminals: Slurm wants one file for each.
    [ "$gpus" = none ] ||
        echo "Name=gpu Type=${gpus%:*} File=/dev/tty[0-$((${gpus##*:} - 1))]" >"$folder/gres.conf"
    printf '%s\n' "port=$port" "hosts=$hosts" "address=$address" "name=$name" "rest=$rest" >"$folder/settings"
}

start_part() { # PART
    case $1 in
        munged)
            # Debian's munged refuses a folder that others may write to; $TMPDIR often is one: --force says so.
            background munged munged --foreground --force --key-file="$folder/munge.key" \
                --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
                --log-file="$folder/log/munged" --seed-file="$folder/munge.seed" ;;
        slurmctld) background slurmctld slurmctld -D -f "$folder/slurm.conf" ;;
        slurmrestd) start_rest ;;
        slurmd.*) start_node "${1#slurmd.}" ;;
        *) say "no part $1"; return 2 ;;
    esac
}

start_rest() {
    rm -f "$folder/rest/socket"
    chown nobody "$folder/rest"
    SLURM_JWT=daemon background slurmrestd setpriv --reuid=nobody --regid=nogroup --clear-groups \
        slurmrestd -f "$folder/slurm.conf" -a rest_auth/jwt -s openapi/v0.0.38 \
        "$address:$((port + 1))" "unix:$folder/rest/socket"
}

start_node() { # NODE [SLURMD ARGUMENT]...
    local node=$1 first
    shift
    grep -q "^$node " "$folder/numbers" || echo "$node $(($(wc -l <"$folder/numbers") + 1))" >>"$folder/numbers"
    if [ -z "$hosts" ]; then
        background "slurmd.$node" env FASTGPU_TEST_NODE="$folder/$node" \
            slurmd -D -f "$folder/slurm.conf" -N "$node" "$@"
        return
    fi
    first_process "$node" >/dev/null 2>&1 || make_host "$node" "$(number_of "$node")"
    first=$(first_process "$node")
    background "slurmd.$node" nsenter --target "$first" --pid --mount --net env FASTGPU_TEST_NODE="$folder/$node" \
        slurmd -D -f "$folder/slurm.conf" -N "$node" "$@"
}

node_is_up() { sinfo -h -N -o '%N %t' | grep -qE "^$1 (idle|mix|alloc)$"; }

start() {
    : >"$folder/pids"
    : >"$folder/numbers"
    [ -z "$hosts" ] || { can_hosts || { say "no namespaces here: --hosts needs root and ip netns"; exit 77; }; lay_net; }
    [ -z "$rest" ] || [ "$(id -u)" = 0 ] || { say "slurmrestd wants another user than Slurm's: only root can"; exit 77; }
    configure
    start_part munged
    within 10 test -S "$folder/munge.socket"
    start_part slurmctld
    local i
    for ((i = 1; i <= nodes; i++)); do
        start_part "slurmd.$prefix$i"
    done
    within 20 scontrol ping
    [ -z "$rest" ] || { start_part slurmrestd; within 10 test -S "$folder/rest/socket"; }
    for ((i = 1; i <= nodes; i++)); do
        within 30 node_is_up "$prefix$i"
    done
}

# slurmd of a host is the child of the nsenter that is noted.
signal_part() { # PART SIGNAL
    local pid child
    pid=$(pid_of "$1")
    [ -n "$pid" ] || { say "no part $1 is noted"; return 1; }
    child=$(grep -o '[0-9]*' "/proc/$pid/task/$pid/children" 2>/dev/null | sed -n 1p) || true
    if [[ $1 = slurmd.* && -n $hosts && -n $child ]]; then pid=$child; fi
    kill "-$2" "$pid" 2>/dev/null || true
    [ "$2" != KILL ] || within 5 gone "$pid"
}

# Without a host of its own a node's processes are those that its slurmd made, and theirs.  Other runs of this script may
# have a cluster and nodes of the same names at the same time: the name in slurm.conf has the port, which is ours alone.
processes_of() { # NODE
    local dir
    for dir in /proc/[0-9]*; do
        if grep -qzxE "FASTGPU_TEST_NODE=$folder/$1" "$dir/environ" 2>/dev/null ||
            { grep -qzxF "SLURMD_NODENAME=$1" "$dir/environ" && grep -qzxF "SLURM_CLUSTER_NAME=$name$port" "$dir/environ"; } 2>/dev/null; then
            echo "${dir#/proc/}"
        fi
    done
}

power_off() { # NODE
    local pids
    if [ -n "$hosts" ]; then
        kill -KILL "$(first_process "$1")"
        return
    fi
    pids=$(processes_of "$1")
    kill -KILL $pids 2>/dev/null || true
    pids=$(processes_of "$1") # what they made meanwhile
    [ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
}

set_link() { # NODE|all up|down
    [ -n "$hosts" ] || { say "links are there with --hosts only"; return 77; }
    local node number
    while read -r node number; do
        [ "$1" != all ] && [ "$1" != "$node" ] || ip link set "fg${port}x$number" "$2"
    done <"$folder/numbers"
}

stop() {
    [ -f "$folder/pids" ] || return 0
    local part pid node number
    while read -r node number; do
        for pid in $(processes_of "$node"); do
            kill -KILL "$pid" 2>/dev/null || true
        done
    done <"$folder/numbers"
    tac "$folder/pids" | while read -r part pid; do
        kill -CONT "$pid" 2>/dev/null || true
        kill -TERM "$pid" 2>/dev/null || true
    done
    while read -r part pid; do
        [[ $part != host.* ]] || kill -KILL "$pid" 2>/dev/null || true # unshare: its child goes with it
        within 5 gone "$pid" || kill -KILL "$pid" 2>/dev/null || true
    done <"$folder/pids"
    if [ -n "$hosts" ]; then
        while read -r node number; do
            ip link del "fg${port}x$number" 2>/dev/null || true
            ip netns del "fg$port-$node" 2>/dev/null || true
        done <"$folder/numbers"
        ip link del "fg$port" 2>/dev/null || true
    fi
    rm -f "$folder/pids" "$folder/pids.lock" "$folder/munge.socket"*
}

options() {
    while [ $# -gt 0 ]; do
        case $1 in
            --name | --port | --nodes | --prefix | --cpus | --memory | --gpus | --cred) printf -v "${1#--}" %s "$2"; shift ;;
            --conf) extra+=("$2"); shift ;;
            --rest) rest=yes ;;
            --hosts) hosts=yes ;;
            *) say "what is $1?"; exit 2 ;;
        esac
        shift
    done
}

command=${1:-}
[ $# -eq 0 ] || shift
[ ! -f "$folder/settings" ] || [ "$command" = start ] || . "$folder/settings"
net=10.$((port / 256)).$((port % 256))
export SLURM_CONF=$folder/slurm.conf
case $command in
    start)
        options "$@"
        start || { say "$name did not start:"; tail -n 5 "$folder"/*.out "$folder"/log/* >&2; stop; exit 1; } ;;
    stop) stop ;;
    env) echo "export SLURM_CONF=$SLURM_CONF SLURM_ADDRESS=$address SLURM_REST=http://$address:$((port + 1)) SLURM_REST_SOCKET=$folder/rest/socket" ;;
    node) start_part "slurmd.$1" ;;
    join) start_node "$1" -Z -b --conf "$2" ;;
    part) start_part "$1" ;;
    kill) signal_part "$1" "${2:-KILL}" ;;
    on) start_node "$1" -b ;;
    off) power_off "$1" ;;
    cut) set_link "$1" down ;;
    mend) set_link "$1" up ;;
    token) scontrol token username="${1:-$me}" lifespan=86400 | sed 's/^SLURM_JWT=//' ;;
    pids) cat "$folder/pids" ;;
    can-hosts) can_hosts ;;
    *) sed -n '2,/^set -/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
