# make demo: from nothing to a picture.  make test: everything that is checked.
# make install PREFIX= DESTDIR=, make uninstall, make deb: for a server.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

# Debian packages: products and convolutions, images, the queue, watching.
PACKAGES := libopenblas-dev libdnnl-dev libjpeg-dev libpng-dev zlib1g-dev libsqlite3-dev libinotifytools0-dev \
    libheif-dev libwebp-dev
PROGRAMS := .build/release
SOURCES := Package.swift Sources Tests

# What a model's parts cost here: make bench MODEL=DIR PRECISION=bf16 PEERS=PYTHON, a Python with torch, diffusers and openvino.
MODEL ?= Models/toybox
PRECISION ?= f32
PEERS ?=

# Longer by hand: make fuzz TIME=3600.  A part of the faults: make faults ARGUMENTS="--seed 7 'kill -9'".
TIME ?= 600
ARGUMENTS ?=
FUZZERS := .build-fuzz/release

# What is installed holds the Swift runtime: it runs where there is no toolchain. Tests cannot be built so, whence a
# second build, which only these targets make.
PREFIX := /usr/local
DESTDIR :=
STATIC := swift build -c release --static-swift-stdlib --disable-local-rpath --scratch-path .build-static
INSTALLED := .build-static/release

.PHONY: build demo test bench fuzz faults packages programs install uninstall deb check-format format clean

build: packages
	swift build -c release

demo: build
	examples/demo $(PROGRAMS)

# One build serves the programs and the tests: debug tensor code crawls.
# The daemon's tests wait for clocks and processes, and starve beside those that compute: they have a run of their own.
# The kernels and oneDNN are then tried again as an older processor would run them.
test: packages check-format
	swift build -c release --build-tests
	swift test -c release --skip-build --skip 'SubjectDaemonTests|JedidTests'
	swift test -c release --skip-build --filter 'SubjectDaemonTests|JedidTests'
	JEDI_CPU=avx2 swift test -c release --skip-build --filter TensorsTests
	JEDI_CPU=generic swift test -c release --skip-build --filter TensorsTests
	$(PROGRAMS)/jedifuzz

bench: PACKAGES += python3
bench: build
	python3 Benchmarks/bench.py --jedid $(PROGRAMS)/jedid --model "$(MODEL)" --precision $(PRECISION) \
	    $(if $(PEERS),--peers "$(PEERS)") --profile

# libFuzzer over every parser, for TIME seconds in all. What it learns stays in .build-fuzz/inputs.
fuzz: packages
	JEDI_LIBFUZZER=1 swift build -c release --sanitize fuzzer --scratch-path .build-fuzz --product jedifuzz
	@targets=$$($(FUZZERS)/jedifuzz targets); set -- $$targets; each=$$(($(TIME) / $$#)); \
	for target in $$targets; do \
	    mkdir -p .build-fuzz/inputs/$$target; \
	    $(FUZZERS)/jedifuzz libfuzzer $$target .build-fuzz/inputs/$$target -max_total_time=$$each \
	        -timeout=60 -rss_limit_mb=4096 -print_final_stats=1 -artifact_prefix=.build-fuzz/finding-$$target-; \
	done

# Real daemons, killed, starved and flooded; prints what came of it.
faults: build
	swift build -c release --product fakejedid
	swift build -c release --product jedifaults
	$(PROGRAMS)/jedifaults $(ARGUMENTS)

programs: packages
	$(STATIC) --product jedid
	$(STATIC) --product jedictl
	$(STATIC) --product jeditrain
	$(STATIC) --product generate-manual

# As root where the prefix needs it; the build is not.
install: programs
	@root=; place="$(DESTDIR)$(PREFIX)"; while [ ! -e "$$place" ]; do place=$$(dirname "$$place"); done; \
	if [ ! -w "$$place" ] && [ "$$(id -u)" -ne 0 ]; then root=sudo; fi; \
	$$root packaging/install $(INSTALLED) "$(DESTDIR)" "$(PREFIX)"

uninstall:
	@root=; if [ ! -w "$(DESTDIR)$(PREFIX)" ] && [ "$$(id -u)" -ne 0 ]; then root=sudo; fi; \
	$$root packaging/uninstall "$(DESTDIR)" "$(PREFIX)"

# dist/jedi-at-home_VERSION_amd64.deb. packaging/test-deb tries it, as root.
deb: PACKAGES += dpkg-dev debhelper fakeroot
deb: programs
	packaging/deb $(INSTALLED)

# Installs what is missing; nothing, and no question, if nothing is.
packages:
	@missing=(); for package in $(PACKAGES); do \
	    dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing+=($$package); \
	done; \
	if [ $${#missing[@]} -gt 0 ]; then \
	    echo "installing $${missing[*]}"; \
	    root=; if [ "$$(id -u)" -ne 0 ]; then root=sudo; fi; \
	    $$root apt-get update -qq; \
	    DEBIAN_FRONTEND=noninteractive $$root apt-get install -y -qq --no-install-recommends "$${missing[@]}"; \
	fi

check-format:
	swift format lint --strict --parallel --recursive $(SOURCES)

format:
	swift format --in-place --parallel --recursive $(SOURCES)

clean:
	rm -rf .build .build-static dist
