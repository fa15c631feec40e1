#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# All tests: rules of the tree, unit/contract/process tests in build/san, system
# tests in build/rel. Ends with one line `N passed, N failed, N skipped`.
set -u
cd "$(dirname "$0")/.." || exit 1
jobs=${JOBS:-$(nproc)}
passed=0 failed=0 skipped=0

build() { # directory, meson arguments
	local dir=$1
	shift
	[ -f "$dir/build.ninja" ] || meson setup "$dir" "$@" ${CI:+--werror} || return 1
	ninja -C "$dir" -j "$jobs"
}

suite() { # title, build directory, meson test arguments
	local title=$1 dir=$2 p f s
	shift 2
	echo "== $title"
	rm -f "$dir/meson-logs/testlog.junit.xml"
	meson test -C "$dir" --no-rebuild --print-errorlogs --num-processes "$jobs" "$@"
	read -r p f s < <(python3 tools/count_tests.py "$dir/meson-logs/testlog.junit.xml" || echo "0 1 0")
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	echo "-- $title: $p passed, $f failed, $s skipped"
}

# System tests mostly wait. What needs no rows of its own to be on time is done
# beside them, at the lowest priority: fuzzing, and building for OP-TEE.
beside() {
	FUZZ_SECONDS=30 FUZZ_TARGETS=$fuzz_targets nice -n 19 tools/fuzz.sh >build/fuzz-check.log 2>&1
	[ "${BTZ_SKIP_OPTEE:-0}" = 1 ] || nice -n 19 optee/check.sh --build >build/optee-build.log 2>&1
}

# What takes others' bytes in the trusted application, 30 s each.
fuzz_targets="der/fuzz_der der/fuzz_cert der/fuzz_ek ta/fuzz_verify ta/fuzz_entry"
fuzzing() {
	local title="fuzzing (30 s each)" log=build/fuzz-check.log p f
	echo "== $title"
	cat "$log"
	p=$(grep -c '^ok ' "$log")
	f=$(($(wc -w <<<"$fuzz_targets") - p)) # a target that said nothing did not pass
	passed=$((passed + p)) failed=$((failed + f))
	echo "-- $title: $p passed, $f failed, 0 skipped"
}

# The trusted application on a real OP-TEE (optee/README.md): about two minutes;
# its machine was built beside the system tests, and what failed there fails here again. BTZ_SKIP_OPTEE=1: skipped.
target() {
	local title="target (OP-TEE under QEMU)" log=build/optee-check.log status p f
	echo "== $title"
	if [ "${BTZ_SKIP_OPTEE:-0}" = 1 ]; then
		skipped=$((skipped + 1))
		echo "-- $title: skipped, BTZ_SKIP_OPTEE is set"
		return
	fi
	optee/check.sh 2>&1 | tee "$log"
	status=${PIPESTATUS[0]}
	p=$(grep -c '^ok ' "$log")
	f=$(grep -c '^not ok ' "$log")
	# it ended badly or before its plan, without a row that says so
	if [ "$f" -eq 0 ] && { [ "$status" -ne 0 ] || ! grep -q "^1..$p\$" "$log"; }; then
		f=1
	fi
	passed=$((passed + p)) failed=$((failed + f))
	echo "-- $title: $p passed, $f failed, 0 skipped"
}

if build build/san -Db_sanitize=address,undefined -Db_lundef=false && build build/rel; then
	suite "rules of the tree" build/rel --suite layers
	suite "unit, contract and process tests (ASan, UBSan)" build/san --no-suite system --no-suite layers
	suite "confinement and process tests (as shipped)" build/rel --suite shipped
	beside &
	suite "system tests (as shipped)" build/rel --suite system --num-processes 1
	wait
	fuzzing
	target
else
	echo "the build failed" >&2
	failed=$((failed + 1))
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
