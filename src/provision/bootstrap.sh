# What follows is the same for every machine: `fastgpu node bootstrap` put the settings above.
#
# It may run again: what is there already stays, and the node joins anew.  Of the machine it may be told:
#   FASTGPU_NODE          its name in the cluster; else the instance id of cloud-init, else the host name
#   FASTGPU_MUNGE_SOCKET  where munged listens, if slurm.conf says another place than Debian's
set -eu
umask 022
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
state=/var/lib/fastgpu
mkdir -p "$state" /run/fastgpu /etc/slurm

say() { echo "fastgpu bootstrap: $*" >&2; }
die() { say "$*"; echo "$*" >"$state/failed"; exit 1; }
rm -f "$state/failed" "$state/joined"
has_systemd() { [ -d /run/systemd/system ]; }

name_node() {
    node=${cloud_node:-${FASTGPU_NODE:-}}
    [ -n "$node" ] || node=$(cloud-init query instance_id 2>/dev/null) || node=
    [ -n "$node" ] || node=$(hostname -s)
    case $node in
        "" | [!A-Za-z0-9]* | *[!A-Za-z0-9_.-]*) die "'$node' is no name of a node: letters, digits and ._- are" ;;
    esac
}

install_packages() {
    missing=
    command -v slurmd >/dev/null || missing="$missing slurmd slurm-client"
    command -v munged >/dev/null || missing="$missing munge"
    if [ -n "$program_url$munge_url" ]; then
        command -v curl >/dev/null || missing="$missing curl ca-certificates"
    fi
    [ -n "$missing" ] || return 0
    say "installs$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q update && apt-get -q install -y --no-install-recommends $missing || die "apt-get could not install$missing"
    if has_systemd; then systemctl disable --now slurmd 2>/dev/null || true; fi
}

# Whatever was lost on the way is asked for again; what came is believed by its sum alone.
fetch_program() {
    [ -n "$program_url" ] || { command -v fastgpu >/dev/null || die "no fastgpu program here, and no --program-url"; return 0; }
    if [ -x /usr/local/bin/fastgpu ] && echo "$program_sha256  /usr/local/bin/fastgpu" | sha256sum -c --status; then return 0; fi
    curl -fsSL --retry 8 --retry-all-errors --max-time 300 -o "$state/fastgpu.new" "$program_url" || die "cannot fetch $program_url"
    echo "$program_sha256  $state/fastgpu.new" | sha256sum -c --status || die "what came from $program_url has another SHA-256"
    install -m 755 "$state/fastgpu.new" /usr/local/bin/fastgpu
    rm -f "$state/fastgpu.new"
}

munge_settings() {
    socket=${FASTGPU_MUNGE_SOCKET:-}
    [ -n "$socket" ] || socket=$(slurm_conf | sed -n 's/^ *AuthInfo *=.*socket=\([^, ]*\).*/\1/p')
    socket=${socket:-/run/munge/munge.socket.2}
    owner=$(id -un)
    if [ "${socket%/*}" = /run/munge ] && getent passwd munge >/dev/null; then owner=munge; fi
}

# The secret of the cluster is nobody's but munged's: never an argument, never readable by others, not even for a moment.
write_munge_key() {
    install -d -m 700 -o "$owner" /etc/munge /var/log/munge
    install -d -m 711 -o "$owner" /var/lib/munge
    [ -d "${socket%/*}" ] || install -d -m 755 -o "$owner" "${socket%/*}"
    (
        umask 077
        munge_key | base64 -d >"$state/munge.key"
        if [ ! -s "$state/munge.key" ] && [ -n "$munge_url" ]; then
            munge_token >"$state/munge.header"
            curl -fsS --proto '=https,http' --retry 8 --retry-all-errors --max-time 60 -H "@$state/munge.header" \
                -o "$state/munge.key" "$munge_url" || die "cannot fetch the munge key"
            rm -f "$state/munge.header"
        fi
    )
    if [ -s "$state/munge.key" ]; then
        install -m 400 -o "$owner" "$state/munge.key" /etc/munge/munge.key.new
        mv /etc/munge/munge.key.new /etc/munge/munge.key
    fi
    rm -f "$state/munge.key"
    [ -s /etc/munge/munge.key ] || die "no munge key: neither with the bootstrap nor in /etc/munge"
}

