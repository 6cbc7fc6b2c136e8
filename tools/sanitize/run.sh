#!/bin/sh
# Runs the Rust tests, programs in C and C++, and the C code for Python, under sanitizers: `sh tools/sanitize/run.sh [short | self-check | JOB...]`.
#
# The jobs are asan (with leaks, and undefined behaviour in C), lsan, tsan and memcheck; without a name all of them run.
# `short` fits into continuous integration: the planted bugs, which every job must catch before anything else, and then asan in
# our own crates, over the tests that have most to do with memory and threads.
#
# rustc's sanitizers are unstable, so RUSTC_BOOTSTRAP enables them on the stable compiler. The standard library stays
# uninstrumented, since it would have to be built from source; sanitize/tsan.supp describes the consequences.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
tools=$root/tools/sanitize
host=$(rustc -vV | sed -n 's/^host: //p')
work=$root/target/sanitize
mkdir -p "$work"
failed=0

# Prints the failed step and the end of its output, which may be all that remains of a run elsewhere.
fail() {
    echo "$1, see $log"
    tail -n 40 "$log"
    failed=1
}

# Runs a step, keeps its output, and prints a line with the verdict.
step() {
    name=$1
    shift
    log=$work/$(echo "$name" | tr -cs 'A-Za-z0-9\n' '-').log
    if "$@" >"$log" 2>&1; then
        echo "$name: PASSED"
    else
        fail "$name: FAILED"
    fi
}

# A planted bug must be reported, with these words.
caught() {
    name=$1
    words=$2
    shift 2
    log=$work/planted.log
    if "$@" >"$log" 2>&1 || ! grep -q "$words" "$log"; then
        fail "$name: FAILED, the planted bug was not caught"
    else
        echo "$name: caught"
    fi
}

# Builds the program of planted bugs in Rust with a sanitizer.
plant_rust() {
    # shellcheck disable=SC2086 # flags are words
    RUSTC_BOOTSTRAP=1 rustc --edition 2024 -g --target "$host" $1 "$tools/planted.rs" -o "$work/planted-rust"
}

plant_c() {
    cc -std=c99 -g "$@" "$tools/planted.c" -lpthread -o "$work/planted-c"
}

