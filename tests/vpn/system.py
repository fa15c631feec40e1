#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A whole box with VPNs and stock OpenVPN clients, in network namespaces: who
is let in, what they reach, how fast they are gone, what is left when a part
dies. Prints TAP. Start at main()."""
import json
import os
import shutil
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from net import Space, VpnBox, client, read, run, stop, up, wait_for, why_not  # noqa: E402
from hostile_box import Tap  # noqa: E402

CONF = '''
[vpn main]
tenant = home
listen = [::]:1194
remote = 192.0.2.1:1194
network = 10.88.0.0/24
network6 = fd88::/64
[vpn shop]
tenant = shop
listen = 0.0.0.0:1195
proto = tcp
network = 10.89.0.0/24
[reach nas]
vpn = main
role = viewer
to = 10.77.0.1
service = tcp/4450
[reach nas6]
vpn = main
role = viewer
to = fd77::1
service = tcp/4450
[reach https]
vpn = main
role = viewer
to = box
[reach admin]
vpn = main
role = owner
to = 10.77.0.0/24
[reach till]
vpn = shop
role = viewer
to = 10.77.0.1
service = tcp/4450
'''
# an echo service on the ports that are asked for, both families
ECHO = '''
import socket, sys, threading
def serve(c):
    try:
        while True:
            d = c.recv(65536)
            if not d: break
            c.sendall(d)
    except OSError: pass
for port in map(int, sys.argv[1:]):
    s = socket.create_server(('::', port), family=socket.AF_INET6, dualstack_ipv6=True)
    def loop(s=s):
        while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
    threading.Thread(target=loop).start()
'''
# a conversation: the time after each answer, then why it ended
FLOW = '''
import socket, sys, time
try:
    c = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=float(sys.argv[3]))
    c.settimeout(float(sys.argv[3]))
    while True:
        c.sendall(b'x'); c.recv(1)
        print(time.monotonic(), flush=True)
        if sys.argv[4] == 'once': break
        time.sleep(0.01)
except OSError as e:
    print('error', e, flush=True)
'''


class World:
    """The box's place, a site behind NAT, another site."""

    def __init__(self):
        self.box = self.srv = None
        self.spaces = []
        self.srv, self.nat, self.one, self.two = (self.space(n) for n in ('s', 'n', '1', '2'))
        self.srv.link(self.nat, ['192.0.2.1/24'], ['192.0.2.2/24'], 1)
        self.nat.link(self.one, ['10.1.0.1/24'], ['10.1.0.2/24'], 2)
        self.srv.link(self.two, ['198.51.100.1/24', '2001:db8::1/64'],
            ['198.51.100.2/24', '2001:db8::2/64'], 3)
        run('ip', '-n', self.one.name, 'route', 'add', 'default', 'via', '10.1.0.1')
        self.nat.run('sysctl', '-qw', 'net.ipv4.ip_forward=1')
        self.nat.run('nft', 'add table ip t; add chain ip t p { type nat hook postrouting priority 100 ; }; '
            'add rule ip t p ip saddr 10.1.0.0/24 masquerade')
        for addr in ('10.77.0.1/32', 'fd77::1/128'):
            run('ip', '-n', self.srv.name, 'addr', 'add', addr, 'dev', 'lo')
        self.box = VpnBox(self.srv, CONF)
        self.at = self.box.home
        self.srv.start(sys.executable, '-c', ECHO, '4450', '4460', log=self.log('echo'))

    def space(self, name):
        s = Space(name)
        self.spaces.append(s)
        return s

    def log(self, name):
        return os.path.join(self.box.home, f'client-{name}.log')

    def client(self, space, name, where, remote, **kw):
        p = client(space, name, where, remote, self.log(name), **kw)
        p.log = self.log(name)
        return p

    def flow(self, space, to, port, name, seconds=1, how='once'):
        return space.start(sys.executable, '-c', FLOW, to, str(port), str(seconds), how, log=self.log(name))

    def reaches(self, space, to, port):
        p = self.flow(space, to, port, 'reach')
        p.wait(10)
        return not read(self.log('reach')).startswith('error')

    def trail(self, **want):
        rows = [json.loads(x) for x in self.box.cli('audit', 'tail', '--lines', '400').stdout.splitlines()
                if x.startswith('{')]
        return [r for r in rows if all(r.get(k) == v for k, v in want.items())]

    def end(self):
        if self.box is not None:
            self.box.down()
        for s in reversed(self.spaces):
            s.end()


