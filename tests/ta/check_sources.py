# SPDX-License-Identifier: Apache-2.0
"""The two builds of the TA compile the same files: ta/sub.mk (OP-TEE) against
ta/meson.build and the folders it links (host). Speaks TAP."""
import os
import re
import sys

TOP = sys.argv[1]
# The TA uses only the numbers of rc.h; the texts stay in the normal world.
HEADER_ONLY = {'wire/rc.c'}


def read(path):
    with open(os.path.join(TOP, path)) as f:
        return f.read()


def main():
    mk = read('ta/sub.mk')
    own = set(re.findall(r'\bsrc/\w+\.c\b', mk))
    ext = set(re.findall(r'\b(?:wire|tpm2|der|tlog)/\w+\.c\b', mk))
    built = set(re.findall(r"'(src/\w+\.c)'", read('ta/meson.build')))
    on_disk = {'src/' + f for f in os.listdir(os.path.join(TOP, 'ta/src')) if f.endswith('.c')}
    wrong = [f'# {f}: in one of sub.mk, meson.build, ta/src, not in all'
        for f in sorted((own | built | on_disk) - (own & built & on_disk))]
    gone = [f'# {f}: in sub.mk, but not there' for f in sorted(ext)
        if not os.path.exists(os.path.join(TOP, 'src', f))]
    # Every header of a shared folder that the TA's sources reach by name has
    # its source listed, transitively.
    missing, todo, seen = [], [f'ta/{f}' for f in own], set()
    while todo:
        path = todo.pop()
        if path in seen or not os.path.exists(os.path.join(TOP, path)):
            continue
        seen.add(path)
        for h in re.findall(r'#include "((?:wire|tpm2|der|tlog)/\w+)\.h"', read(path)):
            todo.append(f'src/{h}.h')
            source = f'{h}.c'
            if os.path.exists(os.path.join(TOP, 'src', source)):
                if source not in ext | HEADER_ONLY:
                    missing.append(f'# {source}: used by {path}, not in sub.mk')
                if source in ext:
                    todo.append(f'src/{source}')
    print('1..3')
    for n, (name, errors) in enumerate([('same sources', wrong), ('sources exist', gone),
            ('headers have their sources', sorted(set(missing)))], 1):
        print('\n'.join(errors + [f'{"not ok" if errors else "ok"} {n} - {name}']))
    return 1 if wrong or gone or missing else 0


sys.exit(main())
