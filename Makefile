# The commands of a contributor. Every target makes its own environment in .venv and does nothing twice.

PYTHON ?= python3
BIN := .venv/bin
CARGO := cargo
VERSION := $(shell sed -n 's/^version = "\(.*\)"$$/\1/p' Cargo.toml)
OLDEST := $(shell sed -n 's/^rust-version = "\(.*\)"$$/\1.0/p' Cargo.toml)
SECONDS ?= 60
CASES ?= $(if $(FULL),333334,2000)
CODE_PATH ?= best
FOLDER ?= target/vectors
HEADER := include/pqc_ffi.h
OUTPUT := .
REFERENCE := docs/reference
LAYERS_JSON := target/layers.json
RUN_JSON := target/run.json
STATIC_LIBRARY := target/release/libpqc_ffi.a
PROVIDER := target/release/ossl-modules/qynauth.so
# The command of setup.py, so that each finds the build of the other.
BUILD_LIBRARY = $(CARGO) rustc --locked --release --lib --manifest-path crates/pqc-ffi/Cargo.toml --crate-type cdylib,staticlib
RUST := Cargo.toml Cargo.lock $(shell find crates -name '*.rs' -o -name Cargo.toml)
MANIFESTS := bench/rust/Cargo.toml fips/Cargo.toml fips/module/Cargo.toml $(wildcard tools/*/Cargo.toml tools/*/*/Cargo.toml)
# The measurements of a format package have its name.
FORMATS := $(wildcard $(patsubst qynauth_pqc/%/_command.py,bench/%.py,$(wildcard qynauth_pqc/*/_command.py)))
PYTHON_CODE := qynauth_pqc tests bench examples tools build_ffi.py setup.py

# The tests of memory and its owners in Python, which run with each of the two bindings; test_ownership.py runs both itself.
ANY_BINDING_PYTHON := buffers inputs interrupted memory native_calls secret_as_buffer shared_secrets threads tracebacks

# Miri has the processor features that the code is compiled for.
MIRI = CARGO_TARGET_DIR=$(CURDIR)/target/miri $(CARGO) +nightly miri test --locked --package pqc-simd
MIRI_TESTS := keccak::tests::test_the_ keccak::tests::test_a_state bytes:: mldsa::tests::packing::hints \
    mlkem::kernels::tests::test_messages_are_added ntt16::tests::test_the_documented_order
MIRI_VECTORS := keccak::tests::test_the_names
PIN = UV_CUSTOM_COMPILE_COMMAND='make release-pins' .venv-release/bin/uv pip compile --quiet --no-config --universal --generate-hashes \
    --python-version 3.11
AVX2 := +avx2,+bmi1,+bmi2,+popcnt
AVX512 := +avx512f,+avx512bw,+avx512dq,+avx512vl,+avx512vbmi,+avx512vbmi2

export CARGO_TARGET_DIR := $(CURDIR)/target
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := build
.PHONY: build demo validate test check gate test-all test-rust test-engine test-python test-slow test-cffi test-release lint lint-rust lint-python format header table docs reference provider tls install uninstall abi-baseline python-names languages platform interop
.PHONY: sanitize prove miri ct ct-compilers ct-avx512 ct-aarch64 nightly nightly-concerned nightly-tests timing differential mutants fuzz bench instructions instructions-baseline
.PHONY: test-fips instructions-aarch64 vectors wheel reproduce release-check release-pins release-prepare release release-rehearsal nightly-release clean

build: $(if $(VARIANT),.venv-$(VARIANT),.venv)/installed  ## build the libraries and install the package, editable, with its command line into .venv; VARIANT=fips for FIPS 140-3, into .venv-fips

demo: build  ## sign a file and exchange keys, with every algorithm
	@$(ON_TERMINAL) $(BIN)/qynauth-pqc demo README.md
	@echo
	@echo 'Next: `. .venv/bin/activate` puts the command qynauth-pqc on your path,'
	@echo 'docs/getting-started.md makes your first keys, and `make test` runs the tests,'
	@echo 'in about ten minutes on two processors.'

validate: build  ## run the five parts of the validation
	$(BIN)/qynauth-pqc validate

# CONTRIBUTING.md says what each of the next four promises. Next to other targets, tests begin when all packages are installed.
test: $(if $(filter test,$(MAKECMDGOALS)),.venv/test,.venv/lint)  ## run the tests in Python and C on the result of `make build`, without the slow ones
	$(ON_TERMINAL) $(BIN)/pytest -m 'not (slow or nightly)'

check: lint test-rust test-python  ## run what any change may fail: format, lints, types, and the tests in Rust, Python and C

# The targets that take longest come first. `make demo` and `make test` of the README are among them, `test` as a part of test-python;
# they run as a newcomer runs them. Each command says how long it took.
gate: ON_TERMINAL := $(PYTHON) tools/on_terminal.py
gate: INSTALL_ON_TERMINAL := $(PYTHON) tools/on_terminal.py --install
gate: JOBS := short
gate: export TIMEFORMAT = $@: %0R s, %0U + %0S s of a processor
gate: SHELL := bash
gate: .SHELLFLAGS := -c 'time eval "$$0"'
gate: test-python test-rust ct languages check demo validate docs ct-avx512 release-check  ## run all that a commit must pass, with `make -j3 --output-sync=target gate`; .ci/run does it on a clean clone

test-all: test-rust test-engine test-python  ## run all tests in Rust, Python and C

test-rust:  ## run the tests in Rust, except for the engine
	$(CARGO) test --locked --workspace --exclude pqc-simd --features pqc-ffi/inject-panic

test-engine:  ## run the tests of the engine
	$(CARGO) test --locked --package pqc-simd

test-python: test-slow test test-cffi  ## run all tests in Python and C, types included

test-slow: .venv/lint  ## run the slow tests, which `make test` leaves out
	$(ON_TERMINAL) $(BIN)/pytest -m 'slow and not nightly'

test-cffi: .venv/lint  ## run the tests of memory and its owners again, with the binding on cffi
	QYNAUTH_PQC_BINDING=cffi $(ON_TERMINAL) $(BIN)/pytest $(foreach each,$(ANY_BINDING_PYTHON),$(wildcard tests/*/test_$(each).py))

test-fips: .venv/installed .venv-fips/test  ## run the tests on the result of `make build VARIANT=fips`
	sh tools/fips/test.sh

test-release:  ## run the tests with results that depend on the compiler, on the profile that ships
	$(CARGO) test --locked --release --package pqc-core --package pqc-simd --package pqc-ffi --test stack_residue --test wiping

lint: lint-rust lint-python  ## check format, style and types

lint-rust:  ## check them in Rust
	$(CARGO) fmt --check
	for each in $(MANIFESTS); do $(CARGO) fmt --check --manifest-path $$each || exit 1; done
	$(CARGO) clippy --locked --workspace --all-targets --all-features -- -D warnings

lint-python: .venv/lint  ## check them in Python, the direction of imports, and the workflows
	$(BIN)/ruff format --check $(PYTHON_CODE)
	$(BIN)/ruff check $(PYTHON_CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/zizmor --offline --quiet --persona pedantic .

format: .venv/lint  ## format Rust and Python
	$(CARGO) fmt
	$(BIN)/ruff format $(PYTHON_CODE)
	$(BIN)/ruff check --fix-only $(PYTHON_CODE)

header:  ## write include/pqc_ffi.h from crates/pqc-ffi, and the names and sizes of the table of algorithms for C and C++
	$(CARGO) run --quiet --locked --manifest-path tools/header/Cargo.toml --target-dir tools/header/target -- $(OUTPUT)

table: header  ## write all that follows from the table of algorithms: the headers, and the known answers of new rows for the self test and `validate`
	QYNAUTH_PQC_WRITE=1 $(CARGO) test --quiet --locked --package pqc-core --lib the_file_of_answers_is_written_from_the_table
	$(MAKE) .venv/installed
	$(BIN)/python tools/header/known_answers.py qynauth_pqc/validation/_known_answers.py

docs: .venv-docs/installed reference  ## build the documentation as a site, target/site; a broken link is an error
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict
	.venv-docs/bin/python tools/site/check_site.py target/site

reference:  ## write the reference of the C functions, docs/reference, from include/pqc_ffi.h
	$(PYTHON) tools/reference.py $(HEADER) $(REFERENCE)

provider: $(PROVIDER)  ## build the provider for OpenSSL, target/release/ossl-modules/qynauth.so; the package and `make install` have it too

$(PROVIDER): $(STATIC_LIBRARY) include/pqc_ffi.h tools/install/provider.sh $(wildcard provider/*)
	sh tools/install/provider.sh $@ target/release/libpqc_ffi.so

tls: .venv/test  ## follow the recipe of post-quantum TLS, with nginx, curl and Python's ssl of this machine
	QYNAUTH_PQC_REQUIRE_PROGRAMS=1 $(BIN)/pytest tests/docs/test_recipe_openssl.py

install: $(STATIC_LIBRARY) reference  ## install the C library; PREFIX is /usr/local, LIBDIR lib, DESTDIR empty unless given
	sh tools/install/run.sh install

uninstall:  ## remove the installed files
	sh tools/install/run.sh uninstall

abi-baseline:  ## record the binary interface of the header, for releases and for intended breaks
	sh tools/abi/abi.sh baseline

python-names: .venv/test  ## record the public names of the Python package and the command line, after an addition
	PYTHONPATH=.:tools/site $(BIN)/python tools/abi/python_names.py

languages: $(STATIC_LIBRARY)  ## build and test the examples in six languages, and try the output of each in every other; FULL=1 for sanitizers and valgrind
	$(MAKE) -s install PREFIX=$(CURDIR)/target/languages/prefix DESTDIR= LIBDIR=lib
	$(PYTHON) tools/languages.py target/languages/prefix

platform:  ## build and test for another platform, TARGET=s390x, and write its row of docs/results/platforms.md; with JOBS=short a selection, and no row
	CARGO_TARGET_DIR=$(CURDIR)/target/platforms $(PYTHON) tools/platforms/run_target.py $(TARGET) $(JOBS)

interop: .venv/test  ## try keys, ciphertexts and signatures with other implementations, all of them or with JOBS=short a selection
	PYTHONPATH=tests $(BIN)/python -m interop $(JOBS)

sanitize: .venv/test  ## run the tests in Rust and C, and of the C code for Python, under the sanitizers and valgrind
	sh tools/sanitize/run.sh $(JOBS)

prove: test-engine  ## test and prove the vector engine, and check docs/results/proofs.md; REACH=1 to count again which functions each row runs, FULL=1 for that, the slow rows and all controls
	env -u CARGO_TARGET_DIR sh tools/prove/run.sh

miri:  ## run tests of the engine in Miri, which finds undefined behaviour: of Keccak, and of ML-KEM and ML-DSA with AVX2; needs Rust nightly with miri
	$(MIRI) --lib -- $(MIRI_TESTS)
	RUSTFLAGS='-C target-feature=$(AVX2)' $(MIRI) --lib --test engine -- $(MIRI_VECTORS) operations::mlkem512_has operations::mldsa44_has
	RUSTFLAGS='-C target-feature=$(AVX2),$(AVX512)' $(MIRI) --lib -- $(MIRI_VECTORS)

ct: $(STATIC_LIBRARY)  ## check under valgrind and in traces that secrets decide neither branches nor addresses; FULL=1 for more parameter sets and longer traces
	sh tools/ct/provider.sh $(STATIC_LIBRARY)
	sh tools/ct/run.sh
	sh tools/ct/trace.sh

ct-compilers:  ## run the checks of `make ct`, with the traces of every backend, with the oldest supported Rust and the newest one
	sh tools/ct/compilers.sh

ct-avx512:  ## search the machine code for AVX-512, which valgrind cannot execute, for jumps and addresses that depend on secrets
	sh tools/ct/search.sh avx512

ct-aarch64:  ## search the machine code for aarch64 in the same way; it is compiled and not run
	sh tools/ct/search.sh aarch64

nightly:  ## run each slow check that rarely fails, unless it passed on this commit, and record it in docs/results/nightly.md, which lists them; PART=miri for one
	$(PYTHON) tools/nightly.py $(PART)

nightly-concerned:  ## name the parts of `make nightly` that changes since their last run concern
	@$(PYTHON) tools/nightly.py --concerned

nightly-tests: .venv/nightly  ## run tests and lints that only `make nightly` runs: the marked tests, all signatures of SLH-DSA, 10,000 faults on each path, the oldest Rust
	$(BIN)/pytest -m nightly
	$(CARGO) test --locked --release --package pqc-ffi --test vectors -- --ignored
	$(CARGO) test --locked --release --package pqc-simd --lib -- --ignored
	QYNAUTH_PQC_CASES=10000 $(CARGO) test --locked --release --package pqc-ffi --test mutations
	QYNAUTH_PQC_CASES=10000 $(CARGO) test --locked --release --package pqc-simd --test engine known_answers
	$(CARGO) +$(OLDEST) check --locked --workspace --target-dir target/oldest
	$(CARGO) clippy --locked --manifest-path bench/rust/Cargo.toml --all-targets -- -D warnings
	$(CARGO) clippy --locked --manifest-path tools/differential/Cargo.toml --target-dir target/differential --all-targets -- -D warnings
	go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.7

timing:  ## test whether times depend on secrets, on a quiet machine
	sh tools/timing/run.sh

differential:  ## compare the engine with libcrux, aws-lc and RustCrypto, CASES random cases a set; FULL=1 for a million a family on the profile that ships
	QYNAUTH_PQC_CASES=$(CASES) $(CARGO) test $(if $(FULL),--release) --locked --manifest-path tools/differential/Cargo.toml --target-dir target/differential

mutants:  ## mutate the arithmetic of the vector engine and check that its tests notice, ARGS for cargo-mutants
	sh tools/mutants.sh $(ARGS)

fuzz: .venv/test  ## fuzz every import, every function of the header, the verifier of tokens and the readers of each format, SECONDS each
	sh tools/fuzz/run.sh $(SECONDS)

bench: $(if $(VARIANT),.venv-$(VARIANT)/installed,.venv/test .venv-bench/installed)  ## measure, and write docs/results/benchmarks.md; QUICK=1 for a smoke test, CODE_PATH=avx2 for that path alone, VARIANT=fips for that build next to its module
ifdef VARIANT
	.venv-$(VARIANT)/bin/python tools/$(VARIANT)/figures.py
else ifdef QUICK
	$(BIN)/python bench/overhead.py --json $(LAYERS_JSON) --code-path $(CODE_PATH) --processes 1
	PYTHONPATH=. .venv-bench/bin/python bench/peers.py --layers $(LAYERS_JSON) --code-path $(CODE_PATH) --quick
	$(BIN)/python bench/composite.py --quick
	$(BIN)/python -W ignore bench/tokens.py --quick
	$(BIN)/python bench/cluster.py --quick
	$(BIN)/python bench/slhdsa.py --quick
	$(BIN)/python bench/provider.py --quick
	for each in $(FORMATS); do $(BIN)/python $$each --quick || exit 1; done
else
	$(BIN)/python bench/overhead.py --json $(LAYERS_JSON) --code-path $(CODE_PATH)
	PYTHONPATH=. .venv-bench/bin/python bench/peers.py --layers $(LAYERS_JSON) --code-path $(CODE_PATH) --json $(RUN_JSON)
	$(BIN)/python bench/slhdsa.py --code-path $(CODE_PATH)
ifeq ($(CODE_PATH),best)
	$(CARGO) run --quiet --release --locked --package pqc-ffi --example metrics_cost
	$(BIN)/python bench/composite.py
	$(BIN)/python -W ignore bench/tokens.py
	$(BIN)/python bench/batch.py
	$(BIN)/python bench/engine.py
	$(BIN)/python bench/cluster.py
	$(BIN)/python bench/provider.py
	for each in $(FORMATS); do $(BIN)/python $$each || exit 1; done
endif
endif

instructions:  ## count the instructions of every operation, and compare them with the baseline
	$(PYTHON) bench/instructions.py

instructions-baseline:  ## record the counts, after an intended change
	$(PYTHON) bench/instructions.py --write

instructions-aarch64:  ## count them for aarch64 in an emulator: writes docs/results/instructions.md
	$(PYTHON) bench/emulated.py

vectors:  ## fetch the published test vectors from public repositories into FOLDER, target/vectors unless given
	$(PYTHON) tools/vectors/make_vectors.py "$(FOLDER)"

wheel: $(if $(VARIANT),.venv-$(VARIANT)/installed,.venv-release/installed)  ## make the sdist and the manylinux wheel, in dist; TARGET=aarch64-unknown-linux-gnu adds the wheel of that target; VARIANT=fips makes the wheel of that variant for this machine
	$(if $(VARIANT),mkdir -p dist && cp target/$(VARIANT)/wheel/*.whl dist,.venv-release/bin/python tools/release/build_release.py $(TARGET))

release-check: .venv-release/installed  ## check the files that `make wheel` made, or with JOBS=short all that needs no wheel
	.venv-release/bin/python tools/release/check_release.py $(JOBS)

reproduce: .venv-release/installed  ## make the sdist and the wheels of all targets twice, in two folders, and say which files differ
	.venv-release/bin/python tools/release/reproduce.py

release-pins: .venv-release/installed  ## pin, with hashes, the packages that a release installs: the tools of tools/release/requirements.in, and the dependencies of this package
	$(PIN) --output-file tools/release/requirements.txt tools/release/requirements.in
	$(PIN) --extra cli --extra ssh --output-file tools/release/packages.txt pyproject.toml

release-prepare: .venv-release/installed  ## download everything that a release needs from the network
	.venv-release/bin/python tools/release/make_release.py prepare

release: .venv-release/installed  ## without a network, make, check, sign and verify the sdist and all wheels, in dist; SIGN='--key KEY'
	.venv-release/bin/python tools/release/make_release.py release $(SIGN)

release-rehearsal: .venv-release/installed  ## the same for the wheel of this machine, with a key that is made for it
	.venv-release/bin/python tools/release/make_release.py rehearse

nightly-release:  ## rehearse a release of this commit without a network, in a clone: `make nightly` writes rows into this folder
	rm -rf target/rehearsal
	git clone --quiet . target/rehearsal
	$(MAKE) -C target/rehearsal release-prepare
	unshare --map-root-user --net $(MAKE) -C target/rehearsal release-rehearsal

clean:  ## remove everything that was built
	rm -rf examples/*/build examples/*/target examples/node/node_modules examples/auth_service/*/node_modules examples/auth_service/page/dist
	rm -rf .venv .venv-bench .venv-docs .venv-fips .venv-release build dist *.egg-info target tools/header/target qynauth_pqc/_native*.so qynauth_pqc/lib qynauth_pqc/include

.venv/tools: pyproject.toml tools/prerequisites.sh
	@$(INSTALL_ON_TERMINAL) env PYTHON=$(PYTHON) sh tools/prerequisites.sh
	@echo 'Making an environment for Python in .venv, in about half a minute'
	@$(INSTALL_ON_TERMINAL) $(PYTHON) -m venv .venv
	@$(INSTALL_ON_TERMINAL) $(BIN)/pip install --quiet --upgrade 'setuptools>=77' 'setuptools-rust>=1.11' 'cffi>=1.17'
	@touch $@

.venv-release/installed: tools/release/requirements.txt
	PYTHON=$(PYTHON) sh tools/prerequisites.sh
	$(PYTHON) -m venv .venv-release
	.venv-release/bin/pip install --quiet --require-hashes --requirement $<
	touch $@

.venv-docs/installed: tools/site/requirements.txt
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/pip install --quiet --requirement $<
	touch $@

.venv-bench/installed: bench/requirements.txt
	PYTHON=$(PYTHON) sh tools/prerequisites.sh
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --quiet --requirement $<
	touch $@

.venv/installed: .venv/tools $(STATIC_LIBRARY) $(HEADER) include/pqc_ffi.hpp $(wildcard tools/install/*.in) tools/install/provider.sh $(wildcard provider/*) build_ffi.py $(wildcard qynauth_pqc/native/*.c) setup.py
	@echo 'Installing the package and its command line into .venv'
	@$(INSTALL_ON_TERMINAL) env PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --no-build-isolation --editable '.[cli]'
	@touch $@

# The packages of an extra, for the package that is already installed and is not built again for it. Without the version, pip could
# replace it with a stranger's package of this name, if a package of the extra cannot be installed.
.venv/test: pyproject.toml | .venv/installed
	@echo 'Installing the packages that the tests need into .venv, 1 GB, in about two minutes'
	@$(INSTALL_ON_TERMINAL) $(BIN)/pip install --quiet 'qynauth-pqc[test]==$(VERSION)'
	@touch $@

.venv/lint: pyproject.toml | .venv/test
	$(INSTALL_ON_TERMINAL) $(BIN)/pip install --quiet 'qynauth-pqc[lint]==$(VERSION)'
	touch $@

.venv/nightly: pyproject.toml | .venv/lint
	$(BIN)/pip install --quiet 'qynauth-pqc[nightly]==$(VERSION)'
	touch $@

# Not editable: the files of an editable package are in the source tree, where the default build has them.
.venv-fips/installed: $(RUST) $(wildcard fips/*.toml fips/Cargo.lock fips/*/*.toml fips/*/src/*.rs) $(HEADER) build_ffi.py $(wildcard qynauth_pqc/native/*.c) setup.py pyproject.toml $(shell find qynauth_pqc -name '*.py')
	PYTHON=$(PYTHON) sh tools/prerequisites.sh fips
	[ -x .venv-fips/bin/pip ] || $(PYTHON) -m venv .venv-fips
	.venv-fips/bin/pip install --quiet --upgrade 'setuptools>=77' 'setuptools-rust>=1.11' 'cffi>=1.17'
	rm -rf target/fips/wheel
	QYNAUTH_PQC_VARIANT=fips PYTHONWARNINGS=ignore .venv-fips/bin/pip wheel --quiet --no-build-isolation --no-deps --wheel-dir target/fips/wheel .
	.venv-fips/bin/pip install --quiet --force-reinstall --no-deps target/fips/wheel/*.whl
	.venv-fips/bin/pip install --quiet 'qynauth-pqc-fips[cli]==$(VERSION)'
	touch $@

.venv-fips/test: pyproject.toml | .venv-fips/installed
	.venv-fips/bin/pip install --quiet 'qynauth-pqc-fips[test]==$(VERSION)'
	touch $@

$(STATIC_LIBRARY): $(RUST)
	@echo 'Building the library, in about two minutes on two processors'
	@$(INSTALL_ON_TERMINAL) $(BUILD_LIBRARY)
	@touch $@
