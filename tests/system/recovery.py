#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A key of one box's trusted application on another one: backup, shares,
transport key, approvals. The first box is gone by then."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ceremony import Hall  # noqa: E402
from hostile_box import LIBEXEC, Tap  # noqa: E402

ADMINS = ('alice', 'bob', 'carol')


class Site(Hall):
    """A box and what its administrators keep, in a directory of their own."""

    def __init__(self, safe):
        super().__init__(init=False)
        self.safe = safe

    def kept(self, name):
        return os.path.join(self.safe, name)

    def found(self, recovery='rec.pub'):
        for who in ADMINS:
            self.keygen(who)
        words = [w for who in ADMINS for w in ('--admin', self.at(who + '.key.pub'))]
        self.cli('init', *words, '--threshold', '2', '--recovery', self.kept(recovery))
        shutil.copy(self.at('audit/checkpoint.pub'), self.kept('checkpoint.pem'))

    def public(self, key):
        return self.cli('key', 'export', key).stdout

    def status_of(self, *args):
        p = self.cli(*args, check=False)
        return p.returncode, p.stdout + p.stderr


def alone(safe, *args):
    """Away from any box."""
    p = subprocess.run([os.path.join(LIBEXEC, 'src', 'cli', 'bartizan'), '--home', safe, *args],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    return p.returncode, p.stdout


def key_shared(tap, safe):
    at = lambda name: os.path.join(safe, name)  # noqa: E731
    got = alone(safe, 'recovery', 'keygen', at('rec'), '--no-passphrase')
    tap.ok(got[0] == 0, 'recovery keygen', got[1])
    got = alone(safe, 'recovery', 'split', at('rec'), '--threshold', '2', '--shares', '3', '--out', at('share'))
    tap.ok(got[0] == 0, 'recovery split', got[1])
    os.unlink(at('rec'))


def first_box(tap, safe):
    """What the key signed, and its public key."""
    with Site(safe) as box:
        box.found()
        status, text = box.status_of('key', 'generate', 'signing', '--backend', 'tee', '--backupable', '--usage', 'sign,verify')
        tap.ok(status == 0, 'a backupable key of the trusted application', text)
        box.cli('key', 'generate', 'stays', '--backend', 'tee')
        status, text = box.status_of('key', 'backup', 'stays', '--out', box.kept('b'))
        tap.ok(status == 1 and 'E_KEY_USAGE' in text, 'one that is not stays', text)
        with open(box.at('in'), 'w') as f:
            f.write('to be signed\n')
        shutil.copy(box.at('in'), box.kept('in'))
        box.cli('key', 'sign', 'signing', box.at('in'), '--out', box.kept('sig1'))
        box.cli('key', 'rotate', 'signing')
        box.cli('key', 'sign', 'signing', box.at('in'), '--out', box.kept('sig2'))
        status, text = box.status_of('key', 'backup', 'signing', '--out', box.kept('b'))
        tap.ok(status == 0, 'backup', text)
        box.cli('key', 'generate', 'soft', '--backupable')
        status, text = box.status_of('key', 'backup', 'soft', '--out', box.kept('s'))
        tap.ok(status == 1 and 'E_RECOVERY_KEY' in text, 'soft has no recovery key here', text)
        tap.ok(not box.reports(), 'no report of a sanitizer', box.reports())
        return box.public('signing')


def opened(tap, box, safe):
    """The file for this box; and what is refused on the way."""
    at = lambda name: os.path.join(safe, name)  # noqa: E731
    tap.ok(box.code('key', 'transport', '--out', at('note')) == '', 'key transport')
    words = ('recovery', 'open', at('b'), '--key', at('rec2'), '--out', at('i'))
    got = alone(safe, 'recovery', 'join', at('share-1'), at('share-3'), '--out', at('rec2'), '--no-passphrase')
    tap.ok(got[0] == 0, 'recovery join', got[1])
    got = alone(safe, *words, '--for', at('note'))
    tap.ok(got[0] == 2 and '--checkpoint-key' in got[1], 'not for a note that nobody vouches for', got[1])
    got = alone(safe, *words, '--for', at('note'), '--checkpoint-key', box.at('alice.key.pub'))
    tap.ok(got[0] == 1 and 'not by this checkpoint key' in got[1], 'nor for one of somebody else', got[1])
    with open(at('note')) as f:
        note = f.read()
    with open(at('forged'), 'w') as f:
        f.write(note.replace('\nweak ', '\nweak x'))
    got = alone(safe, *words, '--for', at('forged'), '--checkpoint-key', at('checkpoint.pem'))
    tap.ok(got[0] == 1, 'nor for a note that was altered', got[1])
    box.cli('key', 'generate', 'rsa', '--alg', 'rsa-2048', '--usage', 'decrypt')
    box.cli('key', 'export', 'rsa', '--out', at('rsa.pem'))
    got = alone(safe, *words, '--for', at('rsa.pem'))
    tap.ok(got[0] == 1 and 'trusted application' in got[1], 'nor for backend soft', got[1])
    got = alone(safe, *words, '--for', at('rsa.pem'), '--checkpoint-key', at('checkpoint.pem'))
    tap.ok(got[0] == 65 and 'key transport' in got[1], "nor for somebody's key in the place of the note", got[1])
    got = alone(safe, *words, '--for', at('note'), '--checkpoint-key', at('checkpoint.pem'))
    tap.ok(got[0] == 0 and 'tee-emulated' in got[1] and 'SHA-256' in got[1], 'for the box, with its weaknesses', got[1])


def second_box(tap, safe, public):
    with Site(safe) as box:
        box.found()
        opened(tap, box, safe)
        got = box.code('key', 'restore', box.kept('i'), '--wrapped-by', 'rsa')
        tap.ok(got == 'E_SIGNATURE', 'not as a file for backend soft', got)
        got = box.start('r', 'restore', box.kept('i'))
        tap.ok(got == '', 'ceremony start restore', got)
        meaning = json.loads(box.cli('ceremony', 'show', box.at('r')).stdout)['items'][0]['meaning']
        tap.ok('label signing' in meaning and '2 versions' in meaning, 'show says which key', meaning)
        alice, bob = (box.approve('r', who) for who in ('alice', 'bob'))
        words = ('key', 'restore', box.kept('i'))
        more = ('--ceremony', box.at('r'))
        got = box.code('ceremony', 'finish', box.at('r'), alice, bob)
        tap.ok(got == 'E_USAGE', 'ceremony finish names key restore', got)
        got = box.code(*words, *more)
        tap.ok(got == 'E_APPROVAL', 'nobody: refused', got)
        got = box.code(*words, alice, *more)
        tap.ok(got == 'E_APPROVAL', '1 of 2: refused', got)
        tap.ok(box.code('key', 'show', 'signing') == 'E_NOENT', 'it is not there')
        status, text = box.status_of(*words, alice, bob, *more)
        tap.ok(status == 0 and '"tee' in text, '2 of 2: restored', text)
        tap.ok(box.public('signing') == public, 'the same public key')
        for sig in ('sig1', 'sig2'):
            status, text = box.status_of('key', 'verify', 'signing', box.kept('in'), box.kept(sig))
            tap.ok(status == 0, f'{sig} of the first box is good', text)
        box.cli('key', 'sign', 'signing', box.kept('in'), '--out', box.kept('sig3'))
        status, text = box.status_of('key', 'verify', 'signing', box.kept('in'), box.kept('sig3'))
        tap.ok(status == 0, 'and it signs', text)
        got = box.code(*words, alice, bob, *more)
        tap.ok(got == 'E_TRANSPORT', 'the same file again: refused', got)
        tail = box.cli('audit', 'tail', '--lines', '60').stdout
        tap.ok('key.restore' in tail and 'key.transport' in tail, 'both are in the audit log')
        tap.ok(not box.reports(), 'no report of a sanitizer', box.reports())


def main():
    tap = Tap()
    safe = tempfile.mkdtemp(prefix='btz-safe-')
    try:
        key_shared(tap, safe)
        public = first_box(tap, safe)
        second_box(tap, safe, public)
    finally:
        shutil.rmtree(safe)
    tap.end()


if __name__ == '__main__':
    main()