start_munged() {
    if has_systemd; then
        systemctl restart munge || die "munge does not start"
        return 0
    fi
    kill "$(cat /run/fastgpu/munged.pid 2>/dev/null)" 2>/dev/null && sleep 0.5 || true
    run_as munged --force --key-file=/etc/munge/munge.key --socket="$socket" --pid-file=/run/munge/fastgpu.pid \
        --log-file=/var/log/munge/munged.log --seed-file=/var/lib/munge/munge.seed || die "munged does not start"
    cp /run/munge/fastgpu.pid /run/fastgpu/munged.pid
}
run_as() {
    install -d -m 755 -o "$owner" /run/munge
    if [ "$owner" = "$(id -un)" ]; then "$@"; else setpriv --reuid="$owner" --regid="$owner" --clear-groups "$@"; fi
}

# slurmctld hands its slurm.conf to slurmd, but then slurmd takes gres.conf from there too, and only this machine knows what
# devices it has.  So a slurmd that is no node of the cluster fetches the file, and ends because of that.
fetch_slurm_conf() {
    timeout 60 slurmd -D --conf-server="$conf_server" -N fastgpu-fetches >"$state/fetch.log" 2>&1 || true
    cp /run/slurm/conf/slurm.conf /etc/slurm/slurm.conf 2>/dev/null || die "no slurm.conf from $conf_server: $(tail -n 1 "$state/fetch.log")"
    rm -f /run/slurm/conf
}

configure_slurm() {
    if [ -n "$conf_server" ]; then fetch_slurm_conf; else slurm_conf >/etc/slurm/slurm.conf; fi
    rm -f /etc/slurm/gres.conf
    gres=$(fastgpu node inspect --gres /etc/slurm/gres.conf) || die "the devices of this machine cannot be told"
    # A CLOUD node is in slurm.conf already, with what it has; others say themselves what they are.
    is="Feature=$features${order:+,order_$order}${gres:+ Gres=$gres}"
    dynamic=-Z
    if [ -n "$cloud_node" ]; then dynamic='' is=''; fi
}

slurmd_unit() {
    said=
    [ -z "$is" ] || said="--conf \"$is\""
    cat <<END
[Unit]
Description=Slurm node, joined by FastGPU
After=network-online.target munge.service
Wants=network-online.target
[Service]
ExecStart=$slurmd -D $dynamic -b -N $node -f /etc/slurm/slurm.conf $said
KillMode=process
LimitNOFILE=131072
LimitMEMLOCK=infinity
LimitSTACK=infinity
Delegate=yes
Restart=on-failure
[Install]
WantedBy=multi-user.target
END
}

start_slurmd() {
    slurmd=$(command -v slurmd)
    if has_systemd; then
        slurmd_unit >/etc/systemd/system/fastgpu-slurmd.service
        systemctl daemon-reload
        systemctl enable -q fastgpu-slurmd
        systemctl restart fastgpu-slurmd
        return 0
    fi
    kill "$(cat /run/fastgpu/slurmd.pid 2>/dev/null)" 2>/dev/null && sleep 0.5 || true
    setsid "$slurmd" -D $dynamic -b -N "$node" -f /etc/slurm/slurm.conf ${is:+--conf "$is"} >>/var/log/fastgpu-slurmd.log 2>&1 </dev/null &
    echo $! >/run/fastgpu/slurmd.pid
}

# Slurm has it, and hears it.
has_joined() {
    line=$(scontrol -o show node "$node" 2>/dev/null) || return 1
    case $line in
        *" State="*UNKNOWN* | *" State=DOWN"* | *NOT_RESPONDING*) return 1 ;;
        *" State="*) return 0 ;;
    esac
    return 1
}

name_node
install_packages
fetch_program
munge_settings
write_munge_key
start_munged
configure_slurm
start_slurmd
tries=0
until has_joined; do
    tries=$((tries + 1))
    [ $tries -lt 300 ] || die "node $node did not join cluster $cluster: see the log of slurmd"
    sleep 0.2
done
echo "$node" >"$state/joined"
say "node $node joined cluster $cluster: $is"