# The options of cargo that select all tests except the named files.
tests_without() {
    find "$root"/crates/*/tests -maxdepth 1 -name '*.rs' -exec basename {} .rs ';' | sort -u |
        grep -vx -e "$(printf '%s\n' "$@")" | sed 's/^/--test /'
    echo --lib
}

# The options of every build and test: `cargo_with COMMAND OPTION...`.
cargo_with() {
    command=$1
    shift
    cargo "$command" --quiet --locked --manifest-path "$root/Cargo.toml" --features pqc-ffi/inject-panic "$@"
}

# The static library for programs in C, after the tests, with which it shares all but its own crate: `library CARGO...`.
library() {
    "$@" rustc --package pqc-ffi --lib --crate-type staticlib
}

# cargo with a sanitizer, in a separate target folder: `sanitized JOB FLAGS COMMAND OPTION...`.
#
# Optimising the dependencies less than `make test-all` does halves the build time; without optimisation, signing takes too long.
sanitized() (
    export RUSTC_BOOTSTRAP=1 RUSTFLAGS="$2" CARGO_TARGET_DIR="$root/target/sanitize-$1" CARGO_BUILD_TARGET="$host" \
        CARGO_PROFILE_DEV_DEBUG=line-tables-only
    command=$3
    shift 3
    cargo_with "$command" --config 'profile.dev.package."*".opt-level=1' "$@"
)

# The tests of all files but some: `sanitized_tests JOB FLAGS "EXCLUDED FILE..." OPTION...`.
sanitized_tests() {
    job=$1
    flags=$2
    excluded=$3
    shift 3
    # shellcheck disable=SC2046,SC2086 # options and names are words
    sanitized "$job" "$flags" test --workspace $(tests_without $excluded) --no-fail-fast "$@"
}

static_library() {
    echo "$root/target/sanitize-$1/$host/debug/libpqc_ffi.a"
}

# cargo with a sanitizer in our crates alone: `short JOB FLAGS COMMAND OPTION...`.
#
# The dependencies of `make test-all` are copied if they are there: the names of our own libraries are the same with and
# without a sanitizer, so that they must not meet in one folder.
short() {
    target=$root/target/sanitize-short-$1
    flags=$2
    shift 2
    if [ ! -d "$target" ] && [ -d "$root/target/debug/deps" ]; then
        mkdir -p "$target/debug/deps"
        cp -a "$root/target/debug/.fingerprint" "$root/target/debug/build" "$target/debug"
        cp -a "$root"/target/debug/deps/lib* "$target/debug/deps"
    fi
    (
        export SANITIZER_FLAGS="$flags" RUSTC_WORKSPACE_WRAPPER="$tools/instrument" CARGO_TARGET_DIR="$target"
        cargo_with "$@"
    )
}

short_library() {
    echo "$root/target/sanitize-short-$1/debug/libpqc_ffi.a"
}

# Runs a program that must print "ok" and end without an error.
says_ok() {
    said=$("$@") && [ "${said%%,*}" = ok ]
}

# A compiler for a program in C or C++.
compiler() {
    case $1 in
    *.cpp) echo c++ -std=c++17 ;;
    *) echo cc -std=c99 ;;
    esac
}

# Builds a program in C or C++ with a static library: `c_build SOURCE LIBRARY FLAG...`.
c_build() {
    source=$1
    library=$2
    shift 2
    # shellcheck disable=SC2046 # options are words
    $(compiler "$source") -g -Wall -Wextra -I"$root/include" "$@" "$source" "$library" -lpthread -ldl -lm -o "$work/program"
}

# The same, and runs it.
c_program() {
    c_build "$@" && says_ok "$work/program"
}

# The same with ThreadSanitizer. gcc instruments, but the runtime is rustc's: gcc's lacks functions that rustc calls.
c_program_tsan() {
    runtime=$(rustc --print sysroot)/lib/rustlib/$host/lib/librustc-stable_rt.tsan.a
    # shellcheck disable=SC2046 # options are words
    $(compiler "$1") -g -Wall -Wextra -I"$root/include" -fsanitize=thread -c "$1" -o "$work/program.o" &&
        $(compiler "$1") "$work/program.o" "$2" -Wl,--whole-archive "$runtime" -Wl,--no-whole-archive -lpthread -ldl -lm -lrt -lresolv \
            -o "$work/program" &&
        says_ok "$work/program"
}

# The same under memcheck.
c_program_memcheck() {
    # shellcheck disable=SC2086 # options are words
    c_build "$@" && says_ok valgrind $memcheck_options "$work/program"
}

c_programs() {
    find "$root/tests/c" "$root/examples/cpp/tests.cpp" "$tools/threads.c" -name '*.c' -o -name '*.cpp' | sort
}

# The programs with asan and ubsan, after a planted read past an input has shown that the library is instrumented.
c_programs_asan() {
    c_build "$tools/planted.cpp" "$1" -fsanitize=address,undefined
    caught "asan, C++, read in the library" heap-buffer-overflow "$work/program"
    for source in $(c_programs); do
        step "asan and ubsan, $(basename "$source")" c_program "$source" "$1" \
            -fsanitize=address,undefined -fno-sanitize-recover=all
    done
}

# The tests of the C code for Python, in an extension with asan and ubsan, after an edit by sed: `python_asan LIBRARY EDIT`.
#
# Each Python object is a separate block here, so that the use of a freed object is noticed.
python_asan() {
    python=$root/.venv/bin/python
    rm -rf "$work/python"
    mkdir -p "$work/python"
    cp -R "$root/qynauth_pqc" "$work/python"
    (cd "$root" && "$python" -c "from build_ffi import ffibuilder; ffibuilder.emit_c_code('$work/native.c')") &&
        sed -i "$2" "$work/native.c" &&
        cc -g -shared -fPIC -DPy_LIMITED_API=0x030b0000 -fsanitize=address,undefined -fno-sanitize-recover=all \
            -I"$root/include" -I"$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')" \
            "$work/native.c" "$1" -lpthread -ldl -lm -o "$work/python/qynauth_pqc/_native.abi3.so" &&
        env ASAN_OPTIONS="$ASAN_OPTIONS:fast_unwind_on_malloc=1" PYTHONMALLOC=malloc \
            LD_PRELOAD="$(cc -print-file-name=libasan.so)" \
            "$root/.venv/bin/pytest" --quiet --capture=sys --override-ini pythonpath="$work/python $root/tests/support" "$root/tests/native/test_native_calls.py" "$root/tests/batch/test_small_batches.py"
}

# The same, after it has caught two planted bugs.
extension_asan() {
    caught "asan, Python, use after free" heap-use-after-free \
        python_asan "$1" 's/^            PyBuffer_Release(&call.inputs/            Py_DECREF(call.inputs[call.inputs_taken].view.obj), &/'
    caught "asan, Python, leak" "detected memory leaks" python_asan "$1" '/^    PyObject \*bytes = PyBytes/{n;d}'
    step "asan and ubsan, Python" python_asan "$1" ''
}

# The provider for OpenSSL with asan and ubsan, after an edit of its keys by sed, and its tests in C: `provider_asan LIBRARY EDIT COMMAND...`,
# where a command is a program of tests/provider with its arguments.
provider_asan() {
    flags="-std=c11 -D_DEFAULT_SOURCE -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all"
    rm -rf "$work/provider"
    mkdir -p "$work/provider/ossl-modules"
    cp "$root"/provider/* "$work/provider"
    # shellcheck disable=SC2086 # options are words
    sed -i "$2" "$work/provider/keys.c" &&
        cc $flags -fPIC -shared -fvisibility=hidden -I"$root/include" "$work"/provider/*.c "$1" -lpthread -ldl -lm \
            -o "$work/provider/ossl-modules/qynauth.so" || return
    shift 2
    for command in "$@"; do
        program=${command%% *}
        # shellcheck disable=SC2086 # options are words
        cc $flags "$root/tests/provider/$program.c" -lssl -lcrypto -o "$work/provider/$program" &&
            env OPENSSL_CONF=/dev/null OPENSSL_MODULES="$work/provider/ossl-modules" "$work/provider/"$command || return
    done
}

# The same with that many mutations of each kind, after it has caught a planted bug: `provider_all LIBRARY MUTATIONS`.
provider_all() {
    if ! echo '#include <openssl/core.h>' | cc -fsyntax-only -xc - 2>/dev/null; then
        echo "asan and ubsan, provider: SKIPPED, there are no headers of OpenSSL 3: apt-get install libssl-dev"
        return
    fi
    caught "asan, provider, use after free" heap-use-after-free \
        provider_asan "$1" '/atomic_fetch_add_explicit/d' "handshakes alerts"
    step "asan and ubsan, provider" provider_asan "$1" '' "handshakes aborts" "handshakes alerts" "handshakes reload" \
        "handshakes child" "handshakes fork" "handshakes exit" "mutated keys $2 7" "mutated certificates $2 7" "mutated handshakes $2 7"
}

# Not run, and why:
# - stack_residue looks at the bytes of a thread's stack. Instrumented code moves variables to other memory and keeps
#   marks between them, and valgrind is too slow for it.
# - small_stack counts the bytes of a thread's stack, of which instrumented code needs several times as many.
# - mutations tries 10,000 inputs a set, for minutes; `make fuzz` tries as many under AddressSanitizer.
# - vectors, where the files are available, takes longest of the rest. Only asan runs it.
# - fork starts a thread in a child of a process that has several, which tsan refuses.
# - Two tests of locking: asan and tsan make mlock do nothing, so that they cannot pass.
# The sanitizers' handlers of SIGSEGV are off, since two tests expect the signal of a guard page.
not_asan="stack_residue mutations small_stack"
not_others="$not_asan vectors"
without_mlock="--skip value_is_kept_locked_and_out_of_dumps --skip limit_is_an_error"

self_check_asan() {
    plant_rust -Zsanitizer=address
    caught "asan, Rust, use after free" heap-use-after-free "$work/planted-rust" use-after-free
    caught "asan, Rust, leak" "detected memory leaks" "$work/planted-rust" leak
    plant_c -fsanitize=address,undefined -fno-sanitize-recover=all
    caught "asan, C, double free" "double-free" "$work/planted-c" double-free
    caught "asan, C, leak" "detected memory leaks" "$work/planted-c" leak
    caught "ubsan, C, signed overflow" "signed integer overflow" "$work/planted-c" overflow
}

# A sanitizer's allocator ends the process on too large a request, unless it is configured to refuse it as others do. And up to
# GCC 13 and LLVM 16, the interceptor of thread-local storage takes some of its blocks, by their address, for blocks of an older C
# library, so that the search for leaks ends with a signal.
options=allocator_may_return_null=1:intercept_tls_get_addr=0

job_asan() {
    export ASAN_OPTIONS=handle_segv=0:fast_unwind_on_malloc=0:$options
    export LSAN_OPTIONS="suppressions=$tools/lsan.supp:print_suppressions=0"
    # shellcheck disable=SC2086 # options are words
    step "asan, Rust tests" sanitized_tests asan -Zsanitizer=address "$not_asan" -- $without_mlock
    step "asan, static library" library sanitized asan -Zsanitizer=address
    c_programs_asan "$(static_library asan)"
    extension_asan "$(static_library asan)"
    provider_all "$(static_library asan)" 20000
    unset ASAN_OPTIONS LSAN_OPTIONS
}

self_check_lsan() {
    plant_rust -Zsanitizer=leak
    caught "lsan, Rust, leak" "detected memory leaks" "$work/planted-rust" leak
    plant_c -fsanitize=leak
    caught "lsan, C, leak" "detected memory leaks" "$work/planted-c" leak
}

# The use of memory by our own crates, on error paths too.
short_asan() {
    # Short allocation stacks take a quarter of the time; these tests have no leak that a name in a longer stack suppresses.
    export ASAN_OPTIONS=handle_segv=0:$options
    export LSAN_OPTIONS="suppressions=$tools/lsan.supp:print_suppressions=0"
    # shellcheck disable=SC2086 # options are words
    step "asan in our crates, Rust tests" short asan -Zsanitizer=address test --workspace --no-fail-fast \
        --test allocation_failure --test locked --test misuse --test panic --test threads -- $without_mlock --skip any_kind
    step "asan in our crates, static library" library short asan -Zsanitizer=address
    c_programs_asan "$(short_library asan)"
    extension_asan "$(short_library asan)"
    provider_all "$(short_library asan)" 100
    unset ASAN_OPTIONS LSAN_OPTIONS
}

job_lsan() {
    # Whole stacks, which the suppressions match.
    export LSAN_OPTIONS="suppressions=$tools/lsan.supp:print_suppressions=0:handle_segv=0:fast_unwind_on_malloc=0:$options"
    step "lsan, Rust tests" sanitized_tests lsan -Zsanitizer=leak "$not_others"
    step "lsan, static library" library sanitized lsan -Zsanitizer=leak
    for source in $(c_programs); do
        step "lsan, $(basename "$source")" c_program "$source" "$(static_library lsan)" -fsanitize=leak
    done
    unset LSAN_OPTIONS
}

self_check_tsan() {
    export TSAN_OPTIONS="suppressions=$tools/tsan.supp"
    plant_rust "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer"
    caught "tsan, Rust, race" "data race" "$work/planted-rust" race
    plant_c -fsanitize=thread
    caught "tsan, C, race" "data race" "$work/planted-c" race
    unset TSAN_OPTIONS
}

job_tsan() {
    export TSAN_OPTIONS="suppressions=$tools/tsan.supp handle_segv=0 $options"
    flags_of_tsan="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer"
    # shellcheck disable=SC2086 # options are words
    step "tsan, Rust tests" sanitized_tests tsan "$flags_of_tsan" "$not_others fork" -- $without_mlock
    step "tsan, static library" library sanitized tsan "$flags_of_tsan"
    for source in $(c_programs); do
        step "tsan, $(basename "$source")" c_program_tsan "$source" "$(static_library tsan)"
    done
    unset TSAN_OPTIONS
}

memcheck_options="--quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite"
memcheck_options="$memcheck_options --num-callers=40 --suppressions=$tools/memcheck.supp"

self_check_memcheck() {
    plant_rust ""
    # shellcheck disable=SC2086 # options are words
    caught "memcheck, Rust, use after free" "Invalid read" valgrind $memcheck_options "$work/planted-rust" use-after-free
    plant_c
    # shellcheck disable=SC2086 # options are words
    caught "memcheck, C, double free" "Invalid free" valgrind $memcheck_options "$work/planted-c" double-free
    # shellcheck disable=SC2086 # options are words
    caught "memcheck, C, leak" "definitely lost" valgrind $memcheck_options "$work/planted-c" leak
}

# The tests as `make test-all` builds them, under valgrind.
memcheck_tests() {
    runner=CARGO_TARGET_$(echo "$host" | tr 'a-z-' 'A-Z_')_RUNNER
    # shellcheck disable=SC2046,SC2086 # options and names are words
    (
        export "$runner=valgrind $memcheck_options" CARGO_TARGET_DIR="$root/target"
        cargo_with test --workspace $(tests_without $not_others) --no-fail-fast
    ) && library cargo_with
}

job_memcheck() {
    step "memcheck, Rust tests" memcheck_tests
    for source in $(c_programs); do
        step "memcheck, $(basename "$source")" c_program_memcheck "$source" "$root/target/debug/libpqc_ffi.a"
    done
}

run() {
    "self_check_$1"
    "job_$1"
}

case ${1-all} in
all)
    for job in asan lsan tsan memcheck; do run $job; done
    ;;
short)
    for job in asan lsan tsan memcheck; do self_check_$job; done
    short_asan
    ;;
self-check)
    for job in asan lsan tsan memcheck; do self_check_$job; done
    ;;
*)
    for job in "$@"; do
        case $job in
        asan | lsan | tsan | memcheck) run "$job" ;;
        *)
            echo "usage: sh tools/sanitize/run.sh [short | self-check | asan | lsan | tsan | memcheck]..." >&2
            exit 2
            ;;
        esac
    done
    ;;
esac

[ $failed = 0 ] && echo "sanitize: passed"
exit $failed