def setting_up(tap, w):
    b = w.box
    for tenant, vpn in (('home', 'main'), ('shop', 'shop')):
        b.cli('tenant', 'add', tenant)
        b.cli('vpn', 'define', vpn, '--tenant', tenant)
    w.alice, w.bob, w.eve = (b.enrol(*who) for who in (('alice', 'home'), ('bob', 'home'), ('eve', 'shop')))
    b.cli('role', 'grant', 'alice', 'viewer', 'vpn:main', '--tenant', 'home')
    b.cli('role', 'grant', 'eve', 'viewer', 'vpn:shop', '--tenant', 'shop')
    rows = wait_for(lambda: [r for r in b.items('vpn', 'list') if r['state'] == 'up'][1:] and
        b.items('vpn', 'list'), 30)
    tap.ok(rows, 'both VPNs are up after init, without a restart', json.dumps(b.items('vpn', 'list')))
    p = b.processes()
    uids = {n: p[n]['uid'] for n in ('vpn', 'openvpn1', 'openvpn2')}
    tap.ok(uids['vpn'] != uids['openvpn1'] == uids['openvpn2'], 'OpenVPN and bartizan-vpn: uids of their own', str(uids))
    status = read(f"/proc/{p['openvpn1']['pid']}/status")
    caps = [x for x in status.splitlines() if x.startswith(('CapEff', 'CapPrm', 'CapAmb'))]
    tap.ok(all(x.endswith('0000000000000000') for x in caps), 'OpenVPN has no right over the network', str(caps))
    status = read(f"/proc/{p['vpn']['pid']}/status")
    caps = [x for x in status.splitlines() if x.startswith(('CapEff', 'CapPrm', 'CapAmb'))]
    tap.ok(all(x.endswith('0000000000000000') for x in caps), 'nor has bartizan-vpn, only its keeper', str(caps))
    found = run('grep', '-rl', 'PRIVATE KEY', os.path.join(b.home, 'lib', 'vpn'), os.path.join(b.home, 'openvpn'),
        check=False).stdout
    tap.ok(found == '', 'there is no key in what OpenVPN reads', found)


def profile(tap, w):
    """What a person gets: from the box's own public document, for a stock client."""
    b = w.box
    url = f'https://localhost:{b.port}'
    out = os.path.join(w.at, 'alice.ovpn')
    p = b.cli('vpn', 'profile', 'alice', '--vpn', 'main', '--keys', w.alice, '--url', url, '--out', out, check=False)
    text = read(out)
    tap.ok(p.returncode == 0 and 'remote 192.0.2.1 1194 udp' in text, 'vpn profile from the box itself', p.stderr + text[:300])
    p = w.one.start('openvpn', '--config', out, '--dev', 'profile', '--dev-type', 'tun', '--connect-retry', '1', '1',
        '--connect-retry-max', '3', log=w.log('profile'))
    tap.ok(up(w.log('profile'), 40), 'it works in a stock client', read(w.log('profile'))[-800:])
    stop(p)
    wait_for(lambda: not b.sessions(), 20)


def denied(tap, w):
    for name, where, why in (('bob', w.bob, 'no grant on this VPN'), ('eve', w.eve, 'another tenant')):
        p = w.client(w.two, name + 'x', where, '198.51.100.1')
        tap.ok(wait_for(lambda: 'AUTH_FAILED,not permitted' in read(p.log)), f'{name} is refused and not told why ({why})',
            read(p.log)[-400:])
        stop(p)
    rows = w.trail(act='connect', dec='deny')
    tap.ok(len(rows) >= 2 and len({r['why'] for r in rows}) == 2 and any('cred' in r for r in rows),
        'the trail has both with their reasons', str(rows))
    make_foreign(w)
    p = w.client(w.two, 'foreign', w.foreign, '198.51.100.1')
    tap.ok(wait_for(lambda: 'TLS Error' in read(p.log) or 'Connection reset' in read(p.log) or
        'VERIFY ERROR' in read(os.path.join(w.box.home, 'log', 'openvpn1.log'))),
        'a certificate of another CA ends in the handshake', read(p.log)[-400:])
    stop(p)
    tap.ok(not w.box.sessions(), 'nobody is in')


