#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a box does when things run out, and what others can read of it:
other uids against the files of a home, a full disk under the whole home and
under the log alone, descriptors of one uid. Needs root; says so otherwise."""
import os
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hostile_box import *  # noqa: F403: the vocabulary of these tests

GENERATE, LIST, RANDOM = 0x0110, 0x0003, 0x0116
REFUSED = {'E_FULL', 'E_NO_LOG'}
# Everybody may see these; what is below other directories is nobody else's.
COMMON = {'.', 'etc', 'etc/bartizan.conf', 'run', 'run/up.lock', 'lib', 'apache/httpd.conf', 'openvpn', 'run/parsec'}


# -- requests that change something, each in the words of its program

def answer_name(fn, *args):
    try:
        status, body, fd = fn(*args)
    except OSError as e:
        return type(e).__name__, b''
    if fd is not None:
        os.close(fd)
    return RC_NAME.get(status, str(status)), body


def ask(box, rel, op, body):
    def once():
        with connect(box.sock(rel)) as s:
            return call(s, op, body)
    return answer_name(once)


def change(box, noun, name, verb=1, tenant=''):
    body = bytes([noun, verb]) + text(tenant) + text(name) + text('') * 3 + struct.pack('>Q', 0)
    return ask(box, 'admin/access.sock', CHANGE, body)


def append(box):
    body = (b'\x01\x01' + text('t') + text('w') + text('') + b'\x01' + text('') + text('put') + blob(b'/t/s/f')
            + blob(b'') + b'\x01' + text('') + bytes(8) + text('') + bytes(9))
    return ask(box, 'http/audit.sock', APPEND, body)[0]


def generate(box, backend):
    body = bytes([1, 1]) + struct.pack('>I', 3) + text('key') + bytes(16) + bytes(8) + blob(b'')
    body += bytes(1 + 2 + 2 + 2 + 8) + blob(b'') + blob(b'')  # flags to uses_max, labels, app_data

    def once():
        with open_lease(box.run, backend, 'admin/broker.sock') as s:
            return call(s, GENERATE, body)
    try:
        return answer_name(once)[0]
    except PermissionError as e:
        return str(e)


def enrol(box, token, csr):
    """The HTTP status, or the name of the frame's."""
    body = text('POST') + text('/.bartizan/enrol') + text(token) + text('127.0.0.1:1') + blob(b'') + blob(csr)
    name, answer = ask(box, 'http/ca.sock', HTTP, body)
    return struct.unpack('>H', answer[:2])[0] if name == 'OK' else name


