#!/bin/sh
# one_machine.sh - a supplier of one machine, as a plug-in of FastGPU (docs/suppliers.md), in plain shell.
#
# usage: one_machine.sh ADDRESS MICRO_USD_PER_HOUR KIND COUNT MEMORY_MIB INSPECT...
#
#     one_machine.sh gpu01 1200000 h100 8 81920 ssh gpu01 fastgpu node inspect --json
#
# Whose the machine is: the link `held` names the key of the order.  To make a link works for one only, and once.
address=$1 price=$2 kind=$3 devices=$4 memory=$5
shift 5
cd "${FASTGPU_STATE_DIR:-.}" && mkdir -p gone || exit 1
read -r request || request=

say() { printf '%s\n' "$1"; exit 0; }
# A member whose value is a plain word; enough for what is needed here.
member() { printf '%s' "$request" | sed -n "s/.*\"$1\":\"\{0,1\}\([A-Za-z0-9-]*\).*/\1/p"; }
is_ours() { [ "$(readlink held)" = "$key" ]; }

op=$(member op) key=$(member key) wanted=$(member count)
machine="\"id\":\"$address\",\"address\":\"$address\""
ready="\"ok\":true,\"state\":\"ready\",\"price_uusd_per_hour\":$price"

if [ "$op" = offers ]; then
    [ -L held ] && say '{"ok":true,"offers":[]}'
    say "{\"ok\":true,\"offers\":[{\"instance\":\"one-machine\",\"accelerator\":\"$kind\",\"accelerators\":$devices,\
\"accelerator_mem_mib\":$memory,\"contract\":\"on_demand\",\"price_uusd_per_hour\":$price,\"capacity\":1}]}"
fi
[ -n "$key" ] && [ -n "$wanted" ] || say '{"ok":false,"error":"expected a known op, a key and a count"}'

case $op in
quote)
    [ -L held ] && say '{"ok":false,"refused":"it is taken"}'
    say "{\"ok\":true,\"price_uusd_per_hour\":$price}" ;;
provision)
    [ -d "gone/$key" ] && say '{"ok":true,"state":"gone"}'
    [ "$wanted" = 1 ] || say '{"ok":false,"refused":"there is one machine"}'
    ln -sT "$key" held 2>/dev/null && sync .
    is_ours || say '{"ok":false,"refused":"it is taken"}'
    # Here the machine would be woken up.
    say "{$ready,\"instances\":[{$machine}]}" ;;
esac
if ! is_ours; then
    [ -d "gone/$key" ] && say '{"ok":true,"state":"gone"}'
    say '{"ok":true,"state":"unknown"}'
fi
case $op in
status) say "{$ready,\"instances\":[{$machine}]}" ;;
inspect)
    seconds=$(member burn_in_s)
    [ "${seconds:-0}" -gt 0 ] && set -- "$@" --burn-in "$seconds"
    report=$("$@") && say "{$ready,\"instances\":[{$machine,\"report\":$report}]}"
    say "{$ready,\"instances\":[{$machine,\"reason\":\"the machine could not be looked at\"}]}" ;;
release)
    # Here it would be sent to sleep.
    mkdir -p "gone/$key" && sync gone && rm held
    say '{"ok":true,"state":"gone"}' ;;
esac
say '{"ok":false,"error":"not an operation that we know"}'
