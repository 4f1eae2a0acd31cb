#!/bin/bash
# machine.sh FOLDER COMMAND - a simulated rented machine: a host of its own on this one, as fresh as a root file system can be.
#
#   start NAME NUMBER CLUSTER DATA    its address is NUMBER of the network of the cluster in folder CLUSTER (slurm.sh --hosts); it
#                                     runs the user data in the file DATA, as root, and stays until it is stopped
#   run PROGRAM [ARGUMENT]...         on it
#   stop                              power off: all that runs on it dies at once
#
# It has its own network, processes, host name and root: what it writes is gone with it.  Slurm and munge are those of this machine.
# Of the environment: MACHINE_DEVICES files /dev/nvidia<number> that are no devices, MACHINE_PROGRAM as its fastgpu program,
# MACHINE_PATHS that are to be seen there too.  Needs root.
set -euo pipefail
umask 022
folder=$(mkdir -p "$1" && cd "$1" && pwd)
command=$2
shift 2
export PATH=$PATH:/usr/sbin:/sbin

first() { # the first process in it
    local pid
    pid=$(cat "$folder/pid")
    grep -o '[0-9]*' "/proc/$pid/task/$pid/children" 2>/dev/null | grep .
}

within() { # SECONDS COMMAND...
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.05
    done
}

lay_net() { # NUMBER CLUSTER
    . "$2/settings"
    local net=10.$((port / 256)).$((port % 256))
    space=fg$port-r$1
    printf '%s\n' "space=$space" "address=$net.$1" >"$folder/net"
    ip netns add "$space"
    ip link add "fg${port}r$1" type veth peer name eth0 netns "$space"
    ip link set "fg${port}r$1" master "fg$port" up
    ip -n "$space" addr add "$net.$1/24" dev eth0
    ip -n "$space" link set eth0 up
    ip -n "$space" link set lo up
    ip -n "$space" route add default via "$net.1"
}

# Inside: a root of its own over this machine's, with the cluster's folder hidden behind an empty one.
boot() { # NAME CLUSTER DATA
    local root=$folder/disk/root
    mkdir -p "$folder/disk" "$folder/cluster/log" "$folder/log"
    mount -t tmpfs tmpfs "$folder/disk"
    mkdir "$folder/disk/up" "$folder/disk/work" "$root"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/disk/up,workdir=$folder/disk/work" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount -t tmpfs tmpfs "$root/run"
    mount -t tmpfs tmpfs "$root/dev"
    mount -t tmpfs tmpfs "$root/etc/munge"
    mkdir "$root/dev/shm"
    local device
    for device in null:3 zero:5 full:7 random:8 urandom:9; do
        mknod -m 666 "$root/dev/${device%:*}" c 1 "${device#*:}"
    done
    mknod -m 666 "$root/dev/tty" c 5 0
    for ((device = 0; device < ${MACHINE_DEVICES:-0}; device++)); do
        mknod -m 666 "$root/dev/nvidia$device" c 1 3
    done
    # Folders that are mounts of this machine are not in its root: what is needed of them is bound in.
    local path
    for path in "$folder" ${MACHINE_PATHS:-}; do
        [ ! -d "$path" ] || mkdir -p "$root$path"
        [ -d "$path" ] || { mkdir -p "$root$(dirname "$path")" && touch "$root$path"; }
        mount --bind "$path" "$root$path"
    done
    if [ -n "${MACHINE_PROGRAM:-}" ]; then # its image has the fastgpu program already
        mkdir -p "$root/usr/local/bin"
        touch "$root/usr/local/bin/fastgpu"
        mount --bind "$MACHINE_PROGRAM" "$root/usr/local/bin/fastgpu"
    fi
    mkdir -p "$root$2"
    mount --bind "$folder/cluster" "$root$2"
    hostname "$1"
    printf '%s\n' "127.0.0.1 localhost" "$(. "$folder/net" && echo "$address") $1" >"$root/etc/hosts"
    : >"$root/etc/resolv.conf" # nobody answers there
    (umask 077 && first_start "$3" >"$folder/user-data")
    trap : TERM INT HUP
    ln -sf /run/munge/munge.socket.2 "$folder/cluster/munge.socket" # where this cluster's slurm.conf says
    FASTGPU_NODE=$1 FASTGPU_MUNGE_SOCKET=/run/munge/munge.socket.2 chroot "$root" /bin/sh "$folder/user-data" \
        >"$folder/log/bootstrap" 2>&1 </dev/null &
    while :; do sleep 3600 & wait $! || true; done
}

# A script runs as it is; of cloud-init what `node bootstrap` prints is understood, as cloud-init would.
first_start() { # DATA
    if [ "$(head -n 1 "$1")" != "#cloud-config" ]; then
        cat "$1"
        return
    fi
    python3 - "$1" <<'END'
import shlex, sys, yaml
data = yaml.safe_load(open(sys.argv[1]))
for file in data["write_files"]:
    path = shlex.quote(file["path"])
    print("mkdir -p $(dirname %s) && cat >%s <<'CLOUD_INIT_END'\n%s\nCLOUD_INIT_END" % (path, path, file["content"]))
    print("chmod %s %s" % (file["permissions"], path))
for command in data["runcmd"]:
    print(shlex.join(command))
END
}

start() { # NAME NUMBER CLUSTER DATA
    local space
    lay_net "$2" "$3"
    setsid nsenter --net="/run/netns/$space" unshare --mount --uts --pid --fork --kill-child --mount-proc \
        "$0" "$folder" boot "$1" "$3" "$4" >"$folder/host.out" 2>&1 </dev/null &
    echo $! >"$folder/pid"
    within 10 first
}

stop() {
    local pid
    [ -f "$folder/net" ] || return 0
    . "$folder/net"
    if pid=$(first); then kill -KILL "$pid" 2>/dev/null || true; fi
    [ ! -f "$folder/pid" ] || within 5 test ! -d "/proc/$(cat "$folder/pid")" || true
    ip netns del "$space" 2>/dev/null || true
    rm -f "$folder/net" "$folder/pid"
}

case $command in
    start) start "$@" ;;
    boot) boot "$@" ;;
    run) exec nsenter --target "$(first)" --mount --uts --pid --net --root="/proc/$(first)/root$folder/disk/root" \
        sh -c 'cd / && exec "$@"' sh "$@" 2> >(grep -v getcwd >&2) ;;
    stop) stop ;;
    *) sed -n '2,/^set -/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
