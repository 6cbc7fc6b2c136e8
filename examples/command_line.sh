#!/bin/sh
# The command line that the programs in all languages have in common: `command_line.sh PROGRAM`.
set -eu
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# The exit code of a command must be as expected.
exits() {
    expected=$1
    shift
    code=0
    "$program" "$@" || code=$?
    [ "$code" = "$expected" ] || { echo "$*: exit code $code, not $expected" >&2; exit 1; }
}

head -c 32 /dev/urandom >signer
head -c 64 /dev/urandom >seed
head -c 64 /dev/urandom >composite
head -c 72 /dev/urandom >slhdsa
head -c 10000 /dev/urandom >message
: >empty
{ cat message; echo; } >longer

# A message from a pipe is read to its end.
exits 0 public --locked 65 signer key
cat message | exits 0 sign --locked 65 signer /dev/stdin context signature
exits 0 verify 65 key message context signature
cat message | exits 0 verify --locked 65 key /dev/stdin context signature

# A signature that is not valid is exit code 1, and nothing else is.
exits 1 verify 65 key empty context signature
exits 1 verify 65 key longer context signature
exits 1 verify 65 key message '' signature
exits 2 verify 65 seed message context signature 2>/dev/null
exits 2 verify 65 key absent context signature 2>/dev/null
exits 2 verify 65 key message context 2>/dev/null
exits 2 verify 768 key message context signature 2>/dev/null

# A key without a seed is in the file itself: MLDSA65-Ed25519-SHA512.
exits 0 public --locked 393264 composite composite-key
exits 0 sign --locked 393264 composite message context composite-signature
exits 0 verify 393264 composite-key message context composite-signature
exits 1 verify 393264 composite-key message other composite-signature
exits 2 public 393264 signer absent 2>/dev/null

# The length of a seed belongs to the set: SLH-DSA-SHAKE-192f.
exits 0 public --locked 205029 slhdsa slhdsa-key
exits 0 sign --locked 205029 slhdsa message context slhdsa-signature
exits 0 verify 205029 slhdsa-key message context slhdsa-signature
exits 1 verify 205029 slhdsa-key message other slhdsa-signature
exits 2 public 205029 signer absent 2>/dev/null

# Secrets are for their owner alone, whatever the umask allows, even in a file that others could read.
umask 0
: >received
exits 0 public 768 seed encapsulation-key
exits 0 encapsulate --locked 768 encapsulation-key ciphertext sent
exits 0 decapsulate --locked 768 seed ciphertext received
cmp sent received
for secret in sent received; do
    [ "$(ls -l $secret | cut -c1-10)" = -rw------- ] || { ls -l $secret >&2; exit 1; }
done
