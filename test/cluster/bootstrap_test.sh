#!/bin/bash
# fastgpu node bootstrap, really run: a fresh (simulated) machine becomes a node of a real Slurm cluster, with the devices that it has.
. "$(dirname "$0")/lib.sh"
can_hosts || skip_all "no namespaces here: a machine of its own cannot be made"
[ -e "${FASTGPU_FAKE_NVML_LIBRARY:-}" ] || skip_all "the fake NVML library is not built"
command -v curl >/dev/null && command -v python3 >/dev/null || skip_all "no curl or python3 here"
machine() { "$here/machine.sh" "$work/$1" "${@:2}"; }
cluster c --nodes 0 --hosts --gpus none --conf SlurmctldParameters=enable_configless
. "$work/c/settings"
server=
trap '[ -z "$server" ] || kill "$server"; for m in m1 m2; do machine $m stop; done; stop_clusters; cleanup' EXIT

for _ in 1 2; do echo 'NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|40|310000|55|0||0'; done >"$work/boards"
export FASTGPU_NVML_LIBRARY=$FASTGPU_FAKE_NVML_LIBRARY FASTGPU_FAKE_NVML=$work/boards MACHINE_DEVICES=2
MACHINE_PATHS="$work/boards $(dirname "$FASTGPU_FAKE_NVML_LIBRARY")"
export MACHINE_PATHS

# The program is fetched from here, and believed by its sum.
mkdir "$work/www" && cp "$FASTGPU_BIN" "$work/www/fastgpu"
python3 -m http.server --bind "$address" --directory "$work/www" $((port + 20)) >"$work/www.log" 2>&1 &
server=$!
sum=$(sha256sum "$FASTGPU_BIN" | cut -d' ' -f1)
bootstrap() { fg node bootstrap --cluster c --munge-key-file "$work/c/munge.key" --program-url "http://$address:$((port + 20))/fastgpu" "$@"; }
node() { in_cluster c scontrol -o show node "$1" 2>/dev/null; }
state() { node "$1" | grep -o ' State=[^ ]*'; }
joined() { [[ $(state "$1") = " State=IDLE"* ]]; }

ok "a script is written" bootstrap --program-sha256 "$sum" --conf-server "$address:$port" --script -o "$work/boot"
is "that nobody else reads" "$(stat -c %a "$work/boot")" 600
machine m1 start i-0a1 100 "$work/c" "$work/boot"
ok "the machine joins under its own name" eventually 15 joined i-0a1
like "with the devices that it really has" "$(node i-0a1)" 'Gres=gpu:h100:2 '
like "and says that it is rented" "$(node i-0a1)" 'AvailableFeatures=rented '
is "a job sees what it asked for" "$(in_cluster c timeout 10 srun --gres=gpu:h100:1 sh -c 'hostname; echo $CUDA_VISIBLE_DEVICES')" $'i-0a1\n0'
is "munge's key is munge's alone" "$(machine m1 run stat -c '%a %U' /etc/munge/munge.key)" "400 munge"
is "and in no other file" "$(machine m1 run find /var/lib/fastgpu -name '*key*')" ""
like "nor an argument" "$(machine m1 run ps axww)" "slurmd -D -Z"

# Once more: what is there stays, and the node joins anew.
ok "it may run again" machine m1 run env FASTGPU_NODE=i-0a1 FASTGPU_MUNGE_SOCKET=/run/munge/munge.socket.2 sh "$work/m1/user-data"
ok "and the node is there" eventually 15 joined i-0a1

# As cloud-init, with an order in it; and without configless.
bootstrap --program-sha256 "$sum" --slurm-conf "$work/c/slurm.conf" | sed 's/@FASTGPU_ORDER@/0123abcd/' >"$work/cloud"
like "cloud-init has the script" "$(head -n 1 "$work/cloud")" "#cloud-config"
machine m2 start i-0b2 101 "$work/c" "$work/cloud"
ok "cloud-init runs it" eventually 15 joined i-0b2
like "and the node says whose it is" "$(node i-0b2)" 'AvailableFeatures=rented,order_0123abcd '
machine m2 stop

# What is not what it should be ends it, and says so.
bootstrap --program-sha256 "${sum//[0-4]/5}" --conf-server "$address:$port" --script >"$work/wrong"
rm -rf "$work/m2"
machine m2 start i-0c3 102 "$work/c" "$work/wrong"
failed() { grep -q "another SHA-256" "$work/m2/log/bootstrap"; }
ok "a program with another sum is not believed" eventually 10 failed
like "and the machine is no node" "$(node i-0c3 || echo none)" none
refuses() { ! fg node bootstrap "$@" >"$work/refused" 2>&1; }
ok "a key does not go in the open" refuses --conf-server head --munge-key-url http://elsewhere/key
like "and that is said" "$(cat "$work/refused")" "in the open"
done_testing
