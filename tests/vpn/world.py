# SPDX-License-Identifier: Apache-2.0
"""The place of system.py: a box with two VPNs, a site behind NAT, another site,
and what is asked there again and again. Start at World."""
import json
import os
import sys

from net import Space, VpnBox, client, read, run, up

CONF = '''
[vpn main]
tenant = home
listen = [::]:1194
remote = 192.0.2.1:1194
network = 10.88.0.0/24
network6 = fd88::/64
[vpn shop]
tenant = shop
listen = [::]:1195
proto = tcp
network = 10.89.0.0/24
network6 = fd89::/64
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
to = 10.77.0.1
[reach till6]
vpn = shop
role = viewer
to = fd77::1
service = tcp/4450
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
    c = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET)
    if sys.argv[5]: c.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[5].encode())
    c.settimeout(float(sys.argv[3]))
    c.connect((sys.argv[1], int(sys.argv[2])))
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

    def flow(self, space, to, port, name, seconds=1, how='once', dev=''):
        """dev: through this tunnel, whatever the routes say."""
        return space.start(sys.executable, '-c', FLOW, to, str(port), str(seconds), how, dev, log=self.log(name))

    def reaches(self, space, to, port, dev=''):
        p = self.flow(space, to, port, 'reach', dev=dev)
        p.wait(10)
        return not read(self.log('reach')).startswith('error')

    def trail(self, **want):
        rows = [json.loads(x) for x in self.box.cli('audit', 'tail', '--lines', '400').stdout.splitlines()
                if x.startswith('{')]
        return [r for r in rows if all(r.get(k) == v for k, v in want.items())]

    def pid(self, name):
        return self.box.processes()[name]['pid']

    def sets(self):
        """What nftables has of sets and their elements."""
        return self.srv.run('nft', 'list', 'sets', check=False).stdout

    def let_in(self, tap, name, where='bob', space=None, seconds=60, **kw):
        """A client that must get in; by default bob from the other site."""
        space = space or self.two
        p = self.client(space, name, getattr(self, where), '192.0.2.1' if space is self.one else '198.51.100.1', **kw)
        tap.ok(up(p.log, seconds), f'{name} is in', read(p.log)[-600:])
        return p

    def end(self):
        if self.box is not None:
            self.box.down()
        for s in reversed(self.spaces):
            s.end()


def last(path):
    return [float(x) for x in read(path).splitlines() if x[:1].isdigit()][-1]
