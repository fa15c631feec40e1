#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A box with a [tpm-direct] on a swtpm of its own: keys made, used over a
restart of the box and of the TPM, and away with it. TAP."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hostile_box import ROOT, Box, Tap  # noqa: E402

SWTPM = '/usr/bin/swtpm'
UID = 61184 + 12  # crypto-tpm-direct
CONF = '[tpm-direct]\ntcti = unix:{top}/tpm\n'


class Tpm:
    def __init__(self, top):
        self.top = top
        self.process = None
        self.start()

    def start(self):
        path = self.top + '/tpm'
        own = f',uid={UID},gid={UID}' if ROOT else ''
        self.process = subprocess.Popen([SWTPM, 'socket', '--tpm2', '--tpmstate', 'dir=' + self.top, '--server',
            f'type=unixio,path={path},mode=0600{own}', '--ctrl', f'type=unixio,path={self.top}/ctrl', '--flags',
            'not-need-init,startup-clear'], stdin=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while not os.path.exists(path) and time.monotonic() < end:
            time.sleep(0.02)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        for name in ('tpm', 'ctrl'):
            if os.path.exists(os.path.join(self.top, name)):
                os.unlink(os.path.join(self.top, name))


def backend(box):
    p = box.cli('backend', 'list', check=False)
    rows = json.loads(p.stdout)['items'] if p.returncode == 0 else []
    return next((r for r in rows if r['backend'] == 'tpm-direct'), {})


def until(what, seconds=15):
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.2)
    return what()


def sign(box, home, key):
    p = box.cli('key', 'sign', key, home + '/file', '--out', home + '/sig', check=False)
    if p.returncode != 0:
        return p
    return box.cli('key', 'verify', key, home + '/file', home + '/sig', check=False)


def keys(tap, box, home):
    b = backend(box)
    tap.ok(b.get('state') == 'ready' and b.get('protection') == 'tpm' and b.get('shown_as') == 'tpm-emulated',
           'backend list', str(b))
    tap.ok(b.get('transfer') == 'import attest', 'keys come in, and are attested', str(b))
    tap.ok('ec-p256' in b.get('algorithms', '') and 'ed25519' not in b.get('algorithms', '') and
           'ecdh' in b.get('operations', ''), 'backend list: what the TPM has', str(b))
    p = box.cli('key', 'generate', 'code', '--backend', 'tpm-direct', check=False)
    tap.ok(p.returncode == 0 and '"tpm' in p.stdout, 'generate', p.stdout + p.stderr)
    p = sign(box, home, 'code')
    tap.ok(p.returncode == 0, 'sign and verify', p.stdout + p.stderr)
    p = box.cli('key', 'generate', 'ed', '--alg', 'ed25519', '--backend', 'tpm-direct', check=False)
    tap.ok(p.returncode != 0 and 'soft' in p.stdout + p.stderr, 'what it lacks: the error names who has it',
           p.stdout + p.stderr)
    p = box.cli('key', 'generate', 'out', '--exportable', '--backend', 'tpm-direct', check=False)
    tap.ok(p.returncode != 0 and 'E_KEY_STAYS' in p.stdout + p.stderr, 'keys do not leave', p.stdout + p.stderr)
    p = box.cli('key', 'random', '16', '--backend', 'tpm-direct', check=False)
    tap.ok(p.returncode == 0, 'random', p.stderr)


def restarts(tap, box, home, tpm):
    box.cli('down')
    box.cli('up')
    p = sign(box, home, 'code')
    tap.ok(p.returncode == 0, 'the box restarted: signs', p.stdout + p.stderr)
    tpm.stop()
    tpm.start()
    p = sign(box, home, 'code')
    tap.ok(p.returncode == 0, 'the TPM restarted: signs', p.stdout + p.stderr)
    tpm.stop()
    p = sign(box, home, 'code')
    tap.ok(p.returncode != 0, 'no TPM: no signature', p.stdout + p.stderr)
    tap.ok(until(lambda: backend(box).get('state') == 'away'), 'backend list: away', str(backend(box)))
    tpm.start()
    tap.ok(until(lambda: backend(box).get('state') == 'ready'), 'it is back', str(backend(box)))
    p = sign(box, home, 'code')
    tap.ok(p.returncode == 0, 'and signs with the same key', p.stdout + p.stderr)


def main():
    tap = Tap()
    if not os.path.exists(SWTPM):
        tap.skip('a box with a TPM', 'no swtpm')
        return tap.end()
    top = tempfile.mkdtemp(prefix='btz-tpm-')
    os.chmod(top, 0o755)
    home = top + '/box'
    tpm = Tpm(top)
    try:
        os.mkdir(home, 0o755)
        with open(home + '/file', 'w') as f:
            f.write('to be signed')
        box = Box(CONF.format(top=top), home=home, init=False)
        try:
            keys(tap, box, home)
            restarts(tap, box, home, tpm)
        finally:
            for name, log in box.logs().items():
                if 'tpm-direct' in name:
                    tap.note(log[-1500:].strip().replace('\n', '\n# '))
            box.down()
        tap.ok(not box.reports(), 'no report of a sanitizer or the kernel', box.reports())
    finally:
        tpm.stop()
        shutil.rmtree(top, ignore_errors=True)
    return tap.end()


if __name__ == '__main__':
    sys.exit(main())
