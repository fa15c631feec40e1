#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Dead references in documents: every `path` of this tree exists, and every
`path:function` is defined in that file (by ctags). Prints TAP."""
import os
import re
import subprocess
import sys

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '..'))
ROOTS = ('src/', 'ta/', 'tests/', 'docs/', 'tools/', 'fuzz/', 'bench/', 'man/', 'packaging/')


def documents():
    out = subprocess.run(['git', '-C', TOP, 'ls-files', '-co', '--exclude-standard', '*.md'],
        capture_output=True, text=True, check=True).stdout.split()
    return [d for d in out if os.path.exists(os.path.join(TOP, d))]


def functions(path, cache={}):
    if path not in cache:
        out = subprocess.run(['ctags', '-x', '--c-kinds=fpd', os.path.join(TOP, path)],
            capture_output=True, text=True, check=True).stdout
        cache[path] = {line.split()[0] for line in out.splitlines() if line}
    return cache[path]


def candidates(doc, path):
    """A path is from the top, or from the document's own folder."""
    yield path
    yield os.path.normpath(os.path.join(os.path.dirname(doc), path))


def wrong(doc, ref):
    path, _, name = ref.partition(':')
    path = path.rstrip('/')
    if not path.startswith(ROOTS) and not re.match(r'^(decisions|protocol)/|^[a-z-]+\.md$', path):
        return None
    if any(c in path for c in '*<>{}'):
        return None
    found = next((c for c in candidates(doc, path) if os.path.exists(os.path.join(TOP, c))), None)
    if found is None:
        return f'{doc}: `{ref}`: no such file'
    if name and not name.isdigit() and name not in functions(found):
        return f'{doc}: `{ref}`: no such function'
    return None


def main():
    refs, errors = 0, []
    for doc in documents():
        with open(os.path.join(TOP, doc)) as f:
            text = re.sub(r'```.*?```', '', f.read(), flags=re.S)
        for ref in re.findall(r'`([A-Za-z0-9_./*<>{}-]+(?::[A-Za-z0-9_]+)?)`', text):
            refs += 1
            error = wrong(doc, ref)
            if error:
                errors.append(error)
    print('1..1')
    for e in errors:
        print(f'# {e}')
    print(f'{"not ok" if errors or refs < 50 else "ok"} 1 - {refs} references in documents')
    return 1 if errors else 0


sys.exit(main())
