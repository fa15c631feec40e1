#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bartizan vpn profile: what it refuses, the file that it writes, and a stock
openvpn that connects with that file and nothing else. TAP."""

import http.server
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'httpd'))
from box import Pki, free_port  # noqa: E402

CLI = os.path.join(os.environ['BTZ_BUILD'], 'src/cli/bartizan')
ENV = {'PATH': '/usr/sbin:/usr/bin:/bin', 'ASAN_OPTIONS': 'detect_leaks=0'}
OPENVPN = shutil.which('openvpn', path='/usr/sbin:/usr/bin')
n = failed = 0


def check(what, ok, detail=''):
    global n, failed
    n += 1
    failed += not ok
    print('%s %d - %s' % ('ok' if ok else 'not ok', n, what))
    if not ok:
        print('# ' + str(detail).replace('\n', '\n# '))


def run(*words):
    p = subprocess.run([CLI, 'vpn', 'profile', *words], capture_output=True, text=True, env=ENV)
    return p.returncode, p.stdout, p.stderr


def keys(pki, top, name, key=None):
    """The directory that enrol leaves."""
    d = os.path.join(top, 'keys-' + (name if key is None else name + '-' + key))
    os.mkdir(d)
    shutil.copy(pki.path((key or name) + '.key'), d + '/key.pem')
    pki.chain(d + '/cert.pem', name, 'issuing')
    pki.chain(d + '/ca.pem', 'root')
    return d


def serve(pki, answer):
    class H(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            ok = self.path == '/.bartizan/vpn/main.json'
            self.send_response(200 if ok else 404)
            self.send_header('Content-Length', str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args):
            pass

    s = http.server.HTTPServer(('127.0.0.1', 0), H)
    pki.chain(pki.path('chain.pem'), 'server', 'issuing')
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(pki.path('chain.pem'), pki.path('server.key'))
    s.socket = ctx.wrap_socket(s.socket, server_side=True)
    threading.Thread(target=s.serve_forever, daemon=True).start()
    return 'https://localhost:%d' % s.server_address[1]


def connect(pki, top, profile, proto):
    """The log of a stock client that has this profile and no device."""
    port = int(open(profile).read().split('remote ')[1].split()[1])
    pki.chain(pki.path('both.pem'), 'issuing', 'root')
    pki.chain(pki.path('chain.pem'), 'server', 'issuing')
    no_device = ['--dev', 'null', '--dev-type', 'tun', '--ifconfig-noexec', '--route-noexec', '--verb', '3']
    server = subprocess.Popen([OPENVPN, '--mode', 'server', '--tls-server', '--dh', 'none', '--topology', 'subnet',
        '--ifconfig', '10.99.0.1', '255.255.255.0', '--local', '127.0.0.1', '--port', str(port), '--proto', proto,
        '--ca', pki.path('both.pem'), '--cert', pki.path('chain.pem'), '--key', pki.path('server.key'), *no_device],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    log = os.path.join(top, 'client.log')
    client = None
    try:
        time.sleep(1)
        client = subprocess.Popen([OPENVPN, '--config', profile, '--log', log, '--connect-retry-max', '2', *no_device],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.time() + 20
        text = ''
        while time.time() < until and client.poll() is None and 'Peer Connection Initiated' not in text:
            time.sleep(0.2)
            text = open(log).read() if os.path.exists(log) else ''
        return text
    finally:
        for p in (client, server):
            if p is not None:
                p.kill()
                p.wait()


def main(top):
    pki = Pki(os.path.join(top, 'pki'))
    pki.user('home', 'alice')
    pki.user('home', 'bob')
    alice = keys(pki, top, 'alice')
    out = os.path.join(top, 'alice.ovpn')
    port = free_port()
    where = ['--remote', '127.0.0.1:%d' % port, '--server-name', 'server']
    good = ['alice', '--vpn', 'main', '--keys', alice, *where]
    for what, words, status, says in (
            ('no directory', ['alice', '--vpn', 'main', '--out', out], 2, '--keys DIR'),
            ('nowhere to', good, 2, '--out FILE, --qr'),
            ('no remote', ['alice', '--vpn', 'main', '--keys', alice, '--out', out], 2, '--url'),
            ('no name of the server', good[:-2] + ['--out', out], 2, '--server-name is missing'),
            ('no name', good[:-1] + ['a\nup x', '--out', out], 2, "--server-name"),
            ('no protocol', good + ['--proto', 'icmp', '--out', out], 2, "'icmp'"),
            ('no VPN', ['alice', '--vpn', 'Main', '--keys', alice, *where, '--out', out], 65, "'Main'"),
            ('no keys', ['alice', '--vpn', 'main', '--keys', top + '/none', *where, '--out', out], 65, 'enrol --out'),
            ("another's certificate", ['bob', '--vpn', 'main', '--keys', alice, *where, '--out', out], 65,
                "not of 'bob'"),
            ("another's key", ['alice', '--vpn', 'main', '--keys', keys(pki, top, 'alice', 'bob'), *where, '--out',
                out], 1, '')):
        rc, _, err = run(*words)
        check('%s: exit status %d' % (what, status), rc == status and says in err, (rc, err))
    check('nothing was written', not os.path.exists(out))

    rc, _, err = run(*good, '--out', out)
    check('a profile', rc == 0 and os.stat(out).st_mode & 0o777 == 0o600, (rc, err))
    text = open(out).read()
    check('the key is in it', open(alice + '/key.pem').read() in text)
    before = os.stat(out)
    rc, _, err = run(*good, '--out', out)
    check('never over a file', rc == 65 and 'already exists' in err and os.stat(out) == before, (rc, err))

    rc, small, err = run(*good, '--qr')
    check('a QR code', rc == 0 and '\u2580' in small and 'key in it' in err and len(text) < 2953
        and 'left out' not in err, (rc, len(text), err))
    pki.chain(alice + '/cert.pem', 'alice', 'issuing', 'root', 'root')
    rc, code, err = run(*good, '--qr')
    check('too large for a code: said, and left out', rc == 0 and 'left out of the code' in err
        and code.count('\n') < small.count('\n'), (rc, err))
    many = ['--remote', 'a.' * 120 + 'a'] * 8
    rc, code, err = run(*good, *many[:-2], '--qr')
    check('too large at all', rc == 65 and code == '' and '--out instead' in err, (rc, err))

    answer = ('{"v":1,"name":"main","remote":[{"host":"127.0.0.1","port":%d,"proto":"tcp"}],"server_name":"server"}'
        % port).encode()
    url = serve(pki, answer)
    by_box = os.path.join(top, 'box.ovpn')
    rc, _, err = run('user/alice', '--vpn', 'lab', '--keys', alice, '--url', url, '--out', by_box)
    check('the box does not know the VPN', rc == 65 and '404' in err, (rc, err))
    rc, _, err = run('user/alice', '--vpn', 'main', '--keys', alice, '--url', url, '--out', by_box)
    check('where it is, by the box', rc == 0 and 'remote 127.0.0.1 %d tcp\n' % port in open(by_box).read(), (rc, err))

    if OPENVPN is None:
        print('# no openvpn')
        return
    for profile, proto in ((out, 'udp4'), (by_box, 'tcp4-server')):
        log = connect(pki, top, profile, proto)
        check('a stock client connects, %s' % proto,
            'VERIFY X509NAME OK' in log and 'Peer Connection Initiated' in log and 'TLSv1.3' in log, log)
    wrong = os.path.join(top, 'wrong.ovpn')
    rc, _, err = run(*good[:-1], 'other', '--out', wrong)
    log = connect(pki, top, wrong, 'udp4')
    check('and not to a server of another name', rc == 0 and 'VERIFY X509NAME ERROR' in log
        and 'Peer Connection Initiated' not in log, log)


with tempfile.TemporaryDirectory(prefix='btz-profile-') as top_dir:
    os.mkdir(os.path.join(top_dir, 'pki'))
    main(top_dir)
print('1..%d' % n)
sys.exit(failed > 0)
