#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: bench_vpn.py [PART...]

The way in by VPN: a box of its own in a network namespace and stock OpenVPN
clients in others; beside it the same OpenVPN with the same configuration but
its key in a file and no management. Parts: connect, throughput, revoke,
credential, crowd, memory (all, in this order). Prints one JSON object a line,
as bench.py collects them; what goes on goes to stderr. Needs root. Start at
main()."""
import ctypes
import datetime
import json
import os
import re
import resource
import select
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '..'))
sys.path.insert(0, os.path.join(TOP, 'tests', 'vpn'))
from net import Space, VpnBox, read, run, stop, wait_for, why_not  # noqa: E402

CONNECTS, TRANSFERS, SECONDS, REVOCATIONS = 20, 7, 3, 20
USERS, DEVICES = 5, 40
INSIDE, TCP, UDP = '10.77.0.1', 4450, 4451
PEER = 'OpenVPN with a key file'
DONE = b'Initialization Sequence Completed'
CONF = f'''
[vpn main]
tenant = bench
listen = 0.0.0.0:1194
remote = 192.0.2.1:1194
network = 10.88.0.0/23
max_clients = 250
[reach transfer]
vpn = main
role = viewer
to = {INSIDE}
service = tcp/{TCP}
[reach datagrams]
vpn = main
role = viewer
to = {INSIDE}
service = udp/{UDP}
'''


def say(line):
    print(f'{time.monotonic():.1f} {line}', file=sys.stderr, flush=True)


def note(name, value, unit, bar=None, met=None, peer=None, peer_value=None, ratio=None, digits=0):
    row = {'name': name, 'value': round(value, digits), 'unit': unit}
    if peer is not None:
        row.update(peer=peer, peer_value=round(peer_value, digits))
    if ratio is not None:
        row['ratio'] = round(ratio, 3)
    if bar is not None:
        row.update(bar=bar, met=met)
    print(json.dumps(row), flush=True)


def p99(values):
    """The nearest rank: of fewer than 100 it is the largest."""
    s = sorted(values)
    return s[-(-99 * len(s) // 100) - 1]


def inside(space, fn):
    """fn() in a thread that is in the namespace: sockets stay where they are made."""
    out = {}

    def enter():
        try:
            with open(f'/run/netns/{space.name}') as f:
                if ctypes.CDLL(None, use_errno=True).setns(f.fileno(), 0x40000000) != 0:
                    raise OSError(ctypes.get_errno(), 'setns')
            out['value'] = fn()
        except BaseException as e:
            out['error'] = e
    t = threading.Thread(target=enter)
    t.start()
    t.join()
    if 'error' in out:
        raise out['error']
    return out['value']


class Client:
    """A stock client; begun and done are monotonic."""

    def __init__(self, space, dev, where, remote, more=()):
        self.space = space
        self.begun = time.monotonic()
        self.p = subprocess.Popen(space.cmd('openvpn', '--client', '--proto', 'udp4', '--remote', *remote, '--nobind',
            '--dev', dev, '--dev-type', 'tun', '--ca', os.path.join(where, 'ca.pem'), '--cert',
            os.path.join(where, 'cert.pem'), '--key', os.path.join(where, 'key.pem'), '--remote-cert-tls', 'server',
            '--data-ciphers', 'AES-256-GCM', '--disable-dco', '--connect-retry', '1', '2', '--verb', '3', *more),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        space.procs.append(self.p)
        os.set_blocking(self.p.stdout.fileno(), False)
        self.out, self.done = b'', None

    def take(self):
        """Reads what there is; False at the end of the file."""
        now = time.monotonic()
        try:
            data = os.read(self.p.stdout.fileno(), 65536)
        except BlockingIOError:
            return True
        self.out += data
        if self.done is None and DONE in self.out:
            self.done = now
        return bool(data)

    def wait(self, seconds=30):
        end = time.monotonic() + seconds
        while self.done is None:
            ready, _, _ = select.select([self.p.stdout], [], [], max(0, end - time.monotonic()))
            if not ready or not self.take():
                sys.exit(f'a client did not connect: {self.out.decode(errors="replace")[-1500:]}')
        while b"cipher 'AES-256-GCM'" not in self.out:  # the line may come a moment later
            ready, _, _ = select.select([self.p.stdout], [], [], max(0, end - time.monotonic()))
            if not ready or not self.take():
                sys.exit('the data channel is not AES-256-GCM')
        return self.done - self.begun

    def tries(self):
        return 1 + self.out.count(b'process restarting')

    def end(self):
        stop(self.p)
        self.p.stdout.close()
        self.space.procs.remove(self.p)


class World:
    def __init__(self):
        self.box, self.spaces = None, []
        self.srv, self.one, self.two = (self.space(n) for n in ('s', '1', '2'))
        self.srv.link(self.one, ['192.0.2.1/24'], ['192.0.2.2/24'], 1)
        self.srv.link(self.two, ['198.51.100.1/24'], ['198.51.100.2/24'], 2)
        run('ip', '-n', self.srv.name, 'addr', 'add', f'{INSIDE}/32', 'dev', 'lo')
        self.box = VpnBox(self.srv, CONF)
        self.n = 0
        b = self.box
        b.cli('tenant', 'add', 'bench')
        b.cli('vpn', 'define', 'main', '--tenant', 'bench')
        self.users = [self.user(f'user{i}') for i in range(USERS)]
        if not wait_for(lambda: b.items('vpn', 'list')[0]['state'] == 'up', 30):
            sys.exit('the VPN is not up')
        self.peer()

    def space(self, name):
        s = Space(name)
        self.spaces.append(s)
        return s

    def user(self, name):
        where = self.box.enrol(name, 'bench')
        self.role('grant', name)
        return where

    def role(self, verb, name):
        self.box.cli('role', verb, name, 'viewer', 'vpn:main', '--tenant', 'bench')

    def ours(self, where=None, space=None, more=()):
        self.n += 1
        return Client(space or self.one, f'o{self.n}', where or self.users[0], ('192.0.2.1', '1194'), more)

    def theirs(self):
        self.n += 1
        return Client(self.two, f't{self.n}', self.peer_user, ('198.51.100.1', '1196'))

    def peer(self):
        """The box's configuration with a key file, certificates of its own
        CA (a root, an issuing CA, P-256, as ours) and without management."""
        d = os.path.join(self.box.home, 'peer')
        os.mkdir(d)
        at = lambda n: os.path.join(d, n)  # noqa: E731
        p256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
        run('openssl', 'req', '-x509', *p256, '-keyout', at('root.key'), '-out', at('root.pem'), '-subj', '/CN=root',
            '-days', '9')
        for name, by, text in (('ca', 'root', 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n'),
                ('server', 'ca', 'extendedKeyUsage=serverAuth\nkeyUsage=critical,digitalSignature\nsubjectAltName=DNS:server\n'),
                ('key', 'ca', 'extendedKeyUsage=clientAuth\nkeyUsage=critical,digitalSignature\n'
                    'subjectAltName=URI:spiffe://bench/bench/user/u\n')):
            with open(at('ext'), 'w') as f:
                f.write(text)
            run('openssl', 'req', *p256, '-keyout', at(f'{name}.key'), '-out', at('csr'), '-subj', f'/CN={name}')
            run('openssl', 'x509', '-req', '-in', at('csr'), '-CA', at(f'{by}.pem'), '-CAkey', at(f'{by}.key'),
                '-CAcreateserial', '-extfile', at('ext'), '-out', at(f'{name}.pem'), '-days', '9')
        user = self.peer_user = at('user')
        os.mkdir(user)
        shutil.copy(at('key.key'), os.path.join(user, 'key.pem'))
        for out, parts in ((os.path.join(user, 'cert.pem'), ('key', 'ca')), (os.path.join(user, 'ca.pem'), ('root',)),
                (at('chain.pem'), ('server', 'ca')), (at('cas.pem'), ('root', 'ca'))):
            with open(out, 'w') as f:
                f.write(''.join(read(at(f'{p}.pem')) for p in parts))
        drop = ('#', 'management', 'auth-user-pass-optional', 'ca ', 'cert ', 'dev ', 'ifconfig ', 'port ')
        lines = [x for x in read(os.path.join(self.box.home, 'openvpn', 'main.conf')).splitlines()
                 if not x.startswith(drop)]
        lines += [f'ca "{at("cas.pem")}"', f'cert "{at("chain.pem")}"', f'key "{at("server.key")}"', 'dev peer0',
            'port 1196', 'ifconfig 10.90.0.1 255.255.254.0', 'ifconfig-pool 10.90.0.2 10.90.1.250 255.255.254.0',
            'push "topology subnet"', 'push "route-gateway 10.90.0.1"', f'push "route {INSIDE} 255.255.255.255"']
        with open(at('peer.conf'), 'w') as f:
            f.write('\n'.join(lines) + '\n')
        self.srv.run('ip', 'tuntap', 'add', 'dev', 'peer0', 'mode', 'tun')
        self.srv.run('ip', 'addr', 'add', '10.90.0.1/23', 'dev', 'peer0')
        self.srv.run('ip', 'link', 'set', 'peer0', 'up')
        p = self.srv.start('openvpn', '--config', at('peer.conf'), log=at('log'))
        if not wait_for(lambda: DONE.decode() in read(at('log')), 10):
            p.kill()
            sys.exit(f'the peer does not start: {read(at("log"))}')

    def trail(self, *acts):
        rows = [json.loads(x) for x in self.box.cli('audit', 'tail', '--lines', '1000').stdout.splitlines()
                if x.startswith('{')]
        return [r for r in rows if r.get('act') in acts]

    def end(self):
        if self.box is not None:
            self.box.down()
        for s in reversed(self.spaces):
            s.end()


def connect(w):
    """From the start of the client's program on."""
    took = {w.ours: [], w.theirs: []}
    for i in range(CONNECTS + 1):
        for kind in took if i % 2 == 0 else reversed(took):
            c = kind()
            took[kind].append(c.wait())
            c.end()
            time.sleep(0.1)
    ours, theirs = ([x * 1000 for x in took[k][1:]] for k in (w.ours, w.theirs))  # the first warms up
    say(f'ours {[round(x) for x in ours]} theirs {[round(x) for x in theirs]}')
    a, b = statistics.median(ours), statistics.median(theirs)
    note('VPN: connect, key in the KMS, median', a, 'ms', '<= 1.5 x and <= 250 ms', a <= 1.5 * b and a <= 250, PEER, b,
        a / b, 1)
    note('VPN: connect, key in the KMS, slowest', max(ours), 'ms', peer=PEER, peer_value=max(theirs), digits=1)


