# test/cluster/rented.sh - a cluster that machines join, and a SIMULATED supplier that rents them out; behind lib.sh.
#
#     rented c --conf LINE...     # cluster c without nodes of its own; each machine that is rented brings two (fake) H100
#     seller acme OPTION... -- OPTION-OF-rent_simulated.py...
can_hosts || skip_all "no namespaces here: a machine of its own cannot be made"
[ -e "${FASTGPU_FAKE_NVML_LIBRARY:-}" ] || skip_all "the fake NVML library is not built"
command -v python3 >/dev/null || skip_all "no python3: the simulated supplier is in it"

end_machines() {
    local folder
    for folder in "$data"/suppliers/*/machines; do
        [ ! -d "$folder" ] || FASTGPU_STATE_DIR=$(dirname "$folder") python3 "$here/rent_simulated.py" --cluster "$work/c" --end
    done
}
trap 'stop_daemon KILL; end_machines; stop_clusters; cleanup' EXIT

rented() { # CLUSTER OPTION-OF-slurm.sh...
    cluster "$1" --nodes 0 --hosts --gpus none "${@:2}"
    for _ in 1 2; do echo 'NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|40|310000|55|0||0'; done >"$work/boards"
    cat >"$work/environment" <<E2
FASTGPU_NVML_LIBRARY=$FASTGPU_FAKE_NVML_LIBRARY
FASTGPU_FAKE_NVML=$work/boards
MACHINE_PROGRAM=$FASTGPU_BIN
MACHINE_PATHS=$work/boards $(dirname "$FASTGPU_FAKE_NVML_LIBRARY")
E2
    fg node bootstrap --cluster "$1" --slurm-conf "$work/$1/slurm.conf" --munge-key-file "$work/$1/munge.key" --script -o "$work/bootstrap"
    printf '%s\n' 'order_burn_in_s: 0' 'order_poll_s: 1' 'order_watch_s: 1' 'order_retry_s: 2' 'scale_every_s: 1' >"$work/config.yaml"
}

seller() { # NAME OPTION... -- OPTION...
    local name=$1 options=()
    shift
    while [ "$1" != -- ]; do options+=("$1") && shift; done
    shift
    fg supplier add "$name" exec --join c --bootstrap-file "$work/bootstrap" --cap-per-hour 1000 --cap 100000 "${options[@]}" \
        -- python3 "$here/rent_simulated.py" --cluster "$work/c" --environment "$work/environment" --capacity 8 "$@"
    fg supplier offers "$name"
    eventually 10 offered "$name"
}
offered() { fg offer list --supplier "$1" --json | grep -q '"instance"'; }
