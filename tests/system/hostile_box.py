# SPDX-License-Identifier: Apache-2.0
"""A box of one's own for the system tests in Python (hostile*.py) and for
bench_ca.py: starts one in a temporary home, speaks the frames of
src/wire/frame.h, runs code under another uid, prints TAP. Start at Box."""
import array
import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import traceback

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
LIBEXEC = os.environ.get('BARTIZAN_LIBEXEC') or os.path.join(TOP, 'build', 'rel')
ROOT = os.geteuid() == 0
APP_ONE, APP_TWO = 61001, 61002  # uids of the two applications
FRAME_MAX = 65536
ANSWER, FD, MORE, EVENT = 1, 2, 4, 8
PING, OPEN, HTTP, APPEND, CHANGE = 0x0001, 0x0101, 0x0601, 0x0501, 0x0410
OK = 0


# -- frames

def pack(op, body=b'', tag=1, flags=0, status=0, ident=7, length=None, version=1):
    """24 bytes of header (src/wire/frame.h) and the body."""
    n = len(body) if length is None else length
    return struct.pack('>BBHIIIQ', version, flags, op, status, n, tag, ident) + body


def unpack(msg):
    """(flags, op, status, tag, body)"""
    version, flags, op, status, n, tag, _ = struct.unpack('>BBHIIIQ', msg[:24])
    if version != 1 or n != len(msg) - 24:
        raise ValueError('malformed frame')
    return flags, op, status, tag, msg[24:]


def text(s):
    b = s.encode() if isinstance(s, str) else s
    return struct.pack('>H', len(b)) + b


def blob(b):
    return struct.pack('>I', len(b)) + b


def rc_numbers():
    """Result names to numbers, out of src/wire/rc.h."""
    out = {}
    with open(os.path.join(TOP, 'src', 'wire', 'rc.h')) as f:
        for line in f:
            if line.startswith('X('):
                name, num = line[2:].split(',')[:2]
                out[name.strip()] = int(num)
    return out


RC = rc_numbers()
RC_NAME = {v: k for k, v in RC.items()}


def connect(path, seconds=5.0):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    tv = struct.pack('ll', int(seconds), int(seconds % 1 * 1e6))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, tv)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, tv)
    try:
        s.connect(path)
    except OSError:
        s.close()
        raise
    return s


def receive(s):
    """One answer: (status, body, descriptor or None)."""
    msg, fds = b'', array.array('i')
    while True:
        msg, anc, _, _ = s.recvmsg(FRAME_MAX, socket.CMSG_SPACE(4))
        for level, kind, data in anc:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                fds.frombytes(data)
        if not msg:
            raise ConnectionResetError('closed')
        flags, _, status, _, body = unpack(msg)
        if not flags & MORE:
            return status, body, fds[0] if fds else None


def call(s, op, body=b''):
    s.send(pack(op, body))
    return receive(s)


def open_body(backend='', ops=0):
    """OPEN: backend, operations wanted; for the caller itself."""
    return text(backend) + struct.pack('>IBI', ops, 0, 0)


def open_lease(run, backend='', path='kms.sock'):
    """A leased connection."""
    s = connect(os.path.join(run, path))
    try:
        status, _, fd = call(s, OPEN, open_body(backend))
    finally:
        s.close()
    if status != OK or fd is None:
        raise PermissionError(f'no lease: {RC_NAME.get(status, status)}')
    leased = socket.socket(fileno=fd)
    tv = struct.pack('ll', 5, 0)
    leased.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, tv)
    leased.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, tv)
    return leased


# -- processes under another uid

def spawn(uid, fn, *args):
    """Runs fn in a child as uid (None: ours); returns (pid, pipe). The pipe
    carries what fn returns, as JSON."""
    rd, wr = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(rd)
            if uid is not None and ROOT:
                os.setgroups([])
                os.setgid(uid)
                os.setuid(uid)
            os.write(wr, json.dumps(fn(*args)).encode())
            status = 0
        except BaseException:
            os.write(2, ('# ' + traceback.format_exc().replace('\n', '\n# ') + '\n').encode())
        os._exit(status)
    os.close(wr)
    return pid, rd