def make_foreign(w):
    """Another CA that uses our names."""
    w.foreign = os.path.join(w.at, 'foreign')
    os.mkdir(w.foreign)
    at = lambda n: os.path.join(w.foreign, n)  # noqa: E731
    p256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    run('openssl', 'req', '-x509', *p256, '-keyout', at('ca.key'), '-out', at('their-ca.pem'), '-subj', '/CN=vm')
    with open(at('ext'), 'w') as f:
        f.write('extendedKeyUsage=clientAuth\nkeyUsage=digitalSignature\n'
            'subjectAltName=URI:spiffe://vm.bartizan.internal/home/user/alice\n')
    run('openssl', 'req', *p256, '-keyout', at('key.pem'), '-out', at('csr'), '-subj', '/CN=alice')
    run('openssl', 'x509', '-req', '-in', at('csr'), '-CA', at('their-ca.pem'), '-CAkey', at('ca.key'), '-set_serial',
        '0x' + '51' * 16, '-extfile', at('ext'), '-out', at('cert.pem'), '-days', '2')
    shutil.copy(os.path.join(w.alice, 'ca.pem'), at('ca.pem'))


def let_in(tap, w):
    w.p = w.client(w.one, 'alice', w.alice, '192.0.2.1')
    tap.ok(up(w.p.log), 'alice is in, from behind NAT', read(w.p.log)[-600:])
    s = wait_for(lambda: w.box.sessions('alice')) or [{}]
    tap.ok(s[0].get('address', '').startswith('10.88.0.') and s[0].get('roles') == 'viewer', 'listed with address and role', str(s))
    for to, port, good, what in (('10.77.0.1', 4450, True, 'the NAS'), ('fd77::1', 4450, True, 'the NAS by IPv6'),
            ('10.77.0.1', 4460, False, "not the router's administration")):
        tap.ok(w.reaches(w.one, to, port) == good, f'a viewer reaches {what}', read(w.log('reach')))
    w.p6 = w.client(w.two, 'alice6', w.alice, '2001:db8::1', proto='udp6')
    tap.ok(up(w.p6.log), 'the same person with a second device, by IPv6 outside', read(w.p6.log)[-600:])
    tap.ok(len(wait_for(lambda: w.box.sessions('alice')[1:] and w.box.sessions('alice')) or []) == 2, 'two sessions')
    tap.ok(w.reaches(w.two, '10.77.0.1', 4450), 'and reaches the NAS too')
    w.pe = w.client(w.two, 'eve', w.eve, '198.51.100.1', proto='tcp-client', port='1195')
    tap.ok(up(w.pe.log), "eve is in the shop's VPN, by TCP", read(w.pe.log)[-600:])


def role_change(tap, w):
    w.box.cli('role', 'grant', 'alice', 'owner', 'vpn:main', '--tenant', 'home')
    tap.ok(wait_for(lambda: w.reaches(w.one, '10.77.0.1', 4460), 5), 'a role more: reached without connecting again')
    w.box.cli('role', 'revoke', 'alice', 'owner', 'vpn:main', '--tenant', 'home')
    tap.ok(wait_for(lambda: not w.reaches(w.one, '10.77.0.1', 4460), 5), 'a role less: not any more')
    tap.ok(w.reaches(w.one, '10.77.0.1', 4450) and len(w.box.sessions('alice')) == 2, 'the rest goes on')


def last(path):
    return [float(x) for x in read(path).splitlines() if x[:1].isdigit()][-1]


def cut_off(tap, w, what, *cmd):
    """A command while alice transfers; when did the last byte pass?"""
    p = w.flow(w.one, '10.77.0.1', 4450, 'going', 3, 'long')
    tap.ok(wait_for(lambda: len(read(w.log('going'))) > 200), f'{what}: a transfer is going on')
    w.box.cli(*cmd)
    answered = time.monotonic()
    p.wait(20)
    late = last(w.log('going')) - answered
    tap.note(f'{what}: last byte {late * 1000:.0f} ms after the answer of the command')
    tap.ok(late < 1, f'{what}: the transfer ends within a second', f'{late:.3f} s')


