#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A box with a [pkcs11 test] on SoftHSM2: its keys from generate to destroy,
over a restart, with the token pulled, and with a PIN that is wrong. TAP."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hostile_box import ROOT, Box, Tap  # noqa: E402

MODULE = '/usr/lib/softhsm/libsofthsm2.so'
UTIL = '/usr/bin/softhsm2-util'
UID = 61184 + 13  # crypto-pkcs11-1
PIN = '4321'
CONF = """[pkcs11 test]
module = {module}
token = bartizan
pin_file = {hsm}/pin
paths = {hsm}
conf = {hsm}/conf
"""


def own(path):
    if ROOT:
        os.chown(path, UID, UID)


def write(path, text):
    with open(path + '.new', 'w') as f:
        f.write(text)
    os.chmod(path + '.new', 0o600)
    own(path + '.new')
    os.rename(path + '.new', path)


def make_token(hsm):
    os.mkdir(hsm, 0o700)
    os.mkdir(hsm + '/tokens', 0o700)
    write(hsm + '/conf', f'directories.tokendir = {hsm}/tokens\nlog.level = ERROR\n')
    write(hsm + '/pin', PIN + '\n')
    subprocess.run([UTIL, '--init-token', '--free', '--label', 'bartizan', '--so-pin', '12345678',
                    '--pin', PIN], check=True, timeout=30, stdout=subprocess.DEVNULL,
                   env={'SOFTHSM2_CONF': hsm + '/conf'})
    for folder, dirs, names in os.walk(hsm):
        for name in dirs + names:
            own(os.path.join(folder, name))
    own(hsm)


def items(p):
    return json.loads(p.stdout)['items'] if p.returncode == 0 else []


def backend(box):
    rows = items(box.cli('backend', 'list'))
    return next((r for r in rows if r['backend'] == 'pkcs11:test'), {})


def until(what, seconds=15):
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.2)
    return what()


def sign(box, home, key='code'):
    p = box.cli('key', 'sign', key, home + '/file', '--out', home + '/sig', check=False)
    if p.returncode != 0:
        return p
    return box.cli('key', 'verify', key, home + '/file', home + '/sig', check=False)


def keys(tap, box, home):
    b = backend(box)
    tap.ok(b.get('state') == 'ready' and b.get('protection') == 'hsm', 'backend list', str(b))
    tap.ok('ecdsa-sha256' in b.get('signatures', '') and 'aes-gcm' in b.get('operations', '') and
           'ecdsa-det-sha256' not in b.get('signatures', ''), 'backend list: what the token has', str(b))
    p = box.cli('key', 'generate', 'code', '--backend', 'pkcs11:test', check=False)
    tap.ok(p.returncode == 0 and '"hsm"' in p.stdout, 'generate', p.stdout + p.stderr)
    for alg in ('ec-p384', 'ed25519', 'rsa-2048'):
        p = box.cli('key', 'generate', alg, '--alg', alg, '--backend', 'pkcs11:test', check=False)
        tap.ok(p.returncode == 0 and sign(box, home, alg).returncode == 0, f'generate, sign: {alg}',
               p.stdout + p.stderr)
    box.cli('key', 'generate', 'soft', '--backend', 'soft')
    p = sign(box, home)
    tap.ok(p.returncode == 0, 'sign and verify', p.stdout + p.stderr)
    names = {k['label']: k['protection'] for k in items(box.cli('key', 'list'))}
    tap.ok(names.get('code') == 'hsm' and names.get('soft') == 'soft', 'list', str(names))
    p = box.cli('key', 'random', '16', '--backend', 'pkcs11:test', check=False)
    tap.ok(p.returncode == 0, 'random', p.stderr)


def versions(tap, box, home):
    """A version is an object of its own; what an older one made stays good."""
    box.cli('key', 'generate', 'store', '--alg', 'aes-256', '--usage', 'encrypt,decrypt', '--backend', 'pkcs11:test')
    box.cli('key', 'encrypt', 'store', home + '/file', '--out', home + '/sealed')
    box.cli('key', 'sign', 'ec-p384', home + '/file', '--out', home + '/old')
    for key in ('store', 'ec-p384'):
        p = box.cli('key', 'rotate', key, check=False)
        tap.ok(p.returncode == 0, f'rotate: {key}', p.stdout + p.stderr)
    p = box.cli('key', 'verify', 'ec-p384', home + '/file', home + '/old', check=False)
    tap.ok(p.returncode == 0 and sign(box, home, 'ec-p384').returncode == 0, 'both versions sign and verify', p.stderr)