def collect(child):
    pid, rd = child
    with os.fdopen(rd, 'rb') as f:
        data = f.read()
    _, status = os.waitpid(pid, 0)
    if status != 0:
        raise RuntimeError(f'child ended with {status}')
    return json.loads(data)


def as_uid(uid, fn, *args):
    return collect(spawn(uid, fn, *args))


# -- the box

class Box:
    """A running box. conf is added to bartizan.conf."""

    def __init__(self, conf='', libexec=LIBEXEC, home=None, init=True):
        self.libexec = libexec
        self.cli_path = os.path.join(libexec, 'src', 'cli', 'bartizan')
        self.own = home is None
        self.home = home or tempfile.mkdtemp(prefix='btz-hostile-')
        os.chmod(self.home, 0o755)
        self.run = os.path.join(self.home, 'run')
        os.makedirs(os.path.join(self.home, 'etc'), exist_ok=True)
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            self.port = s.getsockname()[1]
        me = os.geteuid()
        with open(os.path.join(self.home, 'etc', 'bartizan.conf'), 'w') as f:
            f.write(f'[https]\nlisten = 127.0.0.1:{self.port}\n'
                    f'[app one]\nuid = {APP_ONE if ROOT else me}\n'
                    + (f'[app two]\nuid = {APP_TWO}\n' if ROOT else '') + conf)
        self.cli('up')
        try:
            if init:
                self.cli('init')
        except BaseException:
            self.down()
            raise

    def cli(self, *args, check=True, timeout=120):
        p = subprocess.run([self.cli_path, '--home', self.home, '--json', *args],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=timeout, env={'UBSAN_OPTIONS': 'halt_on_error=1:print_stacktrace=1',
                **os.environ, 'BARTIZAN_LIBEXEC': self.libexec})
        if check and p.returncode != 0:
            raise RuntimeError(f"bartizan {' '.join(args)}: {p.returncode} {p.stderr.strip()}")
        return p

    def sock(self, rel):
        return os.path.join(self.run, rel)

    def processes(self):
        """Name -> row of `status --processes`."""
        rows = json.loads(self.cli('status', '--processes').stdout)['items']
        return {r['name']: r for r in rows}

    def wait_https(self, seconds=10):
        """Apache counts as running from its start on; this waits until it
        has made a handshake."""
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        end = time.monotonic() + seconds
        while True:
            try:
                with socket.create_connection(('127.0.0.1', self.port), 2) as s, tls.wrap_socket(s):
                    return
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def logs(self):
        out = {}
        for top, _, names in os.walk(os.path.join(self.home, 'log')):
            for n in names:
                with open(os.path.join(top, n), errors='replace') as f:
                    out[n] = f.read()
        return out

    def reports(self):
        """Lines of the daemons' logs that a sanitizer or the kernel wrote."""
        words = ('AddressSanitizer:', 'runtime error', 'SIGSYS', 'LeakSanitizer',
                 'SIGSEGV', 'SIGABRT', 'stack smashing')
        return [f'{n}: {line[:200]}' for n, t in sorted(self.logs().items())
                for line in t.splitlines() if any(w in line for w in words)]

    def restarted(self):
        """What has gone wrong with the processes so far; empty: nothing."""
        return [f"{n}: {r['state']}, {r['restarts']} restarts, last: {r['last_end']}"
                for n, r in self.processes().items()
                if r['restarts'] != 0 or r['state'] != 'running']

    def down(self):
        try:
            self.cli('down', check=False)
        finally:
            if self.own:
                shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if exc[0] is not None:
            for n, t in sorted(self.logs().items()):
                for line in t.splitlines()[-15:]:
                    print(f'# {n}: {line}')
        self.down()


# -- TAP

class Tap:
    def __init__(self):
        self.n = self.bad = 0

    def ok(self, good, name, why=()):
        self.n += 1
        self.bad += not good
        print(f"{'ok' if good else 'not ok'} {self.n} - {name}", flush=True)
        if not good:
            for line in ([why] if isinstance(why, str) else why):
                print(f'# {line}', flush=True)
        return good

    def skip(self, name, why):
        self.n += 1
        print(f'ok {self.n} - {name} # SKIP {why}', flush=True)

    def note(self, line):
        print(f'# {line}', flush=True)

    def end(self):
        print(f'1..{self.n}', flush=True)
        sys.exit(1 if self.bad else 0)
