#!/bin/sh
# Builds pqc-demo-java, which uses the library installed under PREFIX: build.sh PREFIX OUTDIR
set -eu
prefix=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
cd "$(dirname "$0")"
. ./jdk.sh

mvn --quiet --batch-mode -Dmaven.test.skip package
cp target/pqc-demo-java.jar "$out"
cat >"$out/pqc-demo-java" <<END
#!/bin/sh
# The locale decides how Java reads its arguments. The flags are those for a program that ends soon.
LC_ALL=C.UTF-8 exec '$JAVA_HOME/bin/java' -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.library.path='$prefix/lib' --enable-native-access=qynauth.pqc -p '$out/pqc-demo-java.jar' -m qynauth.pqc/qynauth.demo.Main "\$@"
END
chmod +x "$out/pqc-demo-java"
