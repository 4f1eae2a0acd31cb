#!/bin/bash
# Other users of the machine: kept out by default; let in, they are members and their jobs run as them.
. "$(dirname "$0")/../lib.sh"
[ "$(id -u)" = 0 ] || skip_all "needs root, to be another user"
command -v curl >/dev/null || skip_all "needs curl"

as_nobody() { (cd / && setpriv --reuid=65534 --regid=65534 --clear-groups "$@"); }
ask() { as_nobody curl -sS --unix-socket "$data/fastgpu.sock" "$@"; }

chmod 711 "$work"
start_daemon
like "by default the socket is closed to others" "$(ask http://fastgpu/v1/whoami 2>&1)" "curl: \(7\)"
stop_daemon

echo "api_socket_open: 1" >"$work/open.yaml"
start_daemon --config "$work/open.yaml"
like "let in, another user is a member" "$(ask http://fastgpu/v1/whoami)" '"role":"member","project":"default"'
like "and may not drain a node" "$(ask -X POST -H 'Content-Type: application/json' -d '{}' \
    "http://fastgpu/v1/nodes/$(hostname)/drain")" '"status":403'
id=$(ask -H 'Content-Type: application/json' -d "{\"run\":\"id -u; cat $data/admin.token $data/fastgpu.db\"}" \
    http://fastgpu/v1/jobs | sed -n 's/.*"id":"\([0-9]*\)".*/\1/p')
fg wait "$id"
out=$(fg logs "$id" 2>&1)
is "the job runs as that user" "$(fg logs --stdout "$id")" 65534
like "it cannot read the token" "$out" "admin.token: Permission denied"
like "nor the database" "$out" "fastgpu.db: Permission denied"
done_testing
