#!/bin/bash
# The units that are written for systemd, of the service and of a rented node, are what systemd understands.
. "$(dirname "$0")/../lib.sh"
command -v systemd-analyze >/dev/null || skip_all "no systemd-analyze here"

# Silence: verify prints a line for each thing that it does not know, and goes on.
understood() { systemd-analyze verify --man=no "$1" >"$work/said" 2>&1 && [ ! -s "$work/said" ] || { cat "$work/said"; return 1; }; }

sed "s|^ExecStart=/usr/bin/fastgpu|ExecStart=$FASTGPU_BIN|" "$SOURCE_DIR/packaging/fastgpu.service" >"$work/fastgpu.service"
ok "the unit of the service" understood "$work/fastgpu.service"
sed -i 's/^KillMode=.*/KillMode=nonsense/' "$work/fastgpu.service"
ok "a wrong one would be noticed" eval '! understood "$work/fastgpu.service"'

fg node bootstrap --cluster c --conf-server head:6817 --script >"$work/script"
sed -n '/^slurmd_unit() {/,/^}/p' "$work/script" >"$work/unit"
slurmd_unit_of() { sh -c '. "$1"; slurmd=/bin/true dynamic=$2 node=i-0a1 is=$3; slurmd_unit' - "$work/unit" "$1" "$2"; }
slurmd_unit_of -Z 'Feature=rented,order_0123abcd Gres=gpu:h100:2' >"$work/fastgpu-slurmd.service"
like "a rented node starts slurmd as a dynamic one" "$(cat "$work/fastgpu-slurmd.service")" \
    '^ExecStart=/bin/true -D -Z -b -N i-0a1 -f /etc/slurm/slurm.conf --conf "Feature=rented,order_0123abcd Gres=gpu:h100:2"$'
ok "its unit" understood "$work/fastgpu-slurmd.service"
slurmd_unit_of '' '' >"$work/fastgpu-slurmd.service"
ok "and that of a node that Slurm knows" understood "$work/fastgpu-slurmd.service"
done_testing
