#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy over src and ta (all files, or those given). Exit 1 on a finding.
set -u
cd "$(dirname "$0")/.." || exit 1
files=${*:-$(git ls-files 'src/*.c' 'ta/*.c')}
# flags of gcc that clang does not know must not hide its findings
# shellcheck disable=SC2086
printf '%s\n' $files | xargs -P "${JOBS:-$(nproc)}" -n 4 clang-tidy --quiet -p build/rel \
	--extra-arg=-Wno-unknown-warning-option \
	--extra-arg=-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang 2>/dev/null >build/tidy.log
status=$?
grep -E '(warning|error):' build/tidy.log | sort -u
echo "clang-tidy: $(grep -cE '(warning|error):' build/tidy.log) findings"
exit $((status != 0))
