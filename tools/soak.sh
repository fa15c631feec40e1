#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make soak: what takes too long for every check. Hostile load for SOAK_SECONDS
# (20) of each kind on each socket, as shipped and under the sanitizers; full
# disks; the tour with its kills five times; SOAK_MITM (10,000) attacks between TA and TPM;
# SOAK_CRASHES (10,000) injections into a box at work; Wycheproof's vectors over a token; every fuzz target
# for FUZZ_SECONDS (60), two of them SOAK_RUNS (100 million) times. About five hours. Ends with one line that says what failed; the output of each part is
# in build/soak/.
set -u
cd "$(dirname "$0")/.." || exit 1
export BTZ_HOSTILE_SECONDS=${SOAK_SECONDS:-20} PYTHONDONTWRITEBYTECODE=1
failed=()
mkdir -p build/soak

part() { # name, build directory, command
	local name=$1 dir=$2 begun=$SECONDS
	shift 2
	if BARTIZAN_LIBEXEC=$PWD/$dir "$@" >"build/soak/$name.log" 2>&1; then
		echo "ok     $name ($((SECONDS - begun)) s)"
	else
		echo "FAILED $name ($((SECONDS - begun)) s): see build/soak/$name.log"
		grep -aE -A5 '^(not ok|FOUND)' "build/soak/$name.log" | head -n 20
		failed+=("$name")
	fi
}

part hostile-rel build/rel tests/system/hostile.py
part hostile-san build/san tests/system/hostile.py
part limits-rel build/rel tests/system/hostile_limits.py
part limits-san build/san tests/system/hostile_limits.py
for i in 1 2 3 4 5; do # kill -9 of each daemon is part of the tour
	part "tour-$i" build/rel python3 tools/tour.py --tap --build "$PWD/build/rel"
done
BTZ_MITM_CASES=${SOAK_MITM:-10000} part mitm build/san build/san/tests/ta_test_attack_bus # prints its seed
# SOAK_CRASHES (10,000) kills, failing storage calls and full disks, a hundredth as many with the
# trusted application; each prints its SEED
crashes() { # name, how many, arguments
	BTZ_BUILD=$PWD/build/rel N=$2 part "$1" build/rel env -u BARTIZAN_LIBEXEC build/rel/tests/crash/crash "${@:3}"
}
crashes crash "${SOAK_CRASHES:-10000}"
crashes crash-tee "$((${SOAK_CRASHES:-10000} / 100))" --tee
BTZ_WYCHEPROOF=all BTZ_BUILD=$PWD/build/san part wycheproof build/san build/san/tests/crypto_test_wycheproof_keys # a token too
part fuzz build/fuzz tools/fuzz.sh
# SOAK_RUNS (100 million) executions of what stands before the keys
FUZZ_RUNS=${SOAK_RUNS:-100000000} FUZZ_TARGETS="der/fuzz_der ta/fuzz_entry" part fuzz-long build/fuzz tools/fuzz.sh
echo "soak: ${#failed[@]} parts failed${failed[*]:+: ${failed[*]}}"
[ ${#failed[@]} -eq 0 ]
