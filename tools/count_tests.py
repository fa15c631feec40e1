#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the rows of a Meson junit file: prints `passed failed skipped`."""
import sys
import xml.etree.ElementTree as ET

passed = failed = skipped = 0
for suite in ET.parse(sys.argv[1]).getroot():
    rows = suite.findall('testcase')
    bad = sum(1 for r in rows if r.find('failure') is not None or r.find('error') is not None)
    skip = sum(1 for r in rows if r.find('skipped') is not None)
    # a program that died is an error of the suite without a row of its own
    lost = max(0, int(suite.get('errors', 0)) + int(suite.get('failures', 0)) - bad)
    failed += bad + lost
    skipped += skip
    passed += len(rows) - bad - skip
print(passed, failed, skipped)
