#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""2 of 3 administrators and a box: what they approve is done, what they do not
approve is refused, by the trusted application. One function per chapter."""
import base64
import hashlib
import json
import os
import pty
import re
import shutil
import socket
import struct
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hostile_box import APP_ONE, HTTP, OPEN, RC_NAME, Box, Tap, as_uid, blob, call, connect, open_body, text  # noqa: E402
from hostile_limits import change, make_csr  # noqa: E402

PASSPHRASE = 'open sesame'
LOCAL = 'local (no protection against Linux root)'
APPROVAL_NONCE, CA_RENEW = 0x011b, 0x0307
CEREMONY = 1 << 16


class Hall(Box):
    """A box whose administrators are yet to be made: files in its home."""

    def at(self, name):
        return os.path.join(self.home, name)

    def code(self, *args):
        """'' when it went well, else the error's code."""
        p = self.cli(*args, check=False)
        return '' if p.returncode == 0 else json.loads(p.stderr)['error']['code']

    def error(self, *args):
        return self.cli(*args, check=False).stderr

    def with_passphrase(self, text, *args):
        rd, wr = os.pipe()
        os.write(wr, text.encode() + b'\n')
        os.close(wr)
        try:
            return subprocess.run([self.cli_path, '--json', *args, '--passphrase-fd', str(rd)],
                pass_fds=[rd], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True, timeout=60)
        finally:
            os.close(rd)

    def keygen(self, who):
        return self.with_passphrase(PASSPHRASE, 'admin', 'keygen', '--out', self.at(who + '.key'))

    def approve(self, name, who, out=None, passphrase=PASSPHRASE, yes=('--yes',)):
        """The approval's path; it is made without the box."""
        path = self.at(f'{name}.{who}.ok') if out is None else out
        p = self.with_passphrase(passphrase, 'ceremony', 'approve', self.at(name), *yes,
            '--key', self.at(who + '.key'), '--out', path)
        return path if p.returncode == 0 else None

    def on_terminal(self, who, *answers):
        """keygen that asks on the terminal: exit status and what was shown."""
        pid, fd = pty.fork()
        if pid == 0:
            os.execv(self.cli_path, [self.cli_path, 'admin', 'keygen', '--out', self.at(who + '.key')])
        shown, more = b'', True
        for n, answer in enumerate(answers):
            while more and shown.count(b'Passphrase: ') <= n:
                more = os.read(fd, 1024)
                shown += more
            while termios.tcgetattr(fd)[3] & termios.ECHO:
                time.sleep(0.01)  # libcrypto prompts first, then turns it off
            os.write(fd, answer.encode() + b'\n')
        try:
            while more:
                more = os.read(fd, 1024)
                shown += more
        except OSError:
            pass  # the other end is closed
        os.close(fd)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()

    def start(self, name, *what):
        return self.code('ceremony', 'start', *what, '--out', self.at(name))

    def finish(self, name, *approvals, more=()):
        return self.code('ceremony', 'finish', self.at(name), *approvals, *more)


