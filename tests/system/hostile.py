#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile load on every socket of a running box: ten processes send garbage
of each kind in turn, while a well-behaved client of another application (and
of another uid, where the socket is not the administrator's) pings. Passing:
no restart, no report of a sanitizer or of the kernel, every ping answered,
none over 1 s. Start at KINDS and attack().

BTZ_HOSTILE_SECONDS (2): each kind on kms.sock for so long. Below 20, leased
sockets get half of it, and the sockets that only root or Apache reach get all
kinds within one window of twice that time; from 20 on every socket gets every
kind for the whole time. BTZ_HOSTILE_SHORT=1: one window for every socket."""
import array
import collections
import os
import random
import re
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hostile_box import *  # noqa: F403: the vocabulary of these tests

SECONDS = float(os.environ.get('BTZ_HOSTILE_SECONDS', '2'))
PROCESSES = 10
PINGS = 200
ADMIN = ['admin/up.sock', 'admin/broker.sock', 'admin/ca.sock', 'admin/access.sock',
         'admin/audit.sock']
APACHE = ['http/ca.sock', 'http/audit.sock']


# -- the hostile side

def send_fds(s, msg, n):
    with open('/dev/null') as f:
        s.sendmsg([msg], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [f.fileno()] * n))])


def drain(s):
    """Reads what is there; closed by the other side: an OSError."""
    try:
        while True:
            msg, anc, _, _ = s.recvmsg(FRAME_MAX, socket.CMSG_SPACE(64), socket.MSG_DONTWAIT)
            for _, _, data in anc:
                for fd in array.array('i', data[:len(data) // 4 * 4]):
                    os.close(fd)
            if not msg:
                raise ConnectionResetError('closed')
    except BlockingIOError:
        pass


def random_frames(s, rng):
    for _ in range(20):
        s.send(rng.randbytes(rng.choice([1, 8, 23, 24, 25, 200, 4000, 60000])))


def truncated_frames(s, rng):
    whole = pack(rng.choice([PING, OPEN, HTTP, APPEND, CHANGE]), rng.randbytes(80))
    for _ in range(20):
        s.send(whole[:rng.randrange(1, len(whole))])


def huge_length(s, rng):
    for _ in range(20):
        s.send(pack(rng.choice([PING, OPEN]), rng.randbytes(rng.choice([0, 100, 65000])),
                    length=rng.choice([2**32 - 1, 2**31, 65536, 65513])))


def one_descriptor(s, rng):
    for flags in (FD, 0, FD | EVENT, FD | ANSWER):
        send_fds(s, pack(rng.choice([PING, OPEN, HTTP, CHANGE, 0x0801]), rng.randbytes(9), flags=flags), 1)
    if rng.random() < 0.2:
        send_fds(s, b'', 1)  # looks like the end, but carries one


def many_descriptors(s, rng):
    send_fds(s, pack(PING, flags=FD), rng.choice([2, 3, 4, 5, 100, 253]))


def every_op(s, rng):
    """A valid header before a random body, for a slice of all numbers."""
    start = rng.randrange(0, 0x0900)
    for op in range(start, min(start + 64, 0x0901)):
        body = rng.randbytes(rng.choice([0, 1, 2, 4, 16, 33, 300, 5000]))
        if rng.random() < 0.3:  # lengths that fit, for the decoders behind
            body = text(rng.randbytes(5).hex()) + blob(body) + struct.pack('>IQ', 3, 5)
        if op not in HARMFUL:
            s.send(pack(op, body, tag=rng.getrandbits(32), flags=rng.choice([0, 0, 0, EVENT])))


def false_answers(s, rng):
    for _ in range(30):
        s.send(pack(rng.choice([PING, OPEN, 0x0201, 0x0112, APPEND, 0x0401]), rng.randbytes(rng.choice([0, 8, 40])),
                    tag=rng.choice([0, 1, 2, 3, rng.getrandbits(32)]), flags=ANSWER | rng.choice([0, MORE, EVENT]),
                    status=rng.choice([0, 3, 28, 999999])))


def never_reads(s, rng):
    for _ in range(400):
        s.send(pack(rng.choice([PING, OPEN, 0x0002, 0x0003]), open_body() if rng.random() < .5 else b''))


HARMFUL = {0x0810}  # UP_STOP over up.sock is the administrator's right
KINDS = {'random frames': random_frames, 'truncated frames': truncated_frames,
         'length 2^32-1': huge_length, 'a descriptor attached': one_descriptor,
         'several descriptors': many_descriptors, 'every op, random body': every_op,
         'answers nobody asked for': false_answers, 'requests without reading': never_reads,
         '100 idle connections': None}
IN_TURN = 'every kind in turn'


def hold_idle(target, end):
    """Ten of the hundred; those over the limit are closed by the daemon."""
    held = []
    while time.monotonic() < end:
        while len(held) < 100 // PROCESSES:
            try:
                held.append(target())
            except OSError:
                break
        time.sleep(0.05)
    return len(held)


def attack(target, kind, seconds, seed):
    """One hostile process. Returns how often it sent."""
    if kind == IN_TURN:
        return sum(attack(target, k, seconds / len(KINDS), seed + 100 * i) for i, k in enumerate(KINDS))
    end = time.monotonic() + seconds
    if KINDS[kind] is None:
        return hold_idle(target, end)
    rng, s, n = random.Random(seed), None, 0
    while time.monotonic() < end:
        try:
            if s is None:
                s = target()
                s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack('ll', 0, 200000))
            if kind != 'requests without reading':
                drain(s)
            KINDS[kind](s, rng)
            n += 1
        except OSError:
            if s is not None:
                s.close()
            s = None
    return n


# -- the good side

class Pinger:
    """Pings over connections from before the attack; now and then over new
    ones where the hostile side has another uid."""

    def __init__(self, box, held, fresh, lease):
        self.run, self.fresh, self.want_lease = box.run, fresh, lease
        self.socks = [connect(box.sock(h)) for h in held]
        if lease is not None:
            self.socks.append(open_lease(box.run, lease))
        self.failures, self.worst, self.n = [], 0.0, 0

    def ping(self, s, what):
        begun = time.monotonic()
        try:
            status, _, _ = call(s, PING)
            if status != OK:
                self.failures.append(f'{what}: status {RC_NAME.get(status, status)}')
        except (OSError, ValueError) as e:
            self.failures.append(f'{what}: {e!r} after {time.monotonic() - begun:.2f} s')
        self.worst = max(self.worst, time.monotonic() - begun)
        self.n += 1

    def anew(self):
        """A new connection and a new lease, as a client that just starts."""
        begun = time.monotonic()
        try:
            with connect(os.path.join(self.run, self.fresh)) as s:
                call(s, PING)
            if self.want_lease is not None:
                with open_lease(self.run, self.want_lease) as s:
                    call(s, PING)
        except (OSError, ValueError) as e:
            self.failures.append(f'new connection: {e!r} after {time.monotonic() - begun:.2f} s')
        self.worst = max(self.worst, time.monotonic() - begun)

    def play(self, seconds):
        for i in range(PINGS):
            self.ping(self.socks[i % len(self.socks)], f'ping {i}')
            if self.fresh is not None and i % 20 == 10:
                self.anew()
            time.sleep(seconds * 0.9 / PINGS)
        return {'n': self.n, 'worst': self.worst, 'failures': self.failures[:10]}


def well_behaved(box, held, fresh, lease, seconds, started):
    p = Pinger(box, held, fresh, lease)
    os.write(started, b'1')
    time.sleep(0.2)
    return p.play(seconds)


# -- one target

def one_kind(tap, box, where, kind, seconds, hostile_uid, target, good_uid, held, fresh, lease):
    rd, wr = os.pipe()
    good = spawn(good_uid, well_behaved, box, held, fresh, lease, seconds, wr)
    os.close(wr)
    os.read(rd, 1)  # its connections stand before the attack begins
    os.close(rd)
    seed = random.randrange(2**32)
    bad = [spawn(hostile_uid, attack, target, kind, seconds + 0.2, seed + i) for i in range(PROCESSES)]
    sent = sum(collect(b) for b in bad)
    result = collect(good)
    why = result['failures'] + box.reports()
    if result['worst'] > 1.0:
        why.append(f"slowest ping {result['worst']:.2f} s")
    try:
        why += box.restarted()
    except RuntimeError as e:
        why.append(f'status after the attack: {e}')
    if sent == 0:
        why.append('the hostile side sent nothing: the test proves nothing')
    tap.ok(not why and result['n'] == PINGS,
           f"{where}: {kind} ({sent} rounds, slowest ping {result['worst'] * 1000:.0f} ms)",
           why + [f'seed {seed}'])


def one_target(tap, box, where, seconds, *how):
    """seconds None: one window with every kind in turn."""
    if seconds is None:
        one_kind(tap, box, where, IN_TURN, SECONDS * 2, *how)
        return
    for kind in KINDS:
        one_kind(tap, box, where, kind, seconds, *how)


def everything(tap, box):
    short = os.environ.get('BTZ_HOSTILE_SHORT') == '1'
    full = SECONDS if SECONDS >= 20 else None
    if ROOT:
        one_target(tap, box, 'kms.sock', None if short else SECONDS, APP_ONE,
                   lambda: connect(box.sock('kms.sock'), 1), APP_TWO, ['kms.sock'], 'kms.sock', 'soft')
        for backend in ('soft', 'tee'):
            one_target(tap, box, f'leased socket, {backend}', None if short else full or SECONDS / 2, APP_ONE,
                       lambda b=backend: open_lease(box.run, b), APP_TWO, ['kms.sock'], 'kms.sock', backend)
    else:
        tap.skip('kms.sock and leased sockets', 'two applications need two uids, so root')
    for rel in ADMIN + APACHE:
        other = {'http/ca.sock': 'admin/ca.sock', 'http/audit.sock': 'admin/audit.sock'}.get(rel)
        one_target(tap, box, rel, full, None, lambda r=rel: connect(box.sock(r), 1),
                   None, [rel] + ([other] if other else []), other, None)


def refused(path):
    try:
        connect(path, 1).close()
        return 'connected'
    except OSError as e:
        return type(e).__name__


def rules_of_directories(tap, box):
    """Who is not the administrator or Apache does not even reach the socket."""
    if not ROOT:
        tap.skip('other uids do not reach admin/ and http/', 'needs root')
        return
    for rel in ADMIN + APACHE + ['tpm/swtpm.sock']:
        got = as_uid(APP_ONE, refused, box.sock(rel))
        tap.ok(got == 'PermissionError', f'{rel}: another uid gets EACCES', got)
    tap.ok(as_uid(APP_ONE, refused, box.sock('kms.sock')) == 'connected', 'kms.sock: every uid may connect')


def descriptors(box):
    """Open descriptors of each daemon of ours."""
    return {n: len(os.listdir(f"/proc/{r['pid']}/fd")) for n, r in box.processes().items()
            if n not in ('httpd', 'swtpm')}


def no_leaks(tap, box, before):
    """Closing may take a moment; what stays open is a leak."""
    end = time.monotonic() + 5
    while True:
        more = [f'{n}: {k} after, {before[n]} before' for n, k in descriptors(box).items() if k > before[n]]
        if not more or time.monotonic() > end:
            break
        time.sleep(0.2)
    tap.ok(not more, 'no daemon has more descriptors than before', more)


def note_logs(tap, box):
    """How much was said because of the load, and the most frequent lines."""
    for n, t in sorted(box.logs().items()):
        shapes = collections.Counter(re.sub(r'[0-9a-f]{4,}|\d+', 'N', line.split('msg=')[-1]) for line in t.splitlines())
        tap.note(f'{n}: {len(t)} bytes; ' + '; '.join(f'{c} x {s[:90]}' for s, c in shapes.most_common(3)))


def main():
    tap = Tap()
    with Box() as box:
        time.sleep(2.5)  # the first checkpoint, for which audit takes its lease
        before = descriptors(box)
        rules_of_directories(tap, box)
        everything(tap, box)
        no_leaks(tap, box, before)
        note_logs(tap, box)
        if ROOT:
            # and it still does its work: a whole request after all that
            tap.ok(as_uid(APP_TWO, still_works, box.run) == 'ok', 'a request is still served')
        p = box.cli('audit', 'verify', check=False)
        tap.ok(p.returncode == 0, 'the audit log verifies', (p.stdout + p.stderr).splitlines()[-5:])
    tap.end()


def still_works(run):
    with open_lease(run, 'soft') as s:
        status, body, _ = call(s, 0x0116, struct.pack('>I', 16))
    return 'ok' if status == OK and len(body) == 20 else f'status {status}'


if __name__ == '__main__':
    main()
