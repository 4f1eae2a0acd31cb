#!/bin/bash
# Scaling by the forecast: what the service expects from its own history is ordered before any job waits.  Supplier and GPUs are FAKE.
. "$(dirname "$0")/../lib.sh"
command -v python3 >/dev/null || skip_all "no python3: the example supplier is in it"
[ -e "${FASTGPU_FAKE_NVML_LIBRARY:-}" ] || skip_all "the fake NVML library is not built"
printf 'NVIDIA H100 80GB HBM3 (FAKE)|81559|1024|40|310000|55|0||0\n%.0s' 1 2 >"$work/boards"
export FASTGPU_NVML_LIBRARY=$FASTGPU_FAKE_NVML_LIBRARY FASTGPU_FAKE_NVML=$work/boards
printf '%s\n' 'scale_every_s: 1' 'order_burn_in_s: 0' 'order_poll_s: 1' >"$work/config.yaml"
start_daemon --config "$work/config.yaml"
stop_daemon
# Four weeks in which 20 H100 and 50 A100 were asked for, all the time.
python3 - "$data/fastgpu.db" <<'END'
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1])
now = int(time.time()) // 3600
for hour in range(now - 24 * 28, now + 1):  # that of now too, should it end meanwhile
    for kind, devices in (("h100", 20), ("a100", 50)):
        db.execute("INSERT OR REPLACE INTO demand_hour VALUES(?,1,?,?,0,0,0)", (hour, kind, int(devices * 3.6e9)))
db.commit()
END
start_daemon --config "$work/config.yaml"
fg supplier add acme exec --timeout 3s --cap-per-hour 400 --cap 1000000 -- \
    python3 "$SOURCE_DIR/examples/suppliers/fake_supplier.py" --delay 0.3 --capacity 100 --address elsewhere >/dev/null
fg supplier offers acme >/dev/null
sells() { fg offer list --supplier acme --json | grep -q fake-8xh100; }
eventually 10 sells
of() { fg scale show h100 --json | json "$1"; }
is_at() { [ "$(of held) $(of coming)" = "$1" ]; }
ok "a quantile is below 100" sh -c '! "$0" scale set h100 --supplier acme --most 9 --quantile 100' "$FASTGPU_BIN"
ok "a rule without a forecast" fg scale set h100 --supplier acme --most 9 --life 0s --idle 0s --cool 0s
sleep 2.5
is "orders nothing while nothing waits" "$(of held) $(of coming)" "0 0"
ok "with one" fg scale set h100 --supplier acme --most 9 --life 0s --idle 0s --cool 0s --quantile 80
ok "it orders for 20 devices less the 2 that are there" eventually 30 is_at "3 0"
like "and says so" "$(of reason)" "0 run|18 forecast"
ok "without it again" fg scale set h100 --supplier acme --most 9 --life 0s --idle 0s --cool 0s
ok "they are given back" eventually 20 is_at "0 0"
done_testing
