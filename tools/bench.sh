#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make bench: builds the benchmarks in build/rel and runs them all.
cd "$(dirname "$0")/.." && ninja -C build/rel >/dev/null && exec python3 bench/bench.py