def revoked(tap, w):
    cut_off(tap, w, 'role taken away', 'role', 'revoke', 'alice', 'viewer', 'vpn:main', '--tenant', 'home')
    tap.ok(wait_for(lambda: not w.box.sessions(), 15) or not w.box.sessions('alice'), 'her sessions end')
    for p in (w.p, w.p6):
        stop(p)
    w.box.cli('role', 'grant', 'alice', 'viewer', 'vpn:main', '--tenant', 'home')
    w.p = w.client(w.one, 'alice', w.alice, '192.0.2.1')
    tap.ok(up(w.p.log), 'given back: she is in again', read(w.p.log)[-600:])
    cred = [c for c in w.box.items('credential', 'list', '--tenant', 'home') if 'alice' in json.dumps(c)][0]
    cut_off(tap, w, 'credential revoked', 'credential', 'revoke', cred['id'])
    tap.ok(wait_for(lambda: 'AUTH_FAILED,not permitted' in read(w.p.log), 20), 'and she does not come in again')
    stop(w.p)
    out = [r for r in w.trail(act='disconnect', tenant='home') if r.get('cred')]
    tap.ok(out and out[-1].get('n', 0) > 0, 'the trail has duration and bytes', str(out[-1:]))


def one_trail(tap, w):
    """bob: by VPN to the NAS; all under one credential."""
    b = w.box
    b.cli('share', 'add', 'photos', '--tenant', 'home')
    b.cli('role', 'grant', 'bob', 'editor', 'photos', '--tenant', 'home')
    b.cli('role', 'grant', 'bob', 'viewer', 'vpn:main', '--tenant', 'home')
    w.pb = w.client(w.two, 'bob', w.bob, '198.51.100.1')
    tap.ok(up(w.pb.log), 'bob is in', read(w.pb.log)[-600:])
    at = lambda n: os.path.join(w.bob, n)  # noqa: E731
    port = b.port
    got = w.two.run('curl', '-sS', '--cacert', at('ca.pem'), '--cert', at('cert.pem'), '--key', at('key.pem'),
        '--connect-to', f'localhost:{port}:10.88.0.1:{port}', '-o', '/dev/null', '-w', '%{http_code}', '-H', 'Expect:',
        '--data-binary', 'a cat', '-X', 'PUT', f'https://localhost:{port}/home/photos/cat.txt', check=False).stdout
    tap.ok(got == '201', 'a file through the tunnel, by HTTPS', got)
    stop(w.pb)
    rows = wait_for(lambda: [r for r in w.trail(act='disconnect') if 'bob' in r.get('who', '')] and
        [r for r in w.trail() if 'bob' in r.get('who', '') and r.get('via') in ('vpn', 'https')], 30) or []
    acts = [r['act'] for r in rows]
    tap.ok('connect' in acts and 'disconnect' in acts and any('photos' in r.get('obj', '') for r in rows) and
        len({r['cred'] for r in rows if 'cred' in r}) == 1, 'one trail: connect, the file, disconnect, one credential',
        str(rows))


