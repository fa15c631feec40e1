# SPDX-License-Identifier: Apache-2.0
# A thin layer over Meson: `make demo` runs the main job, `make check` passes the tests.
BARTIZAN_HOME ?= demo-box
JOBS ?= $(shell nproc)
MESON_SAN = -Db_sanitize=address,undefined -Db_lundef=false
export BARTIZAN_HOME ONCE

.PHONY: all deps build san demo check bench fuzz soak tidy format install clean help optee optee-bench optee-env optee-full

all: build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

deps: ## install what is needed (Debian packages, root)
	@tools/install-deps.sh

build/rel/build.ninja: | deps
	meson setup build/rel $(if $(CI),--werror)

build/san/build.ninja: | deps
	meson setup build/san $(MESON_SAN) $(if $(CI),--werror)

build: build/rel/build.ninja ## what ships: build/rel
	@ninja -C build/rel -j$(JOBS)

san: build/san/build.ninja ## with ASan and UBSan: build/san
	@ninja -C build/san -j$(JOBS)

demo: build ## bring up a whole box in BARTIZAN_HOME and play a tour (ONCE=1: then stop)
	@tools/demo.sh

check: deps ## all tests, in both builds; ends with `N passed, N failed`
	@tools/check.sh

optee: ## the trusted application on a real OP-TEE under QEMU (TAP)
	@optee/check.sh

optee-full: ## the same, and a search for its secrets in Linux's memory
	@optee/check.sh --full

optee-bench: ## elliptic curves on OP-TEE by GP API and by mbedTLS, 20 minutes
	@optee/env.sh >&2 && optee/speed.py

optee-env: ## the OP-TEE machine for QEMU, from Debian packages: build/optee
	@optee/env.sh

bench: build ## measure against floors and peers; writes build/bench.json
	@tools/bench.sh

fuzz: deps ## every fuzz target for FUZZ_SECONDS (60) each
	@tools/fuzz.sh

soak: build san ## hostile load, full disks, kills and fuzzing for a long time
	@tools/soak.sh

tidy: build ## clang-tidy over src and ta
	@tools/tidy.sh

format: ## clang-format over all C files
	@git ls-files '*.c' '*.h' | xargs clang-format -i

install: build ## into DESTDIR
	@meson install -C build/rel

clean: ## remove the builds
	rm -rf build
