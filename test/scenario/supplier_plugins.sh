#!/bin/bash
# The example plug-ins keep the contract, and the kit finds each way of breaking it.  Suppliers here are FAKE.
. "$(dirname "$0")/../lib.sh"
command -v python3 >/dev/null || skip_all "no python3: the example suppliers are in it"
suppliers=$SOURCE_DIR/examples/suppliers
report=$work/report.json

# serve OPTION...: the fake supplier behind HTTP; its address is in $url.
serve() {
    rm -rf "$work/shop" "$work/url"
    mkdir "$work/shop"
    python3 "$suppliers/rest_supplier.py" --state "$work/shop" "$@" >"$work/url" 2>"$work/serve.err" &
    server=$!
    eventually 20 test -s "$work/url"
    url=$(cat "$work/url")
}
end_serving() { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; }
# try WORD...: the kit; its exit status.
try() { fg supplier test --json "$@" >"$report" 2>"$work/try.err"; }
# rule WHAT WHICH: WHAT of each rule r of the last report for which WHICH is true, in Python.
rule() { python3 -c 'import json,sys; print(" ".join('"$1"' for r in json.load(open(sys.argv[1]))["rules"] if '"$2"'))' "$report"; }
of() { rule 'r["result"]' "r[\"rule\"]==\"$1\""; }
reason() { rule 'r["reason"]' "r[\"rule\"]==\"$1\""; }
failures() { rule 'r["rule"]' 'r["result"]=="failed"'; }

# The examples themselves.
ok "the example program keeps the contract" try -- python3 "$suppliers/fake_supplier.py" --delay 0.3
is "and its calls were cut off" "$(of cut-off)" passed
one='{"format":"fastgpu-inspect 1","devices":[{"kind":"h100","id":"a","mem_mib":81559}]}'
ok "so does the one in shell" try -- "$suppliers/one_machine.sh" gpu01 1200000 h100 1 81920 echo "$one"
printf 'hunter2hunter2\n' >"$work/token"
chmod 600 "$work/token"
serve --token-file "$work/token" --delay 0.3
ok "and the REST service" try --url "$url" --secret-file "$work/token"
is "which refuses who has another secret" "$(of secret)" passed
try --url "$url" && fail "without a secret" || is "and who has none" "$(of offers)" failed
end_serving
cat >"$work/machines.yaml" <<Y
machines:
  - {name: a, accelerator: h100, accelerators: 1, accelerator_memory: 80GiB, usd_per_hour: 1.5, inspect: [echo, '$one']}
  - {name: b, accelerator: h100, accelerators: 1, accelerator_memory: 80GiB, usd_per_hour: 1.5, inspect: [echo, '$one'],
     wake: [sh, -c, "sleep 0.1; touch awake"], check: [test, -e, awake], sleep: [rm, -f, awake]}
Y
ok "and own machines" try --machines "$work/machines.yaml"

# What breaks it is found, by the rule that says so.  Behind HTTP, which starts no processes.
breaks() { # FAULT RULE OPTION...
    local fault=$1 rule=$2
    shift 2
    serve --fault "$fault" "$@"
    try --url "$url" --timeout 1s --wait 2s && fail "$fault is found" || is "$fault is found" "$(of "$rule")" failed
    note "$(failures): $(reason "$rule")"
    end_serving
}
breaks buy-twice same-key
breaks forget same-key
breaks leak release
breaks lie provision
breaks dear quote
breaks refuse quote
breaks wrong-gpu inspect
breaks no-report inspect
breaks refuse-later provision
breaks garbage status --fault-op status
breaks huge offers --fault-op offers
breaks hang in-time --fault-op quote
serve --http-fault redirect
try --url "$url" --no-buy
like "a redirect is not followed" "$(reason offers)" "redirect"
end_serving

# Whoever interrupts the test does not pay for it.
serve --delay 30
"$FASTGPU_BIN" supplier test --url "$url" >"$work/cut.out" 2>&1 &
trial=$!
eventually 20 grep -q same-key "$work/cut.out"
kill -TERM "$trial" # INT would be ignored: the shell says so for what runs beside it
wait "$trial"
like "Ctrl-C ends it" "$(cat "$work/cut.out")" "interrupted"
ok "and what was bought is given back" sh -c "! grep -q '\"gone\": null' '$work/shop/fake.json'"
end_serving

# A certificate that nobody signed.
if command -v openssl >/dev/null; then
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" -days 2 -subj /CN=localhost 2>/dev/null
    python3 - "$work" >"$work/tls" 2>/dev/null <<'P' &
import http.server, ssl, sys
server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + "/cert.pem", sys.argv[1] + "/key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
print("https://localhost:%d" % server.server_address[1], flush=True)
server.serve_forever()
P
    server=$!
    eventually 20 test -s "$work/tls"
    try --no-buy --url "$(cat "$work/tls")"
    like "a certificate that nobody signed is not trusted" "$(reason offers)" "certificate"
    end_serving
fi

# Programs, without the orders.
program() { try --no-buy --timeout 2s -- "$@"; }
program python3 "$suppliers/fake_supplier.py" --fault twice
like "words after the answer are found" "$(reason one-line)" "follow the first line"
program python3 "$suppliers/fake_supplier.py" --fault garbage
like "garbage is found" "$(reason offers)" "cannot be believed"
program sh -c 'sleep 600'
is "one that hangs is found" "$(of in-time)" failed
like "and is killed" "$(reason offers)" "no answer in time, killed"
program sh -c 'exit 7'
like "one that dies says its exit status" "$(reason offers)" "exit status 7"
program /no/such/program
like "one that is not there is named" "$(cat "$work/try.err" "$report")" "/no/such/program"
is "nothing of them is left" "$(pgrep -f 'sleep 600' | wc -l)" 0

# Words.
like "what is to be tested is said once" "$(fg supplier test 2>&1)" "expected one of"
like "money does not go in the open" "$(fg supplier test --url http://example.com 2>&1)" "https://"
done_testing
