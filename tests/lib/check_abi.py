#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What libbartizan.so gives to others: exactly the functions of its header,
each with a version, and a header that C11 and C++ compilers take. TAP.

  check_abi.py LIBRARY HEADER"""
import os
import re
import subprocess
import sys
import tempfile

library, header = (os.path.abspath(a) for a in sys.argv[1:3])


def declared():
    with open(header) as f:
        text = re.sub(r'/\*.*?\*/', '', f.read(), flags=re.S)
    text = re.sub(r'typedef[^;]*;', '', text)
    return set(re.findall(r'\b(bartizan_\w+)\(', text))


def exported():
    out = subprocess.run(['nm', '-D', '--defined-only', library], capture_output=True,
        text=True, check=True).stdout
    rows = [line.split() for line in out.splitlines()]
    return {r[2] for r in rows if r[1] != 'A'}


def compiles(language, *args):
    with tempfile.NamedTemporaryFile('w', suffix=language) as f:
        f.write(f'#include "{header}"\nint main(void) {{ return BARTIZAN_OK; }}\n')
        f.flush()
        p = subprocess.run([*args, '-Wall', '-Wextra', '-Werror', '-fsyntax-only', f.name])
    return p.returncode == 0


def main():
    names = {n.split('@')[0] for n in exported() if not n.startswith(('__asan', '__ubsan', '__odr'))}
    rows = [
        ('exports what the header declares', names == declared(), sorted(names ^ declared())),
        ('every symbol has a version', all('@@BARTIZAN_0.1' in n for n in exported()
            if n.startswith('bartizan_')), sorted(exported())),
        ('header in C11', compiles('.c', 'cc', '-std=c11', '-Wpedantic'), ''),
        ('header in C++17', compiles('.cc', 'c++', '-std=c++17', '-Wpedantic'), ''),
    ]
    print(f'1..{len(rows)}')
    for i, (what, ok, more) in enumerate(rows, 1):
        print(f"{'ok' if ok else 'not ok'} {i} - {what}")
        if not ok:
            print(f'# {more}')
    return 0 if all(r[1] for r in rows) else 1


sys.exit(main())
