#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A whole box with VPNs and stock OpenVPN clients, in network namespaces: who
is let in (entry.py), how fast they are gone (ending.py), what is left when a
part dies (failing.py). Prints TAP. Arguments: only these chapters, after
setting_up. Start at main()."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from net import why_not  # noqa: E402
from hostile_box import Tap  # noqa: E402
import ending  # noqa: E402
import entry  # noqa: E402
import failing  # noqa: E402
from world import World  # noqa: E402

CHAPTERS = (entry.profile, entry.denied, entry.let_in, ending.role_change, ending.revoked, entry.one_trail, ending.by_the_clock,
    entry.crowd, failing.parts_die, failing.slow_signer, failing.other_ends, failing.no_right, ending.killed_by_hand,
    failing.restarted, failing.hangs)


def main():
    tap = Tap()
    why = why_not()
    if why is not None:
        print(f'1..0 # SKIP {why}')
        return
    w = None
    try:
        w = World()
        for chapter in (entry.setting_up, *CHAPTERS):
            if chapter is entry.setting_up or not sys.argv[1:] or chapter.__name__ in sys.argv[1:]:
                began = time.monotonic()
                chapter(tap, w)
                tap.note(f'{chapter.__name__}: {time.monotonic() - began:.0f} s')
        reports = w.box.reports()
        tap.ok(not reports, 'no sanitizer or kernel report', reports)
        if tap.bad:
            for n, t in sorted(w.box.logs().items()):
                if 'vpn' in n:
                    for line in t.splitlines()[-30:]:
                        tap.note(f'{n}: {line[:200]}')
    finally:
        if w is not None:
            w.end()
    tap.end()


main()
