#!/bin/bash
# Inputs by URL are fetched before a job runs, outputs are sent where it wants them; what goes wrong is told in plain
# words; what has a hash is fetched once.
. "$(dirname "$0")/../lib.sh"
mkdir -p "$work/files" "$work/state"
head -c 3000000 /dev/urandom >"$work/files/train.bin"
echo small >"$work/files/small"
python3 "$SOURCE_DIR/test/transfer/server.py" "$work/files" >"$work/port" &
server=$!
eventually 10 test -s "$work/port"
web=http://127.0.0.1:$(cat "$work/port")
start_daemon
cd "$work" || exit 1
hash=blake2b:$(b2sum -l 256 files/train.bin | cut -d' ' -f1)
sha=sha256:$(sha256sum files/small | cut -d' ' -f1)
count() { curl -s "$web/count/$1"; }
reason() { fg show "$1" --json | json reason; }
# submit TEXT: a job that is over; its id.
submit() {
    printf '%b\n' "$1" >one.yaml
    fg submit -q one.yaml | tee id
    fg wait "$(cat id)" >/dev/null 2>&1
}

cat >job.yaml <<END
run: cmp data/train.bin $work/files/train.bin && cat small && mkdir -p out && echo result >out/result && echo more >"out/odd name"
inputs:
  data/train.bin: "$web/plain/train.bin#$hash"
  small: "$web/plain/small#$sha"
outputs: [out]
outputs_to: $web/put
END
is "a job finds its inputs" "$(fg run job.yaml 2>/dev/null)" small
id=$(fg ps --all --quiet | head -n 1)
is "its outputs are where it wanted them" "$(curl -s "$web/put/$id/out/result")" result
is "odd names as well" "$(curl -s "$web/put/$id/out/odd%20name")" more
is "and not at the service" "$(fg artifacts "$id" --json | tr -d ' \n')" "[]"
like "the job file is kept as it was" "$(fg show "$id" --json)" "plain/train.bin#$hash"
before=$(count plain/train.bin)
is "a second job needs them too" "$(fg run job.yaml 2>/dev/null)" small
is "and they are not fetched again" "$(count plain/train.bin)" "$before"

mkdir -p "$work/files/set/deep" && echo one >"$work/files/set/deep/a"
tar -C "$work/files/set" --zstd -cf "$work/files/set.tar.zst" .
set_sum=sha256:$(sha256sum files/set.tar.zst | cut -d' ' -f1)
cat >folder.yaml <<END
run: cat data/deep/a
inputs: {data/: "$web/plain/set.tar.zst#$set_sum"}
END
is "an input that is a folder is unpacked" "$(fg run folder.yaml 2>/dev/null)" one

like "an input that is not there" "$(reason "$(submit "run: 'true'\ninputs: {x: '$web/gone/x'}")")" \
    "x: http://127.0.0.1:[0-9]*/gone/x: no such file"
like "an input with another hash" \
    "$(reason "$(submit "run: 'true'\ninputs: {x: '$web/plain/small#sha256:$(printf %064d 0)'}")")" "its hash is sha256:"
refused=$(submit "run: echo x >out\noutputs: [out]\noutputs_to: $web/none")
is "outputs that cannot be sent: the job failed" "$(fg show "$refused" --json | json state)" failed
like "and says why" "$(reason "$refused")" "HTTP 405"
like "a URL that is not known" "$(submit "run: 'true'\ninputs: {x: 'ftp://h/x'}" 2>&1)" \
    "one.yaml:2: inputs.x: .*expected file://, ssh://"
like "a hash that is none" "$(submit "run: 'true'\ninputs: {x: '$web/x#md5:1'}" 2>&1)" "expected blake2b:HEX or sha256:HEX"

hang=$(fg submit -q /dev/stdin <<<"{\"run\": \"true\", \"inputs\": {\"x\": \"$web/hang/train.bin\"}}")
runs() { fg show "$hang" --json | grep -q '"running"'; }
eventually 10 runs
fg cancel "$hang" >/dev/null
fg wait "$hang" >/dev/null 2>&1
is "a transfer under way is cancelled with its job" "$(fg show "$hang" --json | json state)" cancelled
ok "what links did is kept" grep -q '^v1 [0-9]* 127.0.0.1 .* http ' "$data/links"
like "and listed" "$(fg link list)" "^127.0.0.1 .* http "
kill "$server"
done_testing
