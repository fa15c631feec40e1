# SPDX-License-Identifier: Apache-2.0
"""ta/ek_roots.py: the keys in its table are those that openssl reads from the
same certificates, the TEST root is marked, wrong files are refused. Speaks TAP."""
import base64
import os
import re
import subprocess
import sys
import tempfile

TOP = sys.argv[1]
TEST = os.path.join(TOP, 'tests/vectors/ek/everybody-has-these-keys/TEST-root.pem')


def openssl(*args):
    return subprocess.run(['openssl', *args], check=True, capture_output=True).stdout


def make(path, name, *key):
    openssl('req', '-x509', '-newkey', *key, '-nodes', '-keyout', path + '.key', '-out', path,
        '-subj', name, '-days', '9')
    return path


def spki(path):
    pem = openssl('x509', '-in', path, '-noout', '-pubkey').decode()
    return base64.b64decode(''.join(pem.split('\n')[1:-2]))


def run(out, *args):
    return subprocess.run([sys.executable, os.path.join(TOP, 'ta/ek_roots.py'), '--test', TEST, '--out', out, *args],
        capture_output=True, text=True)


def table(out, *args):
    """[(key, label, test)] as the C file says."""
    p = run(out, *args)
    assert p.returncode == 0, p.stderr
    with open(out) as f:
        text = f.read()
    keys = [bytes(int(h, 16) for h in re.findall(r'0x(\w\w)', body))
        for body in re.findall(r'key_\d+\[\] = \{(.*?)\};', text, re.S)]
    rows = re.findall(r'\{ "([^"]*)", (true|false) \}', text)
    assert f'count = {len(keys)};' in text and len(keys) == len(rows)
    assert [int(n) for n in re.findall(r'\{ key_(\d+), sizeof\(key_\1\) \}', text)] == list(range(len(keys)))
    return [(k, label, test == 'true') for k, (label, test) in zip(keys, rows)]


def cases(d):
    ec = make(d + '/ec.pem', '/O=Maker "1"/CN=EC "root"\\\\', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384')
    rsa = make(d + '/rsa.pem', '/O=nameless', 'rsa:4096')
    both = d + '/both.pem'
    with open(both, 'w') as f:
        f.write('text before\n' + open(rsa).read() + open(TEST).read())
    out = d + '/t.c'
    test_spki = spki(TEST)
    none = table(out)
    yield 'none: the TEST root', len(none) == 1 and none[0][0] == test_spki and none[0][2]
    mine = table(out, ec)
    yield 'one: not the TEST root too', [(k, t) for k, _, t in mine] == [(spki(ec), False)]
    yield 'its name cannot leave the string', '\\' not in mine[0][1] and mine[0][1].startswith('EC _root_')
    yield 'several in a file, the TEST root is marked', [(k, t) for k, _, t in table(out, ec, both)] == \
        [(spki(ec), False), (spki(rsa), False), (test_spki, True)]
    yield 'without a name', table(out, rsa)[0][1] == 'without a name'
    old = os.stat(out).st_mtime_ns
    run(out, '--keep', rsa)
    yield 'kept', os.stat(out).st_mtime_ns == old
    run(out, '--keep', ec)
    yield 'not kept when it changes', os.stat(out).st_mtime_ns != old
    with open(d + '/cut.pem', 'w') as f:
        f.write('-----BEGIN CERTIFICATE-----\n' + base64.b64encode(
            base64.b64decode(''.join(open(ec).read().split('\n')[1:-2]))[:-9]).decode() +
            '\n-----END CERTIFICATE-----\n')
    for what, path in ('a key', ec + '.key'), ('cut off', d + '/cut.pem'), ('no file', d + '/none'):
        p = run(out, path)
        yield f'refused: {what}', p.returncode == 1 and p.stderr.startswith('ek_roots.py: ')


def main():
    bad = n = 0
    with tempfile.TemporaryDirectory() as d:
        for n, (name, ok) in enumerate(cases(d), 1):
            print(f'{"ok" if ok else "not ok"} {n} - {name}')
            bad += not ok
    print(f'1..{n}')
    return bad > 0


sys.exit(main())
