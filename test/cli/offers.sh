#!/bin/bash
# Price lists: checked without a service, kept with one; lists, one offer, its prices; accelerators by any name.
. "$(dirname "$0")/../lib.sh"

cat >"$work/list.csv" <<'END'
supplier,instance_type,accelerator,accelerator_count,region,zone,price_usd_h,spot_price_usd_h
aws,p5.48xlarge,H100,8,us-east-1,use1-az2,98.32,35.5
azure,Standard_ND96isr_H100_v5,H100,12,eastus,,98.32,98.32
gcp,,tpu-v6e-8,1,us-central1,us-central1-b,0.0,
aws,p5.48xlarge,h100-80G-SXM5,8,us-east-1,use1-az2,98.32,35.5
END
fg supplier import "$work/list.csv" --supplier-column supplier --json >"$work/out" 2>"$work/err"
is "without a service a list is checked" $? 0
like "and it is said that nothing is stored" "$(cat "$work/err")" 'nothing is stored'
like "in the report too" "$(cat "$work/out")" '"stored":false'
is "every row is accounted for" "$(python3 -c '
import json, sys
report = json.load(open(sys.argv[1]))
print(report["accepted"], [n["line"] for n in report["repaired"]], [n["line"] for n in report["refused"]])' "$work/out")" \
    "2 [3] [4, 5]"
fg supplier import "$work/list.csv" --check >"$work/out" 2>"$work/err"
like "--check is for people too" "$(cat "$work/out")" 'line 4 refused: price is 0'
is "and asks no service" "$(cat "$work/err")" ""
fg supplier import "$work/none.csv" 2>/dev/null
is "a file that is not there is an error" $? 3
printf 'a,b\n1,2\n' >"$work/bad.csv"
fg supplier import "$work/bad.csv" --supplier x --check 2>"$work/err"
is "so is one that is no price list" $? 2
like "which says what is missing" "$(cat "$work/err")" 'no column accelerator'

like "an accelerator has many names" "$(fg accelerator show RTX-A6000)" '^a6000: '
like "what is ambiguous is said" "$(fg accelerator show A100)" 'may also be a100-80g'
fg accelerator show Voodoo2 2>/dev/null
is "what is not known is not there" $? 3
like "the table has memory and speed" "$(fg accelerator list --vendor amd)" 'mi300x +amd +192 +1307'

start_daemon
ok "a service has offers from its start" test "$(fg offer list --accelerator H100 --quiet | wc -l)" -gt 5
like "the list is kept" "$(fg supplier import "$work/list.csv")" '^stored: 3 added|^stored: [0-9]+ added, [0-9]+ changed'
like "again changes nothing" "$(fg supplier import "$work/list.csv")" '^stored: 0 added, 0 changed, 3 as before'
is "azure has 8 devices" "$(fg offer list --supplier azure --json | python3 -c 'import json, sys; print([o["accelerators"] for o in json.load(sys.stdin)])')" "[8]"
spot=$(fg offer list --supplier aws --contract spot --max-price 5 --quiet)
like "an offer is shown" "$(fg offer show "$spot")" 'aws p5.48xlarge, 8 x h100-sxm-80g, spot'
gzip -c >"$work/past.csv.gz" <<'END'
date,instance_type,accelerator,accelerator_count,region,zone,price_usd_h,spot_price_usd_h
2024-01-01,p5.48xlarge,H100,8.0,us-east-1,use1-az2,98.32,20
2024-01-02,p5.48xlarge,H100,8.0,us-east-1,use1-az2,98.32,20
2024-01-03,p5.48xlarge,H100,8.0,us-east-1,use1-az2,98.32,30
END
like "recorded prices are kept, packed too" "$(fg supplier import "$work/past.csv.gz" --supplier aws)" 'stored: 0 added'
like "and come back" "$(fg offer history "$spot")" '2024-01-01 .. .*: 3 prices, 20.0000 to 35.5000 USD'
fg offer show 999999 2>/dev/null
is "an offer that is not there" $? 3
stop_daemon TERM
done_testing