def make_csr(tmp):
    return subprocess.run(['openssl', 'req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
        '-keyout', '/dev/null', '-subj', '/CN=x'], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def listing(box, noun):
    """The whole answer of LIST, to be compared."""
    return ask(box, 'admin/access.sock', LIST, bytes([noun]) + text('') * 3)


# -- a full disk

class Tmpfs:
    def __init__(self, path, size):
        self.path = path
        subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={size},mode=0755', 'btz-test', path], check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def fill(self):
        """Until not one byte more fits."""
        with open(os.path.join(self.path, 'ballast'), 'ab', buffering=0) as f:
            for size in (1 << 20, 4096, 1):
                try:
                    while f.write(bytes(size)):
                        pass
                except OSError:
                    pass

    def free(self):
        os.unlink(os.path.join(self.path, 'ballast'))

    def umount(self):
        subprocess.run(['umount', '-l', self.path], check=True)


def until_works(fn, good, seconds=10):
    end = time.monotonic() + seconds
    while True:
        got = fn()
        if got == good or time.monotonic() > end:
            return got
        time.sleep(0.1)


def audit_ok(tap, box, name):
    p = box.cli('audit', 'verify', check=False)
    tap.ok(p.returncode == 0, name, (p.stdout + p.stderr).splitlines()[-5:])


def prepare(box):
    for noun, name in ((1, 'home'), (2, 'alice'), (8, 'alice')):
        got, body = change(box, noun, name)
        if got != 'OK':
            raise RuntimeError(f'add {noun} {name}: {got}')
    n = struct.unpack('>H', body[:2])[0]
    return body[2:2 + n].decode()


def full_disk(tap, where, libexec):
    """where '': the whole home on a small disk; 'audit': only the log."""
    label = f"full disk under {where or 'the home'}"
    home = tempfile.mkdtemp(prefix='btz-full-')
    os.chmod(home, 0o755)
    mount = os.path.join(home, where)
    os.makedirs(mount, exist_ok=True)
    try:
        disk = Tmpfs(mount, '12m' if where == '' else '2m')
    except (OSError, subprocess.CalledProcessError):
        tap.skip(label, 'tmpfs cannot be mounted here')
        return
    try:
        with Box(home=home, libexec=libexec) as box:
            token, csr = prepare(box), make_csr(home)
            box.wait_https()  # it needs room for its start
            before = listing(box, 2)
            disk.fill()
            # what was allocated ahead may still take some records
            for _ in range(1500):
                if append(box) != 'OK':
                    break
            disk.fill()
            got = append(box)
            tap.ok(got in REFUSED, f'{label}: a record that is waited for is refused', got)
            got = change(box, 2, 'bob')[0]
            tap.ok(got in REFUSED, f'{label}: a new user is refused', got)
            tap.ok(listing(box, 2) == before, f'{label}: reading goes on, nothing half-done', str(listing(box, 2)))
            for backend in ('soft', 'tee'):
                got = generate(box, backend)
                tap.ok(got in REFUSED, f'{label}: a new key in {backend} is refused', got)
            got = enrol(box, token, csr)
            tap.ok(got == 503, f'{label}: enrolment answers 503', str(got))
            tap.ok(not box.restarted(), f'{label}: everybody lives', box.restarted())
            disk.free()
            got = until_works(lambda: append(box), 'OK')
            tap.ok(got == 'OK', f'{label}, freed: records again', got)
            got = until_works(lambda: change(box, 2, 'bob')[0], 'OK')
            tap.ok(got == 'OK', f'{label}, freed: the same user is new', got)
            for backend in ('soft', 'tee'):
                got = until_works(lambda b=backend: generate(box, b), 'OK')
                tap.ok(got == 'OK', f'{label}, freed: a key in {backend}', got)
            got = until_works(lambda: enrol(box, token, csr), 200)
            tap.ok(got == 200, f'{label}, freed: the same invite enrols', str(got))
            tap.ok(not box.restarted() and not box.reports(), f'{label}, freed: without a restart',
                   box.restarted() + box.reports())
            time.sleep(1.5)
            audit_ok(tap, box, f'{label}, freed: the log verifies')
    finally:
        disk.umount()
        shutil.rmtree(home, ignore_errors=True)


# -- what others can read

def paths_of(home):
    out = ['.']
    for top, dirs, files in os.walk(home):
        out += [os.path.relpath(os.path.join(top, n), home) for n in dirs + files]
    return sorted(out)


def reachable(home, paths):
    """What the present uid can read (list), write (or create in)."""
    read, write = [], []
    for p in paths:
        full = os.path.join(home, p)
        try:
            mode = os.lstat(full).st_mode
        except OSError:
            continue
        if stat.S_ISSOCK(mode) or stat.S_ISLNK(mode):
            continue
        for flag, out in ((os.O_RDONLY, read), (os.O_WRONLY, write)):
            if stat.S_ISDIR(mode) and flag == os.O_WRONLY:
                if os.access(full, os.W_OK):
                    out.append(p)
                continue
            try:
                os.close(os.open(full, flag | os.O_NOFOLLOW | os.O_NONBLOCK))
                out.append(p)
            except OSError:
                pass
    return {'read': read, 'write': write}


def groups_of(name):
    """Places of others that a program may read by its group."""
    return {'httpd': ('policy',), 'ta': ('run/tpm',)}.get(name, ())


def readable(tap, box):
    prepare(box)
    change(box, 7, 'photos')
    paths = paths_of(box.home)
    got = as_uid(APP_ONE, reachable, box.home, paths)
    extra = set(got['read']) - COMMON
    tap.ok(not extra, 'another user reads nothing but what is meant', sorted(extra)[:20])
    tap.ok('etc/bartizan.conf' in got['read'], 'the walk sees what may be read', got['read'])
    tap.ok(not got['write'], 'another user writes nowhere', got['write'][:20])
    for name, row in sorted(box.processes().items()):
        got = as_uid(row['uid'], reachable, box.home, paths)
        foreign = [f'{kind} {p}' for kind in got for p in got[kind]
                   if os.lstat(os.path.join(box.home, p)).st_uid != row['uid']
                   and not (kind == 'read' and (p in COMMON or p.split('/')[0] in groups_of(name)))]
        tap.ok(not foreign, f"{name}'s uid reaches nothing of the others", foreign[:20])


# -- descriptors

def take_all(run):
    """As many connections and leases as one gets; held for five seconds."""
    held = []
    for make in (lambda: open_lease(run, 'soft'), lambda: open_lease(run, 'tee'),
                 lambda: connect(os.path.join(run, 'kms.sock'), 1)):
        for _ in range(400):
            try:
                held.append(make())
            except OSError:
                break
    time.sleep(5)
    return len(held)


def starts_now(run):
    slowest = 0.0
    for _ in range(10):
        for backend in ('soft', 'tee'):
            begun = time.monotonic()
            with open_lease(run, backend) as s:
                if call(s, RANDOM, struct.pack('>I', 8))[0] != OK:
                    raise RuntimeError('no random')
            slowest = max(slowest, time.monotonic() - begun)
        time.sleep(0.1)
    return slowest


def descriptors(tap, box):
    greedy = [spawn(APP_ONE, take_all, box.run) for _ in range(4)]
    time.sleep(1)
    try:
        slowest, why = as_uid(APP_TWO, starts_now, box.run), ''
    except RuntimeError as e:
        slowest, why = 9.9, str(e)
    n = sum(collect(g) for g in greedy)
    tap.ok(slowest < 1, f'one uid holds {n} connections and leases, another starts in {slowest * 1000:.0f} ms', why)
    tap.ok(not box.restarted(), 'nobody ran out of descriptors', box.restarted())


def main():
    tap = Tap()
    if not ROOT:
        tap.skip('other uids, full disks, descriptors', 'needs root')
        tap.end()
    with Box() as box:
        readable(tap, box)
        descriptors(tap, box)
    full_disk(tap, '', LIBEXEC)
    full_disk(tap, 'audit', LIBEXEC)
    tap.end()


if __name__ == '__main__':
    main()
