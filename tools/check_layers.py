#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the tree: which folder may include what, which source lacks a
test, and what must stand in every file. Prints TAP; see docs/style.md."""
import os
import re
import subprocess
import sys

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '..'))

FREE = {'stdbool.h', 'stddef.h', 'stdint.h', 'string.h', 'stdalign.h'}
# folder -> (our folders it may include, system headers: None = any)
MAY = {
    'src/wire': ({'wire'}, FREE),
    'src/tpm2': ({'wire', 'tpm2'}, FREE),
    'src/der': ({'wire', 'der'}, FREE),
    'src/tlog': ({'wire', 'tlog'}, FREE),
    'src/base': ({'wire', 'base'}, None),
    'src/prim': ({'wire', 'base', 'prim'}, None),
    'src/policy': ({'wire', 'base', 'prim', 'policy'}, None),
    'src/client': ({'wire', 'base', 'client'}, None),
    'src/lib': ({'wire', 'base', 'client', 'lib'}, None),
    'src/broker': ({'wire', 'base', 'broker'}, None),
    'src/crypto': ({'wire', 'base', 'der', 'tpm2', 'crypto'}, None),
    'src/access': ({'wire', 'base', 'client', 'prim', 'policy', 'access'}, None),
    'src/audit': ({'wire', 'base', 'client', 'prim', 'tlog', 'audit'}, None),
    'src/ca': ({'wire', 'base', 'client', 'prim', 'der', 'ca'}, None),
    'src/httpd': ({'wire', 'base', 'client', 'prim', 'policy', 'der', 'httpd'}, None),
    'src/vpn': ({'wire', 'base', 'client', 'prim', 'policy', 'der', 'tlog', 'vpn'}, None),
    'src/parsec': ({'wire', 'base', 'prim', 'der', 'tlog', 'parsec'}, None),
    'src/cli': ({'wire', 'base', 'client', 'prim', 'der', 'tlog', 'cli'}, None),
    'src/up': ({'wire', 'base', 'client', 'prim', 'der', 'vpn', 'up'}, None),
    'ta/src': ({'wire', 'tpm2', 'der', 'tlog'}, FREE | {'tee_internal_api.h',
        'tee_internal_api_extensions.h', 'tee_api.h', 'tee_ta_api.h'}),
}
# libcrypto: private keys only in src/crypto and the host emulation of the TEE
CRYPTO_OK = ('src/prim/', 'src/crypto/', 'ta/hostkit/', 'tests/', 'bench/', 'fuzz/')


def exceptions():
    """tools/layers.txt: `file header ...  # reason` lines."""
    out = {}
    with open(os.path.join(TOP, 'tools', 'layers.txt')) as f:
        for line in f:
            words = line.split('#')[0].split()
            if words:
                out.setdefault(words[0], set()).update(words[1:])
    return out


def files(*globs):
    out = subprocess.run(['git', '-C', TOP, 'ls-files', '-co', '--exclude-standard', *globs],
        capture_output=True, text=True, check=True).stdout.split()
    return [f for f in out if os.path.exists(os.path.join(TOP, f))]


def includes(path):
    with open(os.path.join(TOP, path)) as f:
        for n, line in enumerate(f, 1):
            m = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
            if m:
                yield n, m.group(1) == '"', m.group(2)


def judge(path, quoted, name, ours, system):
    if quoted and '..' in name:
        return 'never "../"'
    if quoted and '/' in name and name.split('/')[0] not in ours:
        return f'may not include "{name}"'
    if not quoted and system is not None and name not in system:
        return f'freestanding, may not include <{name}>'
    if name.startswith('openssl/') and not path.startswith(CRYPTO_OK):
        return 'libcrypto only in prim, crypto and hostkit'
    return None


def layer_errors():
    excused = exceptions()
    for path in files('src/*.[ch]', 'ta/src/*.[ch]'):
        folder = next((f for f in MAY if path.startswith(f + '/')), None)
        if folder is None:
            yield f'{path}: folder has no row in check_layers.py'
            continue
        for n, quoted, name in includes(path):
            wrong = judge(path, quoted, name, *MAY[folder])
            if wrong and name not in excused.get(path, ()):
                yield f'{path}:{n}: {wrong}'


def spdx_errors():
    for path in files('*.[ch]', '*.py', '*.sh', '*meson.build', 'Makefile'):
        with open(os.path.join(TOP, path)) as f:
            if 'SPDX-License-Identifier: Apache-2.0' not in f.read(400):
                yield f'{path}: no SPDX line'


def untested_reasons():
    """tests/<folder>/untested.txt: `file reason ...` lines."""
    reasons = {}
    for path in files('tests/*untested.txt'):
        with open(os.path.join(TOP, path)) as f:
            for line in f:
                if line.strip() and not line.startswith('#'):
                    reasons[line.split()[0]] = line.split()[1:]
    return reasons


def untested_errors():
    reasons = untested_reasons()
    tests = files('tests/*.c')
    for path in files('src/*.c', 'ta/*.c'):
        name = 'test_' + os.path.basename(path)
        folder = path.split('/')[1] if path.startswith('src/') else 'ta'
        found = any(t.startswith(f'tests/{folder}/') and t.endswith('/' + name) for t in tests)
        if not found and path not in reasons:
            yield f'{path}: neither tests/{folder}/{name} nor a reason in tests/{folder}/untested.txt'
    for path, words in reasons.items():
        if not os.path.exists(os.path.join(TOP, path)):
            yield f'untested.txt: {path} is gone'
        if len(words) < 2:
            yield f'untested.txt: {path} has no reason'


def path_errors():
    """No absolute path of a developer's machine."""
    for path in files('*.[ch]', '*.py', '*.sh', '*.md', '*meson.build', 'Makefile'):
        with open(os.path.join(TOP, path)) as f:
            for n, line in enumerate(f, 1):
                if re.search(r'(^|[^\w.}/*-])/((root|wt)/[a-z.]|work/(main|shared))', line) and 'check_layers' not in path:
                    yield f'{path}:{n}: path of a machine'


def main():
    checks = [('layers', layer_errors), ('spdx', spdx_errors), ('untested', untested_errors),
        ('paths', path_errors)]
    print(f'1..{len(checks)}')
    bad = False
    for i, (name, fn) in enumerate(checks, 1):
        errors = list(fn())
        bad = bad or bool(errors)
        for e in errors:
            print(f'# {e}')
        print(f'{"not ok" if errors else "ok"} {i} - {name}')
    return 1 if bad else 0


sys.exit(main())
