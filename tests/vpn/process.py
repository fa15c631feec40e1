#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The library of src/vpn against a real OpenVPN: stock server and clients in
two network namespaces, driven by drive.c. Prints TAP. Start at main()."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

DRIVE = os.path.abspath(sys.argv[1])
ID = os.getpid()
SRV, CLI = f'bz{ID}s', f'bz{ID}c'
ECHO = '''
import socket, sys, threading
def serve(c):
    while (b := c.recv(100)):
        c.sendall(b)
for port in (4450, 4460):
    s = socket.create_server(('10.77.0.1', port))
    def loop(s=s):
        while True:
            threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
    threading.Thread(target=loop).start()
'''
# sends a byte every 20 ms and prints the time of each echo
FLOW = '''
import socket, sys, time
try:
    c = socket.create_connection(('10.77.0.1', int(sys.argv[1])), timeout=2)
    end = time.time() + float(sys.argv[2])
    while time.time() < end:
        c.sendall(b'x')
        c.recv(1)
        print(time.monotonic(), flush=True)
        time.sleep(0.02)
except OSError as e:
    print('error', e, flush=True)
'''
failed = count = 0
procs = []


def check(what, ok):
    global failed, count
    count += 1
    failed += not ok
    print(f'{"ok" if ok else "not ok"} {count} - {what}', flush=True)
    return ok


def run(*cmd, **kw):
    return subprocess.run(cmd, check=True, capture_output=True, text=True, **kw).stdout


def start(ns, *cmd, log):
    with open(log, 'w') as f:
        p = subprocess.Popen(['ip', 'netns', 'exec', ns, *cmd], stdout=f,
            stderr=subprocess.STDOUT)
    procs.append(p)
    return p


def stop(p):
    if p.poll() is None:
        p.terminate()
        try:
            p.wait(5)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()


def wait_for(log, text, seconds=20):
    end = time.time() + seconds
    while time.time() < end:
        with open(log) as f:
            if text in f.read():
                return True
        time.sleep(0.02)
    return False


