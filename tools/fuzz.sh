#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs every fuzz target, or those of FUZZ_TARGETS ("der/fuzz_der ta/fuzz_entry"), for FUZZ_SECONDS (60) each, or
# FUZZ_RUNS times, JOBS at a time. A finding leaves its input in build/fuzz/found/ and makes the exit status 1.
set -u
cd "$(dirname "$0")/.." || exit 1
seconds=${FUZZ_SECONDS:-60}
jobs=${JOBS:-$(nproc)}
[ -f build/fuzz/build.ninja ] ||
	CC=clang meson setup build/fuzz -Dfuzz=true -Dbuildtype=debugoptimized -Db_lundef=false >/dev/null || exit 1
limit=-max_total_time=$seconds
[ -z "${FUZZ_RUNS:-}" ] || limit=-runs=$FUZZ_RUNS
targets=${FUZZ_TARGETS:-$(cd fuzz && ls */fuzz_*.c | sed 's/\.c$//')}
# shellcheck disable=SC2046
ninja -C build/fuzz -j "$jobs" $(for t in $targets; do echo "fuzz/$(basename "$t")"; done) >build/fuzz/build.log 2>&1 ||
	{ tail -n 30 build/fuzz/build.log; exit 1; }
mkdir -p build/fuzz/found build/fuzz/corpus

one() { # folder/fuzz_name
	local name log
	name=$(basename "$1")
	log=build/fuzz/$name.log
	mkdir -p "build/fuzz/corpus/$name"
	if "build/fuzz/fuzz/$name" "$limit" -max_len=70000 -rss_limit_mb=1024 -timeout=10 \
		-artifact_prefix="build/fuzz/found/$name-" $([ -f "fuzz/$1.dict" ] && echo "-dict=fuzz/$1.dict") \
		"build/fuzz/corpus/$name" $([ -d "fuzz/$(dirname "$1")/corpus/$name" ] && echo "fuzz/$(dirname "$1")/corpus/$name") \
		>"$log" 2>&1; then
		echo "ok     $name: $(grep -ao 'Done [0-9]* runs in [0-9]*' "$log" | tail -n 1)"
	else
		echo "FOUND  $name: see $log"
		return 1
	fi
}
export -f one
export limit
# a small quarantine: most of the time went into fresh pages for answers of 64 KiB
export ASAN_OPTIONS=quarantine_size_mb=4:thread_local_quarantine_size_kb=64
# shellcheck disable=SC2086
printf '%s\n' $targets | xargs -P "$jobs" -I {} bash -c 'one {}'
