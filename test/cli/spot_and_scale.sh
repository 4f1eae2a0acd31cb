#!/bin/bash
# fastgpu sim spot and sim scale on made-up traces, as a script uses them.
. "$(dirname "$0")/../lib.sh"

traces=$work/traces
mkdir -p "$traces/a"
python3 - "$traces" "$work/demand.csv" <<'E'
import json, random, sys
random.seed(1)
for zone in ('a/us-1a_t4_1', 'a/us-1b_t4_1', 'a/us-1a_k80_1'):
    data, now = [], 1
    for i in range(6000):
        now ^= random.random() < (0.03 if now else 0.05)
        data.append(now * random.randint(1, 3))
    json.dump({'metadata': {'gap_seconds': 300}, 'data': data}, open(f'{sys.argv[1]}/{zone}.json', 'w'))
with open(sys.argv[2], 'w') as out:
    print('series,time,value', file=out)
    for h in range(24 * 28):
        print(f't4,2026-01-{1 + h // 24:02d}T{h % 24:02d}:00:00Z,{60 if 8 <= h % 24 < 18 else 6}', file=out)
E
member() { python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"; }

fg sim spot --traces "$traces" --hours 12 --starts 5 --json >"$work/spot.json"
is "three zones, ten slacks, five starts" "$(member 'd["jobs"]' <"$work/spot.json")" 150
is "no deadline is missed" "$(member 'sum(p["late"] for p in d["policies"])' <"$work/spot.json")" 0
is "nobody beats the clairvoyant" "$(member 'all(p["cost_to_on_demand"] >= d["clairvoyant_to_on_demand"] for p in d["policies"])' <"$work/spot.json")" True
is "ours is cheaper than uniform progress" "$(member 'd["policies"][0]["policy"], d["policies"][0]["cost_to_uniform"] < 1' <"$work/spot.json")" "adaptive True"
is "zones that sell the same are one market" "$(fg sim spot --traces "$traces" --zones --hours 2 --slack 50 --starts 1 --json | member 'sorted(m["zones"] for m in d["markets"])')" '[1, 2]'
is "the same bytes again" "$(fg sim spot --traces "$traces" --hours 12 --starts 5 --json | cksum)" "$(cksum <"$work/spot.json")"
like "a table" "$(fg sim spot --traces "$traces/a/us-1b_t4_1.json" --slack 20 --hours 5)" '20 %.*%'
like "a file that is no trace" "$(echo '{"data": [1]}' | fg sim spot --traces - 2>&1)" '-: expected .*gap_seconds.*FG_EINVAL'
like "less slack than a start" "$(fg sim spot --traces "$traces" --hours 1 --slack 10 2>&1)" 'slack: 10 %.*FG_EINVAL'

fg sim scale --demand "$work/demand.csv" --quantile 0,90 --lead 2h --json >"$work/scale.json"
is "a forecast leaves less unmet" "$(member 'd["runs"][1]["unmet"] < d["runs"][0]["unmet"] / 5' <"$work/scale.json")" True
is "and holds less than a fixed fleet" "$(member 'd["runs"][1]["saved"] > 0.2' <"$work/scale.json")" True
is "foresight holds least" "$(member 'd["runs"][1]["least_machine_hours"] <= d["runs"][1]["machine_hours"]' <"$work/scale.json")" True
is "never above the most" "$(fg sim scale --demand "$work/demand.csv" --most 3 --quantile 0 --json | member 'd["runs"][0]["most_machines"]')" 3
like "least above most" "$(fg sim scale --demand "$work/demand.csv" --least 4 --most 3 2>&1)" 'least: 4, expected at most --most .3.'
done_testing
