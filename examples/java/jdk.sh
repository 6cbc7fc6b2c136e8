# Sets JAVA_HOME to a JDK with the final FFM API, 22 or newer: from JAVA_HOME, the path or the installed ones.

jdk_version() {
    sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null || true
}

find_jdk() {
    on_path=$(command -v javac || true)
    [ -z "$on_path" ] || on_path=$(dirname "$(dirname "$(readlink -f "$on_path")")")
    for home in "${JAVA_HOME:-}" "$on_path" /usr/lib/jvm/*; do
        version=$(jdk_version "$home")
        if [ -x "$home/bin/javac" ] && [ "${version:-0}" -ge 22 ]; then
            echo "$home"
            return
        fi
    done
    echo "no JDK 22 or newer: install one and set JAVA_HOME" >&2
    return 1
}

JAVA_HOME=$(find_jdk)
export JAVA_HOME
command -v mvn >/dev/null || { echo "no mvn: apt-get install maven" >&2; exit 1; }

# Maven's libraries call methods that newer JDKs warn about.
if [ "$(jdk_version "$JAVA_HOME")" -ge 24 ]; then
    export MAVEN_OPTS="${MAVEN_OPTS:-} --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED"
fi