def decrypted(tap, box, home):
    p = box.cli('key', 'decrypt', 'store', home + '/sealed', '--out', home + '/opened', check=False)
    tap.ok(p.returncode == 0 and open(home + '/opened').read() == 'to be signed',
           'what the first version encrypted is decrypted', p.stdout + p.stderr)


def in_but_not_out(tap, box, home):
    with open(home + '/raw', 'wb') as f:
        f.write(bytes(range(32)))
    show = items(box.cli('backend', 'show', 'pkcs11:test'))[0]
    tap.ok(show['transfer'] == 'import' and 'rsa-2048' in show['apart'], 'backend show: import, not export; RSA apart',
           str(show))
    for name, backend in (('in', 'pkcs11:test'), ('in-soft', 'soft')):
        p = box.cli('key', 'import', name, home + '/raw', '--alg', 'ec-p256', '--backend', backend, check=False)
        tap.ok(p.returncode == 0, f'import: {backend}', p.stdout + p.stderr)
    p = box.cli('key', 'sign', 'in', home + '/file', '--out', home + '/sig-in', check=False)
    tap.ok(p.returncode == 0 and box.cli('key', 'verify', 'in-soft', home + '/file', home + '/sig-in',
                                         check=False).returncode == 0,
           'the imported key is that key', p.stdout + p.stderr)
    p = box.cli('key', 'generate', 'out', '--exportable', '--backend', 'pkcs11:test', check=False)
    tap.ok(p.returncode != 0 and 'E_KEY_STAYS' in p.stdout + p.stderr, 'no key that may be exported',
           p.stdout + p.stderr)
    p = box.cli('key', 'export-private', 'in', '--out', home + '/out', '--yes', check=False)
    tap.ok(p.returncode != 0 and 'E_KEY_STAYS' in p.stdout + p.stderr, 'none is exported', p.stdout + p.stderr)


def removed(tap, box, hsm):
    """Somebody removes one object: that key says so, the token goes on."""
    def objects():
        return {os.path.join(d, n) for d, _, names in os.walk(hsm) for n in names if n.endswith('.object')}
    before = objects()
    box.cli('key', 'generate', 'doomed', '--backend', 'pkcs11:test')
    new = objects() - before
    tap.ok(len(new) == 1, 'one object more', str(new))
    os.unlink(new.pop())
    with open(box.home + '/file2', 'w') as f:
        f.write('x')
    box.cli('down')
    box.cli('up')
    p = box.cli('key', 'sign', 'doomed', box.home + '/file2', check=False)
    tap.ok(p.returncode == 70 and 'E_KEY_GONE' in p.stdout + p.stderr, 'a key whose object is gone', p.stdout + p.stderr)
    p = box.cli('key', 'sign', 'code', box.home + '/file2', '--out', box.home + '/sig', check=False)
    tap.ok(p.returncode == 0 and backend(box).get('state') == 'ready', 'and the token goes on', p.stdout + p.stderr)
    p = box.cli('key', 'destroy', 'doomed', '--yes', check=False)
    tap.ok(p.returncode == 0, 'it can be destroyed', p.stdout + p.stderr)


