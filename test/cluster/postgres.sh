#!/bin/bash
# postgres.sh FOLDER COMMAND... - a real PostgreSQL (Debian's package) on this machine, wholly inside FOLDER.
#
#   start [--port N]   initdb the first time; listens on 127.0.0.1:N (27900) and on FOLDER/socket
#   stop               ends it, by process id
#   kill [SIGNAL]      a signal (KILL) to the server, which takes its own processes with it; `start` starts it again
#   url                a connection string for clients
#
# It does not run as root: there, as the user nobody.  Whoever may open the socket is trusted: it is for tests.
set -euo pipefail
folder=$(mkdir -p "$1" && cd "$1" && pwd)
command=${2:-}
shift $(($# > 1 ? 2 : 1))
port=27900
[ ! -f "$folder/settings" ] || . "$folder/settings"
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || { echo "postgres.sh: PostgreSQL is not installed" >&2; exit 77; }

# As another user than root, who can reach the folder but may own nothing above it.
as_other=()
[ "$(id -u)" != 0 ] || as_other=(setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME="$folder")
other() { "${as_other[@]}" "$@"; }

answers() { other "$bin/psql" -h "$folder/socket" -p "$port" -U fastgpu -d postgres -Atqc 'select 1' >/dev/null 2>&1; }

within() { # SECONDS COMMAND...
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.05
    done
}

gone() { [ ! -d "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; }

start() {
    [ "${1:-}" != --port ] || port=$2
    echo "port=$port" >"$folder/settings"
    chmod 711 "$folder"
    mkdir -p "$folder/socket"
    if [ ! -f "$folder/db/PG_VERSION" ]; then
        mkdir -p "$folder/db"
        [ "$(id -u)" != 0 ] || chown -R nobody:nogroup "$folder/db" "$folder/socket"
        chmod 700 "$folder/db"
        other "$bin/initdb" -D "$folder/db" -U fastgpu -A trust -E UTF8 --locale=C -N >"$folder/initdb.out" 2>&1
    fi
    local end=$((SECONDS + 20))
    cd /
    until answers; do
        [ $SECONDS -lt $end ] || return 1
        [ -f "$folder/pid" ] && ! gone "$(cat "$folder/pid")" || launch
        sleep 0.1
    done
}

# After a kill the locks name a process id that may be anybody's by now, and for a moment the memory is still held.
launch() {
    rm -f "$folder/db/postmaster.pid" "$folder/socket/".s.*
    setsid "${as_other[@]}" "$bin/postgres" -D "$folder/db" -p "$port" -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories="$folder/socket" >>"$folder/postgres.out" 2>&1 </dev/null &
    echo $! >"$folder/pid"
}

end_with() { # SIGNAL
    [ -f "$folder/pid" ] || return 0
    local pid
    pid=$(cat "$folder/pid")
    kill -CONT "$pid" 2>/dev/null || true
    kill "-$1" "$pid" 2>/dev/null || true
    within 10 gone "$pid"
}

case $command in
    start) start "$@" || { tail -n 20 "$folder"/*.out >&2; end_with KILL || true; exit 1; } ;;
    stop) end_with INT && rm -f "$folder/pid" ;;
    kill)
        if [ "${1:-KILL}" = KILL ]; then end_with KILL; else kill "-$1" "$(cat "$folder/pid")"; fi ;;
    url) echo "postgresql://fastgpu@127.0.0.1:$port/postgres" ;;
    *) sed -n '2,/^set -/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
