# test/lib.sh - what the scenario scripts share.  A script begins with
#
#     . "$(dirname "$0")/../lib.sh"
#     start_daemon
#
# and ends with done_testing.  It prints TAP.  Everything lies in $work, which goes away with every
# process that the test made, however it ends.
set -u
: "${FASTGPU_BIN:=$(dirname "${BASH_SOURCE[0]}")/../fastgpu}"
FASTGPU_BIN=$(readlink -f "$FASTGPU_BIN")
work=$(mktemp -d "${TMPDIR:-/tmp}/fgt.XXXXXX")
data=$work/data
daemon_pid=
tap_count=0
tap_failed=0

# Nothing of the caller's own set-up reaches the program under test.
export HOME=$work XDG_RUNTIME_DIR=$work/run XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/share
export XDG_STATE_HOME=$work/state XDG_CACHE_HOME=$work/cache NO_COLOR=1 LC_ALL=C.UTF-8
export FG_TEST_MARK=$work
unset FASTGPU_URL FASTGPU_TOKEN FASTGPU_SOCKET FASTGPU_CONFIG
mkdir -m 700 -p "$XDG_RUNTIME_DIR"

fg() { "$FASTGPU_BIN" "$@"; }
note() { echo "# $*"; }
pass() { echo "ok $((++tap_count)) - $*"; }
fail() { tap_failed=$((tap_failed + 1)); echo "not ok $((++tap_count)) - $*"; return 1; }

# ok CLAIM COMMAND...: the command succeeds.
ok() {
    local claim=$1
    shift
    if "$@" >"$work/ok.out" 2>&1; then pass "$claim"; else
        local rc=$?
        fail "$claim" || true
        echo "#   exit $rc: $*"
        sed 's/^/#   /' "$work/ok.out" | head -n 20
        return 1
    fi
}

# is CLAIM GOT WANT
is() {
    if [ "$2" = "$3" ]; then pass "$1"; else
        fail "$1" || true
        printf '#   got:  %s\n#   want: %s\n' "$2" "$3"
        return 1
    fi
}

# like CLAIM TEXT REGEX
like() {
    if grep -qE -- "$3" <<<"$2"; then pass "$1"; else
        fail "$1" || true
        printf '#   got:  %s\n#   want: /%s/\n' "$2" "$3"
        return 1
    fi
}

skip_all() {
    echo "1..0 # SKIP $*"
    exit 77
}

done_testing() {
    echo "1..$tap_count"
    [ "$tap_failed" = 0 ] || { sed 's/^/# daemon: /' "$work/daemon.log" 2>/dev/null | tail -n 20; }
    exit $((tap_failed > 0))
}

# eventually SECONDS COMMAND...: try until it succeeds.
eventually() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.05
    done
}

# within_a_day SECONDS: for claims that hold within one day (UTC): if this one ends sooner, wait for the next.
within_a_day() {
    local left=$((86400 - $(date +%s) % 86400))
    [ $left -gt "$1" ] || sleep $((left + 1))
}

# A port that nobody listens on, below the range that the kernel gives to clients.
free_port() {
    local port
    while :; do
        port=$((15000 + (RANDOM * 32768 + RANDOM) % 17000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo $port
            return
        fi
    done
}

# start_daemon [ARGUMENT...]: `fastgpu up` on $data; sets FASTGPU_URL, FASTGPU_TOKEN, daemon_pid.
start_daemon() {
    [ -n "${FASTGPU_URL:-}" ] || export FASTGPU_URL="http://127.0.0.1:$(free_port)"
    : >"$work/ready"
    "$FASTGPU_BIN" up --data-dir "$data" --listen "${FASTGPU_URL#http://}" "$@" \
        >"$work/ready" 2>>"$work/daemon.log" </dev/null &
    daemon_pid=$!
    local end=$((SECONDS + ${START_SECONDS:-30}))
    until grep -q '^listening on ' "$work/ready"; do
        if ! kill -0 $daemon_pid 2>/dev/null || [ $SECONDS -ge $end ]; then
            echo "Bail out! the daemon did not start"
            sed 's/^/# /' "$work/ready" "$work/daemon.log"
            exit 1
        fi
        sleep 0.02
    done
    export FASTGPU_TOKEN=$(cat "$data/admin.token")
}

# stop_daemon [SIGNAL]: TERM unless said otherwise; waits for its end.
stop_daemon() {
    [ -n "$daemon_pid" ] || return 0
    kill -"${1:-TERM}" "$daemon_pid" 2>/dev/null
    wait "$daemon_pid" 2>/dev/null
    daemon_status=$?
    daemon_pid=
}

# The processes of this test, other than this script and its own children for the moment: those
# that carry its mark in their environment or work inside its folder.
leftovers() {
    local pid
    for dir in /proc/[0-9]*; do
        pid=${dir#/proc/}
        [ "$pid" != $$ ] && [ "$pid" != "$BASHPID" ] && [ "$pid" != "${daemon_pid:-0}" ] || continue
        if [[ "$(readlink "$dir/cwd" 2>/dev/null)" == "$work"* ]] ||
            grep -qzxF "FG_TEST_MARK=$work" "$dir/environ" 2>/dev/null ||
            grep -qF "$work/" "$dir/cmdline" 2>/dev/null; then
            # A subshell of this script carries the mark as well.
            [ "$(awk '{print $4}' "$dir/stat" 2>/dev/null)" = $$ ] || echo "$pid"
        fi
    done
}

# state ID: the state of a job.
state() { fg show "$1" --json | json state; }
# json MEMBER: that member of the JSON object on stdin, as text.
json() { python3 -c 'import json,sys; v=json.load(sys.stdin)
for k in sys.argv[1].split("."): v = v[int(k)] if isinstance(v, list) else v[k]
print(v if isinstance(v, str) else json.dumps(v))' "$1"; }
# submit FILE...: prints the id.
submit() { fg submit "$@" --json | json id; }

cleanup() {
    stop_daemon KILL
    local pid round
    for round in 1 2 3 4 5; do
        set -- $(leftovers)
        [ $# -gt 0 ] || break
        kill -KILL "$@" 2>/dev/null
        sleep 0.1
    done
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
