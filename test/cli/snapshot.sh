#!/bin/bash
# A working folder and inputs go along: what is in them, what is left out, and that they are sent once.
. "$(dirname "$0")/../lib.sh"
start_daemon
mkdir -p "$work/project/src" "$work/project/.git" "$work/project/out" "$work/elsewhere"
cd "$work/project" || exit 1
echo secret >.git/config
echo 'int main(void) { return 0; }' >src/main.c
echo object >src/main.o
echo old >out/result
printf '#!/bin/sh\necho "runs in $(basename "$PWD")"\n' >tool
chmod +x tool
ln -s src/main.c link
printf '*.o\nout/\n' >.gitignore
echo data >"$work/data.bin"
cat >job.yaml <<'END_JOB'
name: packed
workdir: .
inputs: {given/data.bin: ../data.bin}
run: |
  find . -type f -o -type l | sort
  cat given/data.bin
  ./tool >/dev/null && echo executable
  readlink link
END_JOB

cd "$work/elsewhere" || exit 1
out=$(fg run -q ../project/job.yaml 2>"$work/err")
is "the folder is relative to the file, links and modes are kept" "$out" "./.gitignore
./given/data.bin
./job.yaml
./link
./src/main.c
./tool
data
executable
src/main.c" || sed 's/^/# /' "$work/err"
blobs=$(find "$data/blobs" -type f | wc -l)
fg run -q ../project/job.yaml >/dev/null 2>&1
is "the same folder is not sent again" "$(find "$data/blobs" -type f | wc -l)" "$blobs"
echo changed >>../project/tool
fg run -q ../project/job.yaml >/dev/null 2>&1
is "a changed one is" "$(find "$data/blobs" -type f | wc -l)" $((blobs + 1))
rm ../data.bin
like "an input that is not there" "$(fg submit ../project/job.yaml 2>&1)" 'data.bin: No such file.*\[FG_ENOENT\]'
printf 'workdir: nowhere\nrun: "true"\n' >bad.yaml
like "a folder that is not there" "$(fg submit bad.yaml 2>&1)" 'nowhere: No such file.*\[FG_ENOENT\]'
is "nothing is left in TMPDIR" "$(ls "${TMPDIR:-/tmp}" | grep -c '^fastgpu-......$')" 0
stop_daemon
done_testing