def parts_die(tap, w):
    b = w.box
    pid = lambda n: b.processes()[n]['pid']  # noqa: E731
    w.pb = w.client(w.two, 'bob', w.bob, '198.51.100.1', more=['--ping', '2', '--ping-restart', '8'])
    tap.ok(up(w.pb.log), 'bob is in again', read(w.pb.log)[-600:])

    def back(what):
        ok = wait_for(lambda: w.reaches(w.two, '10.77.0.1', 4450) and b.sessions('bob'), 90, 0.2)
        tap.ok(ok, f'{what}: it comes back by itself', read(w.pb.log)[-800:])

    os.kill(pid('openvpn1'), signal.SIGKILL)
    tap.ok(wait_for(lambda: not w.reaches(w.two, '10.77.0.1', 4450), 10), 'OpenVPN killed: nothing passes')
    back('OpenVPN killed')
    os.kill(pid('vpn'), signal.SIGKILL)
    sets = lambda: w.srv.run('nft', 'list', 'sets', check=False).stdout  # noqa: E731
    tap.ok(wait_for(lambda: 'elements' not in sets(), 5), 'bartizan-vpn killed: its keeper empties the sets', sets())
    back('bartizan-vpn killed')
    os.kill(pid('crypto-tee'), signal.SIGSTOP)
    p = w.client(w.one, 'late', w.bob, '192.0.2.1')
    time.sleep(2)
    tap.ok('Completed' not in read(p.log), 'the signer hangs: nobody new gets in')
    tap.ok(wait_for(lambda: w.reaches(w.two, '10.77.0.1', 4450), 8), 'who is in stays in, after a pause')
    os.kill(pid('crypto-tee'), signal.SIGCONT)
    tap.ok(up(p.log, 60), 'it goes on: the waiting one is in', read(p.log)[-800:])
    stop(p)
    os.kill(pid('audit'), signal.SIGSTOP)
    p = w.client(w.one, 'late2', w.bob, '192.0.2.1')
    time.sleep(2)
    tap.ok('Completed' not in read(p.log), 'no record, no way in')
    os.kill(pid('audit'), signal.SIGCONT)
    stop(p)
    stop(w.pb)


def other_ends(tap, w):
    """A ruleset that somebody flushed; a client that OpenVPN drops without a word."""
    b = w.box
    w.pb = w.client(w.two, 'bob', w.bob, '198.51.100.1', more=['--ping', '2', '--ping-restart', '8'])
    tap.ok(up(w.pb.log, 60), 'bob is in', read(w.pb.log)[-600:])
    w.srv.run('nft', 'flush', 'ruleset')
    tap.ok(wait_for(lambda: 'bartizan_main' in w.srv.run('nft', 'list', 'tables', check=False).stdout, 10),
        'flushed: the table is there again within seconds')
    tap.ok(wait_for(lambda: w.reaches(w.two, '10.77.0.1', 4450), 60, 0.2) and
        not w.reaches(w.two, '10.77.0.1', 4460), 'and he, connected anew, reaches what he may', read(w.pb.log)[-600:])
    stop(w.pb)
    tap.ok(wait_for(lambda: not b.sessions('bob'), 80), 'bob has left', str(b.items('vpn', 'sessions')))
    p = w.client(w.two, 'cipher', w.bob, '198.51.100.1', more=['--data-ciphers', 'AES-128-CBC'])
    tap.ok(wait_for(lambda: 'AUTH_FAILED' in read(p.log) or 'failed' in read(p.log), 20), 'a client without a common cipher')
    stop(p)


def killed_by_hand(tap, w):
    b = w.box
    w.pb = w.client(w.two, 'bob', w.bob, '198.51.100.1')
    tap.ok(up(w.pb.log, 60), 'bob once more', read(w.pb.log)[-600:])
    s = wait_for(lambda: b.sessions('bob')) or [{'session': 'none'}]
    p = b.cli('vpn', 'kill', s[0]['session'], check=False)
    tap.ok(p.returncode == 0, 'vpn kill', p.stderr)
    tap.ok(wait_for(lambda: b.sessions('bob') and b.sessions('bob')[0]['session'] != s[0]['session'], 30),
        'it is gone; he, who may, comes again', str(b.items('vpn', 'sessions')))
    p = b.cli('vpn', 'kill', 'main:99999', check=False)
    tap.ok(p.returncode != 0 and 'E_NOENT' in p.stderr, 'a session that there is not', p.stderr)
    stop(w.pb)


def main():
    tap = Tap()
    why = why_not()
    if why is not None:
        print(f'1..0 # SKIP {why}')
        return
    w = None
    try:
        w = World()
        for chapter in (setting_up, profile, denied, let_in, role_change, revoked, one_trail, parts_die, other_ends, killed_by_hand):
            tap.note(chapter.__name__)
            chapter(tap, w)
        reports = w.box.reports()
        tap.ok(not reports, 'no sanitizer or kernel report', reports)
        if tap.bad:
            for n, t in sorted(w.box.logs().items()):
                if 'vpn' in n:
                    for line in t.splitlines()[-30:]:
                        tap.note(f'{n}: {line[:200]}')
    finally:
        if w is not None:
            w.end()
    tap.end()


main()