def transfer(w, space, up):
    """Mbit/s of one TCP connection, as its receiver sees it."""
    with inside(w.srv, lambda: socket.create_server((INSIDE, TCP))) as listener:
        near = inside(space, lambda: socket.create_connection((INSIDE, TCP), 5))
        far = listener.accept()[0]
    src, dst = (near, far) if up else (far, near)
    stopping = threading.Event()

    def send():
        data = bytes(131072)
        try:
            while not stopping.is_set():
                src.send(data)
        except OSError:
            pass
    src.settimeout(5)
    dst.settimeout(5)
    t = threading.Thread(target=send)
    t.start()
    buf, n = bytearray(1 << 18), 0
    ramp = time.monotonic() + 0.3
    while time.monotonic() < ramp:
        dst.recv_into(buf)
    begun = time.monotonic()
    while time.monotonic() < begun + SECONDS:
        n += dst.recv_into(buf)
    seconds = time.monotonic() - begun
    stopping.set()
    dst.close()
    t.join()
    src.close()
    return n * 8 / seconds / 1e6


def throughput(w):
    clients = [w.ours(), w.theirs()]
    for c in clients:
        c.wait()
    for up, what in ((True, 'to the box'), (False, 'from the box')):
        rate = {w.one: [], w.two: []}
        for i in range(TRANSFERS):
            for space in rate if i % 2 == 0 else reversed(rate):
                rate[space].append(transfer(w, space, up))
        say(f'{what}: ' + ' | '.join(str([round(x) for x in r]) for r in rate.values()))
        a, b = (statistics.median(r) for r in rate.values())
        note(f'VPN: TCP {what}, median', a, 'Mbit/s', '>= 0.95', a / b >= 0.95, PEER, b, a / b)
    for c in clients:
        c.end()