def openssl(*args):
    return subprocess.run(['openssl', *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=60)


def chain(box):
    """Issuing and root certificate, each into a file of its own."""
    box.cli('ca', 'chain', '--out', box.at('chain.pem'))
    with open(box.at('chain.pem')) as f:
        certs = [c + '-----END CERTIFICATE-----\n' for c in f.read().split('-----END CERTIFICATE-----\n')[:-1]]
    for name, pem in zip(('issuing.pem', 'root.pem'), certs):
        with open(box.at(name), 'w') as f:
            f.write(pem)
    return certs


def relayed(box, method, path, token='', body=b''):
    """As Apache's module asks the CA: the body of the answer, '' unless 200."""
    with connect(box.sock('http/ca.sock')) as s:
        _, answer, _ = call(s, HTTP, text(method) + text('/.bartizan/' + path) + text(token) + text('127.0.0.1:1')
            + blob(b'') + blob(body))
    n = struct.unpack('>H', answer[2:4])[0]
    return answer[8 + n:].decode() if answer[:2] == b'\0\xc8' else ''


def enrolled(box, who):
    """A new user's certificate: the path of the PEM file."""
    for noun in (2, 8):
        got, body = change(box, noun, who)
        if got != 'OK':
            raise RuntimeError(f'add {noun} {who}: {got}')
    token = body[2:2 + struct.unpack('>H', body[:2])[0]].decode()
    with open(box.at(who + '.pem'), 'w') as f:
        f.write(relayed(box, 'POST', 'enrol', token, make_csr(box.home)))
    return box.at(who + '.pem')


def serial_of(path):
    return openssl('x509', '-in', path, '-noout', '-serial').stdout.strip().split('=')[-1]


def check_list(tap, box, path, number, form='PEM'):
    """By the root, with this number, of exactly the issuing certificate: says openssl."""
    p = openssl('crl', '-in', path, '-inform', form, '-CAfile', box.at('root.pem'), '-noout')
    tap.ok(p.returncode == 0 and 'verify OK' in p.stdout, f'openssl verifies the {form} list', p.stdout)
    p = openssl('crl', '-in', path, '-inform', form, '-noout', '-crlnumber', '-text')
    tap.ok(f'crlNumber=0x{number:02X}\n' in p.stdout, f'its number is {number}', p.stdout)
    revoked = [line.split(':')[1].strip() for line in p.stdout.splitlines() if 'Serial Number:' in line]
    tap.ok(revoked == [serial_of(box.at('issuing.pem'))],
        'it revokes the issuing certificate, nothing else', p.stdout)


def served(box):
    """Issuing certificate that ca.pem has: its path."""
    with open(box.at('served.pem'), 'w') as f:
        f.write(relayed(box, 'GET', 'ca.pem'))
    return box.at('served.pem')


def verify(tap, box, issuing, *leafs):
    for leaf in leafs:
        p = openssl('verify', '-CAfile', box.at('root.pem'), '-untrusted', issuing, leaf)
        tap.ok(p.returncode == 0, f'{os.path.basename(leaf)} by {os.path.basename(issuing)} and the root', p.stdout)


def shown(box):
    """What `ca show` says: {certificate: serial}, and root_approval."""
    out = json.loads(box.cli('ca', 'show').stdout)
    return {r['certificate']: r['serial'].upper() for r in out['items']}, out['root_approval']


def replay(box, name, *paths):
    """The approvals of a ceremony for another serial, straight to the CA."""
    item = json.loads(box.cli('ceremony', 'show', box.at(name)).stdout)['items'][0]
    approvals = b''
    for path in paths:
        with open(path) as f:
            a = {k: base64.urlsafe_b64decode(v + '==') for k, v in json.load(f).items() if k != 'format'}
        approvals += hashlib.sha256(a['key']).digest() + blob(a['signature'])
    with connect(box.sock('admin/ca.sock'), 60) as s:
        status, _, _ = call(s, CA_RENEW, text('') + b'\x41' * 16 + struct.pack('>Q', int(time.time()) + 500 * 86400)
            + bytes.fromhex(item['challenge']) + blob(approvals))
    return RC_NAME[status]


def renewal(tap, box):
    change(box, 1, 'home')
    before = enrolled(box, 'before')
    chain(box)
    old = shutil.copy(box.at('issuing.pem'), box.at('old.pem'))
    text = box.error('ca', 'renew')
    tap.ok('E_APPROVAL' in text and 'ceremony start issuing' in text, 'ca renew names the ceremony', text)
    tap.ok(box.start('renew', 'issuing', '--days', '9') == 'E_RANGE', 'not shorter than the one in force')
    got = box.start('renew', 'issuing', '--days', '400')
    tap.ok(got == '', 'ceremony start issuing', got)
    meaning = json.loads(box.cli('ceremony', 'show', box.at('renew')).stdout)['items'][0]['meaning']
    tap.ok('The root certifies' in meaning and 'valid until' in meaning, 'show says what it means', meaning)
    alice, bob, mallory = (box.approve('renew', who) for who in ('alice', 'bob', 'mallory'))
    tap.ok(box.finish('renew', alice) == 'E_APPROVAL', '1 of 2: refused')
    tap.ok(box.finish('renew', alice, mallory) == 'E_APPROVAL_KEY', 'a stranger: refused')
    tap.ok(replay(box, 'renew', alice, bob) == 'E_APPROVAL_NONCE', 'approvals are for one serial')
    tap.ok(serial_of(served(box)) == serial_of(old), 'served is what was in force')
    got = box.finish('renew', bob, alice)
    tap.ok(got == '', '2 of 2: renewed', got)
    new = served(box)
    tap.ok(serial_of(new) != serial_of(old), 'the new chain is served')
    key = [openssl('x509', '-in', path, '-noout', '-pubkey').stdout for path in (old, new)]
    tap.ok(key[0] == key[1] and 'BEGIN PUBLIC KEY' in key[0], 'of the same key')
    tap.ok(openssl('x509', '-in', new, '-noout', '-checkend', str(399 * 86400)).returncode == 0, 'for 400 days')
    after = enrolled(box, 'after')
    verify(tap, box, new, before, after)
    verify(tap, box, old, before, after)
    tap.ok(box.finish('renew', alice, bob) == 'E_EXIST', 'again: refused')
    tap.ok(replay(box, 'renew', alice, bob) == 'E_APPROVAL_NONCE', 'nor for another serial')
    rows, approval = shown(box)
    tap.ok(rows.get('issuing') == serial_of(new) and rows.get('issuing (replaced)') == serial_of(old)
        and len(rows) == 3, 'ca show has both', str(rows))
    tap.ok(approval == '2 of 3 administrators', 'and who approves', approval)


def try_ceremony(run, path, ops):
    """What OPEN and APPROVAL_NONCE answer to whoever we are."""
    with connect(os.path.join(run, path)) as s:
        status, _, fd = call(s, OPEN, open_body('tee', ops))
    if fd is None:
        return [RC_NAME[status]]
    with socket.socket(fileno=fd) as leased:
        status, _, _ = call(leased, APPROVAL_NONCE, b'\x04' + bytes(32))
    return ['OK', RC_NAME[status]]


def applications(tap, box):
    """Only administrators get a lease for ceremonies."""
    for ops in (CEREMONY, 0):
        got = as_uid(APP_ONE, try_ceremony, box.run, 'kms.sock', ops)
        tap.ok(got in (['E_DENIED'], ['OK', 'E_DENIED']), f'no ceremony for an application ({ops:#x})', str(got))
    got = try_ceremony(box.run, 'admin/broker.sock', CEREMONY)
    tap.ok(got == ['OK', 'OK'], 'an administrator has it', str(got))


def keys(tap, box):
    for who in ('alice', 'bob', 'carol', 'mallory'):
        p = box.keygen(who)
        tap.ok(p.returncode == 0, f'keygen {who}', p.stderr)
    tap.ok(os.stat(box.at('alice.key')).st_mode & 0o777 == 0o600, 'the private key is 0600')
    tap.ok(box.keygen('alice').returncode != 0, 'keygen never writes over a key')
    good = openssl('pkey', '-in', box.at('alice.key'), '-passin', 'pass:' + PASSPHRASE, '-pubout')
    with open(box.at('alice.key.pub')) as f:
        tap.ok(good.returncode == 0 and good.stdout == f.read(),
            'openssl reads the pair', good.stdout)
    tap.ok(openssl('pkey', '-in', box.at('alice.key'), '-passin', 'pass:wrong').returncode != 0,
        'not without its passphrase')


def terminal(tap, box):
    status, shown = box.on_terminal('tty', PASSPHRASE, 'another')
    tap.ok(status != 0 and not os.path.exists(box.at('tty.key')), 'not twice the same: no key', shown)
    status, shown = box.on_terminal('tty', PASSPHRASE, PASSPHRASE)
    tap.ok(status == 0, 'keygen asks on the terminal', shown)
    tap.ok(PASSPHRASE not in shown, 'and does not show what is typed', shown)
    p = openssl('pkey', '-in', box.at('tty.key'), '-passin', 'pass:' + PASSPHRASE, '-noout')
    tap.ok(p.returncode == 0, 'openssl opens that key', p.stdout)


def init_words(box):
    admins = [w for who in ('alice', 'bob', 'carol') for w in ('--admin', box.at(who + '.key.pub'))]
    return ['init', *admins, '--threshold', '2']


def cut(tap, box):
    """init is killed at growing times, and run again each time: no step is lost."""
    path, empty, seen = box.at('emergency-root.crl'), 0, []
    for n in range(1, 40):
        p = subprocess.Popen([box.cli_path, '--home', box.home, *init_words(box)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            p.wait(timeout=n * 0.06)
        except subprocess.TimeoutExpired:
            p.kill()
        seen.append(p.stderr.read().count('/8 '))
        p.stderr.close()
        p.wait()
        empty += os.path.exists(path) and os.path.getsize(path) == 0
        if p.returncode == 0:
            break
    tap.note(f'the emergency file was empty after {empty} of them')
    tap.ok(len(set(seen)) > 1 and p.returncode == 0,
        f'init, cut off after {seen} steps, goes on', f'{p.returncode}')


def crl_fields(path):
    """(issuer's verdict, number, serials) by openssl."""
    root = os.path.join(os.path.dirname(path), 'root.pem')
    p = openssl('crl', '-in', path, '-noout', '-verify', '-CAfile', root)
    text = openssl('crl', '-in', path, '-noout', '-text').stdout
    number = re.search(r'X509v3 CRL Number:\s*(\w+)', text).group(1)
    return ('verify OK' in p.stdout, int(number, 0),
        re.findall(r'Serial Number: (\w+)', text))


def lists(tap, box):
    """What init wrote, and what it does when it is run again."""
    path, first = box.at('emergency-root.crl'), box.at('first.crl')
    chain(box)
    serial = serial_of(box.at('issuing.pem'))
    ok, number, serials = crl_fields(path)
    tap.ok(ok, 'openssl: the emergency list is by the root')
    tap.ok(number == 2**63 - 1 and serials == [serial], 'it revokes the issuing certificate',
        f'{number} {serials} {serial}')
    tap.ok(os.stat(path).st_mode & 0o777 == 0o600, 'and is for its owner alone')
    box.cli('ca', 'root-crl', '--out', first)
    ok, number, serials = crl_fields(first)
    tap.ok(ok and number >= 1 and serials == [], 'ca serves a list of the root: none is revoked',
        f'{number} {serials}')
    with open(path) as f:
        before = f.read()
    result = json.loads(box.cli(*init_words(box)).stdout)['items'][0]
    with open(path) as f:
        tap.ok(f.read() == before and result['emergency_list'] == path, 'init again leaves it as it is')
    tap.ok(box.code('ca', 'root-crl', '--import', path) == 'E_CRL_EMERGENCY',
        'the emergency list is never served')
    with open(path, 'w') as f:
        f.write('something else\n')
    text = box.error(*init_words(box))
    tap.ok('E_EXIST' in text and path in text, 'another file is named', text)
    with open(path) as f:
        tap.ok(f.read() == 'something else\n', 'and left as it is')
    os.unlink(path)
    result = json.loads(box.cli(*init_words(box)).stdout)['items'][0]
    tap.ok(result['emergency_list'] == 'made earlier' and not os.path.exists(path),
        'taken off the box: init again makes none', str(result))
    tap.ok(box.code('ca', 'emergency', '--out', path) == 'E_APPROVAL', 'nor does anybody else')
    text = box.error(*init_words(box), '--emergency', box.at('no/such/place'))
    tap.ok('E_NOENT' in text and 'no/such/place' in text, 'a place that is not there is named', text)
    return number


def init(tap, box):
    p = box.cli(*init_words(box))
    result = json.loads(p.stdout)['items'][0]
    tap.ok(result['root_approval'] == '2 of 3 administrators', 'init pins 2 of 3', p.stdout)
    rows = json.loads(box.cli('admin', 'list').stdout)['items']
    tap.ok(len(rows) == 3, 'admin list shows 3', str(rows))
    tap.ok('root-approval' not in box.cli('status', check=False).stdout,
        'status has no weakness root-approval')


def root_list(tap, box, before):
    tap.ok(box.start('crl', 'root-crl') == '', 'ceremony start root-crl')
    meaning = json.loads(box.cli('ceremony', 'show', box.at('crl')).stdout)['items'][0]['meaning']
    tap.ok('these issuing certificates end' in meaning, 'show says what it means', meaning)
    tap.ok(box.approve('crl', 'alice', passphrase='wrong') is None, 'no approval, wrong passphrase')
    tap.ok(box.approve('crl', 'alice', yes=()) is None, 'no approval without a yes')
    alice, bob = box.approve('crl', 'alice'), box.approve('crl', 'bob')
    mallory = box.approve('crl', 'mallory')
    out, der = box.at('root.crl.pem'), box.at('root.crl')
    more = ('--out', out, '--der', der)
    tap.ok(box.finish('crl', more=more) == 'E_APPROVAL', 'nobody: refused')
    tap.ok(box.finish('crl', alice, more=more) == 'E_APPROVAL', '1 of 2: refused')
    tap.ok(box.finish('crl', alice, alice, more=more) == 'E_APPROVAL_KEY', 'twice one: refused')
    text = box.error('ceremony', 'finish', box.at('crl'), alice, mallory, *more)
    tap.ok('mallory.ok' in text and 'E_APPROVAL_KEY' in text, 'a stranger is named', text)
    # what cannot be written is found before the challenge is used up
    for bad in (('--out', box.at('nowhere/list')), ('--out', box.home), ('--der', box.at('nowhere/list')),
            ('--out', out, '--der', box.home), ('--out', out, '--der', out)):
        tap.ok(box.finish('crl', alice, bob, more=bad) in ('E_NOENT', 'E_INVAL', 'E_USAGE'),
            f'no list to {bad}')
    left = [n for n in os.listdir(box.home) if n.startswith('root.crl')]
    tap.ok(left == [], 'no list so far, nor a part of one', str(left))
    tap.ok(box.finish('crl', alice, bob, more=more) == '', '2 of 2: done')
    chain(box)
    check_list(tap, box, out, before + 1)
    check_list(tap, box, der, before + 1, 'DER')
    left = sorted(n for n in os.listdir(box.home) if n.startswith('root.crl'))
    tap.ok(left == ['root.crl', 'root.crl.pem'], 'both lists and nothing beside them', str(left))
    with open(out) as f:
        tap.ok(json.loads(box.cli('ca', 'root-crl').stdout)['items'][0]['pem'] == f.read(),
            'ca serves it at once')
    tap.ok(box.code('ca', 'root-crl', '--import', out) == '', 'once more by hand: no error')
    tap.ok(box.code('ca', 'root-crl', '--import', der) == '', 'and in DER')
    tap.ok(box.code('ca', 'root-crl', '--import', box.at('first.crl')) == 'E_CRL_NUMBER',
        'the one before does not come back')
    tap.ok(box.code('ca', 'root-crl', '--import', box.at('chain.pem')) == 'E_PEM',
        'certificates are no list')
    tap.ok(box.finish('crl', alice, bob, more=more) == 'E_APPROVAL_NONCE', 'again: refused')
    return alice


def altered(tap, box, old):
    tap.ok(box.start('time', 'time-set', 'now') == '', 'ceremony start time-set')
    text = box.error('ceremony', 'finish', box.at('time'), old)
    tap.ok('E_APPROVAL_NONCE' in text and old in text, 'an old approval is named', text)
    path = box.approve('time', 'alice')
    with open(path) as f:
        doc = json.load(f)
    at = len(doc['signature']) // 2
    doc['signature'] = (doc['signature'][:at] + ('A' if doc['signature'][at] != 'A' else 'B')
        + doc['signature'][at + 1:])
    with open(box.at('bad.ok'), 'w') as f:
        json.dump(doc, f)
    text = box.error('ceremony', 'finish', box.at('time'), box.at('bad.ok'))
    tap.ok('E_APPROVAL_SIG' in text and 'bad.ok' in text, 'a changed approval is named', text)
    with open(box.at('time')) as f:
        doc = json.load(f)
    doc['request'] = 'AAAAAH' + doc['request'][6:-1] + ('A' if doc['request'][-1] != 'A' else 'Q')
    with open(box.at('bad'), 'w') as f:
        json.dump(doc, f)
    tap.ok(box.approve('bad', 'alice') is None, 'another request in the file: not approved')


def cancelled(tap, box):
    ok = [box.approve('time', who) for who in ('alice', 'bob')]
    tap.ok(box.code('ceremony', 'cancel', box.at('time')) == '', 'cancel')
    shutil.copy(box.at('time'), box.at('cancelled'))
    tap.ok(box.finish('time', *ok) == 'E_APPROVAL_NONCE', 'cancelled: refused')
    tap.ok(box.code('ceremony', 'cancel', box.at('time')) == 'E_APPROVAL_NONCE', 'cancelled once')


def time_set(tap, box):
    tap.ok('time' in [r['item'].split(': ')[-1] for r in status(box)], 'time: unsigned before')
    box.start('time', 'time-set', str(int(time.time())))
    ok = [box.approve('time', who) for who in ('bob', 'carol')]
    got = box.finish('time', *ok)
    tap.ok(got == '', 'time-set by bob and carol', got)
    tap.ok('time' not in [r['item'].split(': ')[-1] for r in status(box)], 'and no weakness after')


def status(box):
    return [r for r in json.loads(box.cli('status', check=False).stdout)['items']
        if r['level'] == 'weak']


def admin_set(tap, box):
    box.start('set', 'admin-set', '--admin', box.at('carol.key.pub'))
    got = box.finish('set', *[box.approve('set', who) for who in ('alice', 'carol')])
    tap.ok(got == '', 'admin-set: carol alone', got)
    rows = json.loads(box.cli('admin', 'list').stdout)['items']
    tap.ok(len(rows) == 1, 'admin list shows one', str(rows))
    box.start('time', 'time-set', 'now')
    ok = [box.approve('time', who) for who in ('alice', 'bob')]
    tap.ok(box.finish('time', *ok) == 'E_APPROVAL_KEY', 'those before have no say')
    tap.ok(box.finish('time', box.approve('time', 'carol')) == '', 'carol has')
    tap.ok('E_' in box.error('ceremony', 'start', 'recover', '--out', box.at('r')),
        'nothing to recover')


def item(box, name):
    """The value of what the trusted application says of itself."""
    rows = json.loads(box.cli('status', check=False).stdout)['items']
    return next((r['value'] for r in rows if r['item'].endswith(': ' + name)), '')


def restart(box, stored=None):
    box.cli('down')
    store = box.at('tee')
    if stored is not None:
        shutil.rmtree(store)
        subprocess.run(['cp', '-a', stored, store], check=True)
    else:
        subprocess.run(['cp', '-a', store, box.at('tee.before')], check=True)
    box.cli('up', check=False)


def recovered(tap, box):
    box.start('over', 'time-set', 'now')
    ok = box.approve('over', 'carol')
    restart(box)
    tap.ok(box.finish('over', ok) == 'E_APPROVAL_NONCE', 'no challenge outlives a restart')
    restart(box, box.at('tee.before'))
    tap.ok(item(box, 'trusted application') == 'storage-rolled-back', 'old storage is noticed',
        item(box, 'trusted application'))
    got = box.start('recover', 'recover')
    tap.ok(got == '', 'ceremony start recover', got)
    tap.ok(box.finish('recover', box.approve('recover', 'alice')) == 'E_APPROVAL_KEY',
        'recover: alice has no say')
    got = box.finish('recover', box.approve('recover', 'carol'))
    tap.ok(got == '', 'recover: carol has', got)
    tap.ok(item(box, 'trusted application') == 'ready', 'ready again',
        item(box, 'trusted application'))


def audited(tap, box):
    text = box.cli('audit', 'tail', '-n', '500', check=False).stdout
    rows = [json.loads(line) for line in text.splitlines() if line.startswith('{')]
    for act, name, operation in (('root.challenge', 'crl', 'root-crl'), ('root.approved', 'crl', 'root-crl'),
            ('root.challenge', 'renew', 'issuing'), ('ca.renew', 'renew', 'issuing'),
            ('root.cancel', 'cancelled', 'time-set')):
        item = json.loads(box.cli('ceremony', 'show', box.at(name)).stdout)['items'][0]
        why = f"{operation} {item['digest']}"
        found = [r for r in rows if r['act'] == act and r.get('why') == why and r.get('out') == 'ok'
            and (act == 'ca.renew' or r.get('obj') == item['challenge'][:32])]
        tap.ok(len(found) == 1, f'the log has {act} of {operation}, with its digest', text[-3000:])
    found = [r for r in rows if r['act'] == 'key.certify' and 'why' in r and r.get('out') == 'ok']
    tap.ok(len(found) == 1, 'key.certify names the challenge', str(found))


def unpinned(tap, box):
    """No administrators at first: said so, and pinned later."""
    path = box.at('emergency-root.crl')
    open(path, 'w').close()  # as a run leaves it that was cut off
    result = json.loads(box.cli('init').stdout)['items'][0]
    tap.ok(result['root_approval'] == LOCAL, 'init says root-approval: local', str(result))
    tap.ok(item(box, 'root-approval') == LOCAL, 'status says it', item(box, 'root-approval'))
    for words in (('ca', 'show'), ('ca', 'certs'), ('admin', 'list')):
        got = json.loads(box.cli(*words).stdout)['root_approval']
        tap.ok(got == LOCAL, ' '.join(words) + ' says it', got)
        p = subprocess.run([box.cli_path, '--home', box.home, *words], stdout=subprocess.PIPE, text=True, timeout=60)
        tap.ok(p.stdout.endswith('root-approval: ' + LOCAL + '\n'), 'and in text', p.stdout)
    chain(box)
    serial = serial_of(box.at('issuing.pem'))
    tap.ok(crl_fields(path) == (True, 2**63 - 1, [serial]), 'an empty file is filled')
    elsewhere = box.at('elsewhere.crl')
    box.cli('init', '--emergency', elsewhere)
    tap.ok(crl_fields(elsewhere)[0], 'init --emergency FILE')
    p = box.cli('ca', 'renew', check=False)
    tap.ok(p.returncode == 0, 'ca renew needs no approval', p.stderr)
    new = json.loads(p.stdout)['items'][0]['serial'].upper() if p.returncode == 0 else ''
    tap.ok(new == serial_of(served(box)) != serial_of(box.at('issuing.pem')), 'and serves another certificate')
    os.unlink(elsewhere)
    box.cli('ca', 'emergency', '--out', elsewhere)
    tap.ok(sorted(crl_fields(elsewhere)[2]) == sorted([serial, new]),
        'ca emergency: both certificates', str(crl_fields(elsewhere)))
    p = subprocess.run([box.cli_path, '--home', box.home, 'init'], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, timeout=60)
    tap.ok(p.returncode == 0 and 'does not name' in p.stderr, 'init: the emergency list is out of date', p.stderr)
    box.start('time', 'time-set', 'now')
    tap.ok(box.finish('time') == 'E_APPROVAL', 'the time is not for nobody to say')
    box.keygen('dave')
    box.start('set', 'admin-set', '--admin', box.at('dave.key.pub'))
    got = box.finish('set')
    tap.ok(got == '', 'dave is pinned, without an approval', got)
    tap.ok(item(box, 'root-approval') == '', 'and the weakness is gone')


def main():
    tap = Tap()
    with Hall() as box:
        unpinned(tap, box)
    with Hall(init=False) as box:
        keys(tap, box)
        terminal(tap, box)
        cut(tap, box)
        init(tap, box)
        old = root_list(tap, box, lists(tap, box))
        renewal(tap, box)
        applications(tap, box)
        altered(tap, box, old)
        cancelled(tap, box)
        time_set(tap, box)
        admin_set(tap, box)
        audited(tap, box)
        recovered(tap, box)
        tap.ok(not box.reports(), 'no report of a sanitizer', box.reports())
    tap.end()


if __name__ == '__main__':
    main()
