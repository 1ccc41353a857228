# make demo: from nothing to a picture.  make test: everything that is checked.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

# Debian packages: products and convolutions, images, the queue, watching.
PACKAGES := libopenblas-dev libdnnl-dev libjpeg-dev libpng-dev zlib1g-dev libsqlite3-dev libinotifytools0-dev
PROGRAMS := .build/release
SOURCES := Package.swift Sources Tests

.PHONY: build demo test packages check-format format clean

build: packages
	swift build -c release

demo: build
	examples/demo $(PROGRAMS)

# One build serves the programs and the tests: debug tensor code crawls.
# The kernels and oneDNN are then tried again as an older processor would run them.
test: packages check-format
	swift build -c release --build-tests
	swift test -c release --skip-build
	JEDI_CPU=avx2 swift test -c release --skip-build --filter TensorsTests
	JEDI_CPU=generic swift test -c release --skip-build --filter TensorsTests

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
	rm -rf .build