def certificates():
    ext = 'basicConstraints=critical,CA:{}\nkeyUsage=critical,{}\n{}'
    p256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    run('openssl', 'req', '-x509', *p256, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=ca')
    for name, eku, san, serial in (
            ('server', 'serverAuth', 'DNS:localhost', '51' * 16),
            ('alice', 'clientAuth', 'URI:spiffe://box.test/home/user/alice', '52' * 16),
            ('mallory', 'clientAuth', 'URI:spiffe://box.test/home/user/alice', '53' * 16)):
        with open('ext', 'w') as f:
            f.write(ext.format('FALSE', 'digitalSignature',
                f'extendedKeyUsage={eku}\nsubjectAltName={san}\n'))
        run('openssl', 'req', *p256, '-keyout', f'{name}.key', '-out', f'{name}.csr', '-subj', f'/CN={name}')
        run('openssl', 'x509', '-req', '-in', f'{name}.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key',
            '-set_serial', '0x' + serial, '-extfile', 'ext', '-out', f'{name}.crt', '-days', '2')
    der = subprocess.run(['openssl', 'x509', '-in', 'ca.crt', '-noout', '-fingerprint', '-sha256'],
        check=True, capture_output=True, text=True).stdout
    return der.split('=')[1].strip().replace(':', '').lower()


def network():
    run('ip', 'netns', 'add', SRV)
    run('ip', 'netns', 'add', CLI)
    run('ip', 'link', 'add', f'v{ID}s', 'type', 'veth', 'peer', 'name', f'v{ID}c')
    for ns, dev, addr in ((SRV, f'v{ID}s', '192.0.2.1'), (CLI, f'v{ID}c', '192.0.2.2')):
        run('ip', 'link', 'set', dev, 'netns', ns)
        run('ip', '-n', ns, 'addr', 'add', addr + '/24', 'dev', dev)
        run('ip', '-n', ns, 'link', 'set', dev, 'up')
        run('ip', '-n', ns, 'link', 'set', 'lo', 'up')
    run('ip', '-n', SRV, 'addr', 'add', '10.77.0.1/32', 'dev', 'lo')


def client(name):
    return start(CLI, 'openvpn', '--client', '--proto', 'udp', '--remote', '192.0.2.1', '1194',
        '--nobind', '--dev', 'tun', '--ca', 'ca.crt', '--cert', f'{name}.crt', '--key',
        f'{name}.key', '--remote-cert-tls', 'server', '--connect-retry', '1', '1',
        log=f'{name}.log')


def server():
    start(SRV, 'openvpn', '--mode', 'server', '--tls-server', '--proto', 'udp', '--local', '192.0.2.1',
        '--dev', 'tun-main', '--dev-type', 'tun', '--ifconfig', '10.88.0.1', '255.255.255.0',
        '--topology', 'subnet', '--dh', 'none', '--ca', 'ca.crt', '--cert', 'server.crt',
        '--verify-client-cert', 'require', '--remote-cert-tls', 'client',
        '--auth-user-pass-optional', '--management', 'm.sock', 'unix', '--management-hold',
        '--management-client-auth', '--management-external-key', 'pss', 'digest', 'nopadding',
        '--disable-dco', '--x509-track', 'subjectAltName', '--tls-version-min', '1.3', log='server.log')
    for _ in range(200):
        if os.path.exists('m.sock'):
            return
        time.sleep(0.05)


def gone():
    """A disconnect of somebody who had sent something (who was denied had not)."""
    with open('drive.log') as f:
        return any(x.startswith('disconnect ') and x.strip() != 'disconnect 0' for x in f)


def flow(port, seconds, log):
    return start(CLI, sys.executable, '-c', FLOW, str(port), str(seconds), log=log)


def chapters(issuer):
    server()
    drive = start(SRV, DRIVE, 'm.sock', 'server.key', '52' * 16, issuer, log='drive.log')
    start(SRV, sys.executable, '-c', ECHO, log='echo.log')
    mallory = client('mallory')
    check('a certificate that is not registered is denied',
        wait_for('drive.log', 'deny credential is not registered'))
    check('its client sees no reason', wait_for('mallory.log', 'AUTH_FAILED,not permitted'))
    stop(mallory)
    client('alice')
    check('alice is admitted', wait_for('drive.log', 'admit granted by role'))
    check('with a signature that did not come from OpenVPN', wait_for('drive.log', 'sign'))
    check('established under her name',
        wait_for('drive.log', 'established URI:spiffe://box.test/home/user/alice'))
    check('her tunnel is up', wait_for('alice.log', 'Initialization Sequence Completed'))
    stop_at = flow(4460, 1, 'denied.log')
    stop_at.wait(10)
    with open('denied.log') as f:
        check('a port that her role does not reach', f.read().startswith('error'))
    going = flow(4450, 30, 'flow.log')
    check('one that it reaches', wait_for('flow.log', '.'))
    time.sleep(0.5)
    cut = time.monotonic()
    os.kill(drive.pid, signal.SIGUSR1)
    check('revoked: cut', wait_for('drive.log', 'cut credential is revoked'))
    going.wait(40)
    with open('flow.log') as f:
        last = [float(x) for x in f if x[0].isdigit()][-1]
    print(f'# last byte {last - cut:.3f} s after the revocation')
    check('the established flow ended within a second', last - cut < 1)
    check('by the set alone: the tunnel is still up', not gone())
    os.kill(drive.pid, signal.SIGUSR2)
    for _ in range(500):
        if gone():
            break
        time.sleep(0.02)
    check('OpenVPN reports the disconnect and what came from her', gone())
    check('and whoever comes again is denied', wait_for('drive.log', 'deny credential is revoked'))
    with open('drive.log') as f:
        log = f.read()
    check('no command failed, no line was refused', 'error' not in log and 'failed' not in log)
    if failed:
        for name in ('drive.log', 'server.log', 'alice.log', 'flow.log'):
            with open(name) as f:
                print(''.join(f'# {name}: {x}' for x in f.readlines()[-25:]))


def may():
    if os.geteuid() != 0 or not all(map(shutil.which, ('openvpn', 'nft', 'ip', 'openssl'))):
        return False
    made = subprocess.run(['ip', 'netns', 'add', SRV], capture_output=True).returncode == 0
    if made:
        run('ip', 'netns', 'del', SRV)
    return made and os.path.exists('/dev/net/tun')


def main():
    if not may():
        print('1..0 # SKIP needs root, openvpn, nft and network namespaces')
        return 0
    top = tempfile.mkdtemp(prefix='btz-vpn-')
    os.chdir(top)
    try:
        issuer = certificates()
        network()
        chapters(issuer)
    finally:
        for p in reversed(procs):
            stop(p)
        for ns in (SRV, CLI):
            subprocess.run(['ip', 'netns', 'del', ns], capture_output=True)
        os.chdir('/')
        shutil.rmtree(top)
    print(f'1..{count}')
    return 1 if failed else 0


sys.exit(main())
