#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Completion in the shells themselves: what bash, zsh and fish offer after
"bartizan key ge". A shell that is not installed is skipped. TAP.

  completion.py BARTIZAN PACKAGING"""
import os
import shutil
import subprocess
import sys
import tempfile

program, packaging = (os.path.abspath(a) for a in sys.argv[1:3])
env = {**os.environ, 'PATH': os.path.dirname(program) + ':' + os.environ['PATH'],
    'ASAN_OPTIONS': 'detect_leaks=0'}

SHELLS = [
    ('bash', ['--norc', '-c', '. "$1/bartizan.bash"; COMP_WORDS=(bartizan key ge); COMP_CWORD=2; '
        '_bartizan; printf "%s\\n" "${COMPREPLY[@]}"', 'x']),
    ('zsh', ['-f', '-c', 'compadd() { shift; print -l -- $@ }; _files() { print files }; '
        'words=(bartizan key ge); CURRENT=3; . "$1/bartizan.zsh"', 'x']),
    ('fish', ['--no-config', '-c', 'source $argv[1]/bartizan.fish; complete -C "bartizan key ge"']),
]


def offers(shell, args):
    with tempfile.TemporaryDirectory() as home: # fish makes folders in it
        p = subprocess.run([shell, *args, packaging], capture_output=True, text=True,
            env={**env, 'HOME': home}, timeout=60)
    return p.stdout.split(), p.stderr


def main():
    bad = 0
    print(f'1..{len(SHELLS)}')
    for i, (shell, args) in enumerate(SHELLS, 1):
        if shutil.which(shell) is None:
            print(f'ok {i} - {shell} # SKIP not installed')
            continue
        got, err = offers(shell, args)
        ok = got == ['generate']
        bad += not ok
        print(f"{'ok' if ok else 'not ok'} {i} - {shell}")
        if not ok:
            print(f'# {got} {err}')
    return 1 if bad else 0


sys.exit(main())