def beside(tap, box, home):
    """Signatures while an RSA key is made."""
    p = subprocess.Popen([box.cli_path, '--home', box.home, 'key', 'generate', 'long', '--alg', 'rsa-4096', '--backend',
                          'pkcs11:test'],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    worst = n = 0
    while p.poll() is None:
        begun = time.monotonic()
        if sign(box, home).returncode != 0:
            break
        worst = max(worst, time.monotonic() - begun)
        n += 1
    out = p.communicate(timeout=60)[0]
    tap.ok(p.returncode == 0, f'rsa-4096 beside {n} signatures, the longest of {worst:.2f} s', out)


def restarted(tap, box, home):
    box.cli('down')
    box.cli('up')
    p = sign(box, home)
    tap.ok(p.returncode == 0, 'sign after a restart', p.stdout + p.stderr)


def wakes(box, seconds):
    """Voluntary context switches of the token's program in that time."""
    def count():
        with open(f"/proc/{pid}/status") as f:
            return int(re.search(r'^voluntary_ctxt_switches:\s+(\d+)', f.read(), re.M).group(1))
    pid = box.processes()['crypto-pkcs11-1']['pid']
    time.sleep(1.5)  # the summary of what was used before
    before = count()
    time.sleep(seconds)
    return count() - before


def pulled(tap, box, home, hsm):
    tap.ok((n := wakes(box, 3)) == 0, 'nobody asks: the program sleeps', str(n))
    os.rename(hsm + '/tokens', hsm + '/away')
    os.mkdir(hsm + '/tokens', 0o700)
    own(hsm + '/tokens')
    p = sign(box, home)
    tap.ok(p.returncode != 0, 'no signature without the token', p.stdout + p.stderr)
    tap.ok(until(lambda: backend(box).get('state') == 'away'), 'backend list: away', str(backend(box)))
    p = box.cli('status', check=False)
    tap.ok('is not there' in p.stdout, 'status says why', p.stdout + p.stderr)
    p = sign(box, home, 'soft')
    tap.ok(p.returncode == 0, 'soft goes on', p.stdout + p.stderr)
    p = box.cli('key', 'generate', 'more', '--backend', 'pkcs11:test', check=False)
    tap.ok(p.returncode != 0, 'no key without the token', p.stdout)
    os.rmdir(hsm + '/tokens')
    os.rename(hsm + '/away', hsm + '/tokens')
    tap.ok(until(lambda: backend(box).get('state') == 'ready'), 'it is back', str(backend(box)))
    p = sign(box, home)
    tap.ok(p.returncode == 0, 'and signs with the same key', p.stdout + p.stderr)


def wrong_pin(tap, box, hsm):
    box.cli('down')
    write(hsm + '/pin', '0000\n')
    box.cli('up')
    p = box.cli('status', check=False)
    tap.ok('PIN' in p.stdout, 'a wrong PIN: status says so', p.stdout)
    tap.ok((n := wakes(box, 3)) == 0, 'away, and nobody asks: the program sleeps', str(n))
    box.cli('status', check=False)  # looks again
    n = box.logs().get('crypto-pkcs11-1.log', '').count('wrong PIN')
    tap.ok(n == 1, 'and it is tried once', str(n))
    box.cli('down')
    write(hsm + '/pin', PIN + '\n')
    box.cli('up')


def destroyed(tap, box, hsm):
    def objects():
        return sum(n.endswith('.object') for _, _, names in os.walk(hsm) for n in names)
    before = objects()
    p = box.cli('key', 'destroy', 'code', '--yes', check=False)
    tap.ok(p.returncode == 0 and objects() == before - 1, 'destroy: the object is gone',
           f'{before} {objects()} {p.stderr}')
    p = box.cli('key', 'destroy', 'store', '--yes', check=False)
    tap.ok(p.returncode == 0 and objects() == before - 3, 'destroy: those of all versions', f'{before} {objects()} {p.stderr}')


def refused(tap, home):
    p = subprocess.run([os.path.join(os.environ['BARTIZAN_LIBEXEC'], 'src/cli/bartizan'), '--home', home, 'up', '-n'],
                       capture_output=True, text=True, timeout=60)
    tap.ok(p.returncode != 0 and 'there is no such one' in p.stdout + p.stderr,
           'an application with a backend that is not configured', p.stdout + p.stderr)


def main():
    tap = Tap()
    if not os.path.exists(MODULE) or not os.path.exists(UTIL):
        tap.skip('a box with a token', 'no SoftHSM2')
        return tap.end()
    top = tempfile.mkdtemp(prefix='btz-p11-')
    os.chmod(top, 0o755)
    hsm, home = top + '/hsm', top + '/box'
    try:
        make_token(hsm)
        os.mkdir(home, 0o755)
        with open(home + '/file', 'w') as f:
            f.write('to be signed')
        box = Box(CONF.format(module=MODULE, hsm=hsm), home=home, init=False)
        try:
            keys(tap, box, home)
            versions(tap, box, home)
            in_but_not_out(tap, box, home)
            beside(tap, box, home)
            removed(tap, box, hsm)
            restarted(tap, box, home)
            decrypted(tap, box, home)
            pulled(tap, box, home, hsm)
            wrong_pin(tap, box, hsm)
            destroyed(tap, box, hsm)
        finally:
            for name, log in box.logs().items():
                if 'pkcs11' in name:
                    tap.note(log[-1500:].strip().replace('\n', '\n# '))
            box.down()
        with open(home + '/etc/bartizan.conf', 'a') as f:
            f.write('[app three]\nuid = 61003\nbackend = pkcs11:other\n')
        tap.ok(not box.reports(), 'no report of a sanitizer or the kernel', box.reports())
        refused(tap, home)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    return tap.end()


sys.exit(main())
