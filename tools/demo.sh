#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Brings up a whole box in BARTIZAN_HOME (default demo-box) and plays a tour of
# it with real clients; see tools/tour.py. ONCE=1: stops the box afterwards and
# exits non-zero if any step did not do what was expected.
set -eu
cd "$(dirname "$0")/.."
args=()
[ -z "${ONCE:-}" ] || [ "${ONCE}" = 0 ] || args+=(--once)
exec python3 tools/tour.py --build "${BARTIZAN_BUILD:-build/rel}" \
	--home "${BARTIZAN_HOME:-demo-box}" ${args+"${args[@]}"}