class Datagrams:
    """One every 5 ms through the tunnel; when did each come out?"""

    def __init__(self, w, space):
        self.rx = inside(w.srv, lambda: self.bound())
        self.tx = inside(space, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.came, self.sent, self.over = [], 0, threading.Event()
        self.threads = [threading.Thread(target=f) for f in (self.send, self.receive)]
        for t in self.threads:
            t.start()

    def bound(self):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((INSIDE, UDP))
        s.settimeout(0.2)
        return s

    def send(self):
        while not self.over.is_set():
            try:
                self.tx.sendto(b'x' * 64, (INSIDE, UDP))
                self.sent += 1
            except OSError:
                pass  # the client has taken its route away
            time.sleep(0.005)

    def receive(self):
        while not self.over.is_set():
            try:
                self.rx.recv(100)
                self.came.append(time.monotonic())
            except TimeoutError:
                pass

    def end(self):
        self.over.set()
        for t in self.threads:
            t.join()
        self.rx.close()
        self.tx.close()


def cut_off(w, where, *cmd):
    """Seconds from the answer of the command to the last datagram that came
    out; negative: it came before the answer. The client is told after the cut."""
    c = w.ours(where)
    c.wait()
    d = Datagrams(w, w.one)
    if not wait_for(lambda: len(d.came) > 40, 10):
        sys.exit('no datagram comes through')
    begun = time.monotonic()
    w.box.cli(*cmd)
    answered = time.monotonic()
    time.sleep(1.5)
    d.end()
    c.take()
    c.end()
    return d.came[-1] - answered, d.came[-1] - begun


def cut_figures(what, runs):
    after = [r[0] * 1000 for r in runs]
    whole = [r[1] * 1000 for r in runs]
    say(f'{what}: {[round(x) for x in after]} from start: {[round(x) for x in whole]}')
    note(f'VPN: {what}, answer to last packet, p99 of {len(runs)}', p99(after), 'ms', '<= 1000 ms', p99(after) <= 1000,
        digits=1)
    note(f'VPN: {what}, answer to last packet, median', statistics.median(after), 'ms', digits=1)
    note(f'VPN: {what}, start of command to last packet, median', statistics.median(whole), 'ms', digits=1)


def revoke(w):
    runs = []
    for i in range(REVOCATIONS):
        runs.append(cut_off(w, w.users[0], 'role', 'revoke', 'user0', 'viewer', 'vpn:main', '--tenant', 'bench'))
        w.role('grant', 'user0')
        wait_for(lambda: not w.box.sessions(), 10)
    cut_figures('role revoked', runs)
    killed(w)


def killed(w):
    """From the records "cut" (client-kill follows) to those of DISCONNECT."""
    at = lambda r: datetime.datetime.fromisoformat(r['time']).timestamp() * 1000  # noqa: E731
    time.sleep(6)
    rows = w.trail('cut', 'disconnect')
    over = {r['from']: at(r) for r in rows if r['act'] == 'disconnect'}
    took = [over[r['from']] - at(r) for r in rows if r['act'] == 'cut' and r.get('from') in over]
    if took:
        note(f'VPN: client-kill to DISCONNECT, median of {len(took)}', statistics.median(took), 'ms')
        note(f'VPN: client-kill to DISCONNECT, slowest of {len(took)}', max(took), 'ms')


def credential(w):
    runs = []
    for i in range(REVOCATIONS):
        name = f'lost{i}'
        where = w.user(name)
        cred = [c for c in w.box.items('credential', 'list', '--tenant', 'bench') if name in json.dumps(c)][-1]
        runs.append(cut_off(w, where, 'credential', 'revoke', cred['id']))
        wait_for(lambda: not w.box.sessions(), 10)
    cut_figures('credential revoked', runs)


def dirty(pid):
    rows = dict(re.findall(r'^(\w+):\s+(\d+) kB', read(f'/proc/{pid}/smaps_rollup'), re.M))
    return int(rows['Private_Dirty'])


def memory_now(w):
    vpn = w.box.processes()['vpn']['pid']
    keeper = [p for p in os.listdir('/proc') if p.isdigit() and
              re.search(rf'^PPid:\s+{vpn}$', read(f'/proc/{p}/status'), re.M)]
    if len(keeper) != 1:
        sys.exit(f'bartizan-vpn has {len(keeper)} children')
    return dirty(vpn), dirty(keeper[0])


def memory(when, figures):
    for name, kb in zip(('bartizan-vpn', 'its keeper'), figures):
        note(f'memory of {name}, private dirty, {when}', kb, 'kB')
    note(f'memory of both, private dirty, {when}', sum(figures), 'kB', '<= 2048 kB', sum(figures) <= 2048)


def crowd(w):
    """All at once; a try that fails is made again by the client itself."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    n = USERS * DEVICES
    vpn = w.box.processes()
    before = {k: v for k, v in cpu(vpn).items()}
    clients = [w.ours(w.users[i % USERS], more=('--route-nopull',)) for i in range(n)]
    started = time.monotonic() - clients[0].begun
    poll = select.poll()
    by = {}
    for c in clients:
        by[c.p.stdout.fileno()] = c
        poll.register(c.p.stdout, select.POLLIN)
    end = clients[0].begun + 120
    while time.monotonic() < end and any(c.done is None for c in by.values()):
        for fd, _ in poll.poll(500):
            if not by[fd].take():
                poll.unregister(fd)
                say(f'a client ended: {by.pop(fd).out.decode(errors="replace")[-500:]}')
    done = [c for c in clients if c.done is not None]
    spent = {k: v - before[k] for k, v in cpu(vpn).items()}
    say('CPU seconds: ' + ', '.join(f'{k} {v:.2f}' for k, v in spent.items() if v > 0.05))
    say(f'all started within {started:.1f} s; memory available: ' +
        re.search(r'MemAvailable:\s+(\d+ kB)', read('/proc/meminfo')).group(1))
    if not done:
        sys.exit('nobody got in')
    seconds = max(c.done for c in done) - clients[0].begun
    failed = sum(c.tries() > 1 or c.done is None for c in clients)
    took = sorted(c.done - c.begun for c in done)
    say(f'each: min {took[0]:.2f} median {statistics.median(took):.2f} max {took[-1]:.2f} s')
    note(f'VPN: {n} clients at once, first start to last in', seconds, 's', '<= 30 s', len(done) == n and seconds <= 30,
        digits=1)
    note(f'VPN: {n} clients at once, not in at the first try', failed, '')
    note(f'VPN: {n} clients at once, not in at all', n - len(done), '')
    note(f'VPN: {n} clients at once, median of each', statistics.median(took), 's', digits=1)
    wait_for(lambda: len(w.box.sessions()) >= len(done), 10, 0.5)
    say(f'{len(w.box.sessions())} sessions')
    w.full = memory_now(w)
    for c in clients:
        c.p.terminate()
    for c in clients:
        c.end()


def cpu(processes):
    """CPU seconds of each so far."""
    out = {}
    for name, row in processes.items():
        f = read(f"/proc/{row['pid']}/stat").rpartition(')')[2].split()
        if f:
            out[name] = (int(f[11]) + int(f[12])) / os.sysconf('SC_CLK_TCK')
    return out


PARTS = {'connect': connect, 'throughput': throughput, 'revoke': revoke, 'credential': credential, 'crowd': crowd}


def main():
    wanted = sys.argv[1:] or [*PARTS, 'memory']
    if not set(wanted) <= {*PARTS, 'memory'}:
        sys.exit(__doc__.splitlines()[0])
    why = why_not()
    if why is not None:
        print(json.dumps({'name': 'VPN', 'value': '-', 'unit': '', 'skipped': why}))
        return
    w = None
    try:
        w = World()
        w.full = None
        idle = memory_now(w)
        for part in wanted:
            if part in PARTS:
                say(part)
                PARTS[part](w)
        if 'memory' in wanted:
            memory('before any client', idle)
            if w.full is not None:
                memory(f'{USERS * DEVICES} clients', w.full)
    except BaseException:
        if w is not None and w.box is not None:
            for n, t in sorted(w.box.logs().items()):
                if 'vpn' in n:
                    for line in t.splitlines()[-8:]:
                        print(f'{n}: {line[:200]}', file=sys.stderr)
        raise
    finally:
        if w is not None:
            w.end()


main()
