#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Completion in the shells themselves: what bash, zsh and fish offer after
"bartizan key ge" and after --backend. A shell that is not installed is skipped. TAP.

  completion.py BARTIZAN PACKAGING"""
import os
import shutil
import subprocess
import sys
import tempfile

program, packaging = (os.path.abspath(a) for a in sys.argv[1:3])
env = {**os.environ, 'PATH': os.path.dirname(program) + ':' + os.environ['PATH'],
    'ASAN_OPTIONS': 'detect_leaks=0'}

BASH = '. "$1/bartizan.bash"; COMP_WORDS=({}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _bartizan; ' \
    'printf "%s\\n" "${{COMPREPLY[@]}}"'
ZSH = 'compadd() {{ shift; print -l -- $@ }}; _files() {{ print files }}; words=({}); CURRENT=${{#words}}; ' \
    '. "$1/bartizan.zsh"'
FISH = 'source $argv[1]/bartizan.fish; complete -C "{}"'
KEY = 'bartizan --home HOME key generate --backend '
# A line, what is offered; bash splits words at colons, and completes the last part.
LINES = [
    ('bartizan key ge', 'bartizan key ge', ['generate'], None),
    (KEY + 'pk', KEY + 'pk', ['pkcs11:hsm'], None),
    (KEY + 'pkcs11:h', KEY + 'pkcs11 : h', ['pkcs11:hsm'], ['hsm']),
    (KEY + 'pkcs11:', KEY + 'pkcs11 :', ['pkcs11:hsm'], ['hsm']),
]


def command(shell, line, split):
    if shell == 'bash':
        return ['--norc', '-c', BASH.format(split), 'x', packaging]
    if shell == 'zsh':
        return ['-f', '-c', ZSH.format(line), 'x', packaging]
    return ['--no-config', '-c', FISH.format(line), packaging]


def offers(shell, line, split):
    with tempfile.TemporaryDirectory() as home: # fish makes folders in it
        os.mkdir(home + '/etc')
        with open(home + '/etc/bartizan.conf', 'w') as f:
            f.write('[pkcs11 hsm]\n')
        p = subprocess.run([shell, *command(shell, line.replace('HOME', home), split.replace('HOME', home))],
            capture_output=True, text=True, cwd=home, env={**env, 'HOME': home}, timeout=60)
    # fish offers files too behind a colon: folders of that home
    return [w for w in p.stdout.split() if not w.endswith('/')], p.stderr


def main():
    bad = n = 0
    shells = ('bash', 'zsh', 'fish')
    print(f'1..{len(shells) * len(LINES)}')
    for shell in shells:
        for line, split, want, bash in LINES:
            n += 1
            if shutil.which(shell) is None:
                print(f'ok {n} - {shell} # SKIP not installed')
                continue
            got, err = offers(shell, line, split)
            ok = got == (bash if shell == 'bash' and bash else want)
            bad += not ok
            print(f"{'ok' if ok else 'not ok'} {n} - {shell}: {line}")
            if not ok:
                print(f'# {got} {err}')
    return 1 if bad else 0


sys.exit(main())
