#!/bin/sh
# Makes pqc-demo-node, which runs demo.js with the library installed under PREFIX: build.sh PREFIX OUTDIR
set -eu
prefix=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
cd "$(dirname "$0")"

sh dependencies.sh
cat >"$out/pqc-demo-node" <<END
#!/bin/sh
PQC_LIBRARY='$prefix/lib/libpqc_ffi.so' exec node '$PWD/demo.js' "\$@"
END
chmod +x "$out/pqc-demo-node"
