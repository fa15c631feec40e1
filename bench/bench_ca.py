#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: bench_ca.py HOME

Certificates per second on the running box HOME: invites and CSRs are made
beforehand, then enrolments go as the Apache module sends them (op HTTP on
run/http/ca.sock) over one and over eight connections. Each answer is a
certificate that is signed by the TA, stored, in the published policy and in
the durable audit log. The peer in the same run is `openssl ca` over CSRs of
the same kind: a key in memory, nothing durable. Prints one JSON object a
line, as bench.py collects them. Start at main()."""
import json
import os
import select
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '..'))
sys.path.insert(0, os.path.join(TOP, 'tests', 'system'))
from hostile_box import CHANGE, HTTP, LIBEXEC, OK, RC, RC_NAME, blob, call, connect, pack, receive, text

USERS = 20
SERIAL, PARALLEL = 200, 400
DAEMONS = ['ca', 'access', 'audit', 'crypto-tee', 'ta', 'broker']
TENANT, USER, INVITE, ADD = 1, 2, 8, 1


def change(s, noun, name, tenant='bench'):
    """CHANGE with verb add: the id of the answer (docs/protocol/access.md)."""
    body = bytes([noun, ADD]) + text(tenant) + text(name) + text('') * 3 + struct.pack('>Q', 0)
    status, answer, _ = call(s, CHANGE, body)
    if status == RC['E_EXIST']:
        return ''
    if status != OK:
        sys.exit(f'change {noun} {name}: {RC_NAME.get(status, status)}')
    n = struct.unpack('>H', answer[:2])[0]
    return answer[2:2 + n].decode()


def make_invites(home, n):
    with connect(os.path.join(home, 'run/admin/access.sock')) as s:
        change(s, TENANT, 'bench', tenant='')
        for u in range(USERS):
            change(s, USER, f'user{u}')
        return [change(s, INVITE, f'user{i % USERS}') for i in range(n)]


def make_csrs(tmp, n):
    """Several openssl at a time; each makes its own key."""
    names = [os.path.join(tmp, f'{i}.csr') for i in range(n)]
    for at in range(0, n, 4):
        running = [subprocess.Popen(['openssl', 'req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
            '-nodes', '-keyout', '/dev/null', '-subj', f'/CN=bench{at + i}', '-out', name],
            stderr=subprocess.DEVNULL) for i, name in enumerate(names[at:at + 4])]
        if any(p.wait() != 0 for p in running):
            sys.exit('openssl req failed')
    return names


def http_body(token, pem):
    return (text('POST') + text('/.bartizan/enrol') + text(token) + text('127.0.0.1:1') + blob(b'') + blob(pem))


def take(s):
    status, body, _ = receive(s)
    if status != OK:
        sys.exit(f'enrol: {RC_NAME.get(status, status)}')
    code, n = struct.unpack('>HH', body[:4])
    answer = body[4 + n + 4:]
    if code != 200 or not answer.startswith(b'-----BEGIN CERTIFICATE-----'):
        sys.exit(f'enrol: HTTP {code}: {answer[:200]}')


def enrol(home, todo, connections):
    """Sends the bodies over so many connections, one open request each.
    Returns (seconds, seconds of each)."""
    socks = [connect(os.path.join(home, 'run/http/ca.sock'), 30) for _ in range(connections)]
    todo, took, begun, busy = list(todo), [], {}, 0
    start = time.monotonic()
    for s in socks:
        if todo:
            begun[s] = time.monotonic()
            s.send(pack(HTTP, todo.pop()))
            busy += 1
    while busy:
        ready, _, _ = select.select(socks, [], [], 30)
        if not ready:
            sys.exit('enrol: no answer within 30 s')
        for s in ready:
            take(s)
            took.append(time.monotonic() - begun[s])
            busy -= 1
            if todo:
                begun[s] = time.monotonic()
                s.send(pack(HTTP, todo.pop()))
                busy += 1
    seconds = time.monotonic() - start
    for s in socks:
        s.close()
    return seconds, took


def pids(home):
    cli = os.path.join(LIBEXEC, 'src', 'cli', 'bartizan')
    p = subprocess.run([cli, '--home', home, '--json', 'status', '--processes'], capture_output=True, text=True)
    if p.returncode != 0:
        sys.exit(p.stderr.strip())
    return {r['name']: r['pid'] for r in json.loads(p.stdout)['items'] if r['name'] in DAEMONS}


def cpu(who):
    """Seconds of CPU of each; schedstat counts nanoseconds, stat ticks."""
    out = {}
    for name, pid in who.items():
        ns = 0
        for t in os.listdir(f'/proc/{pid}/task'):
            with open(f'/proc/{pid}/task/{t}/schedstat') as f:
                ns += int(f.read().split()[0])
        out[name] = ns / 1e9
    return out


def peer(tmp, csrs):
    """`openssl ca` signs all in one process: certificates per second."""
    d = os.path.join(tmp, 'peer')
    os.makedirs(os.path.join(d, 'new'))
    for name, content in (('index.txt', ''), ('serial', '1000\n'), ('ca.cnf', f'''[ca]
default_ca = x
[x]
dir = {d}
new_certs_dir = {d}/new
database = {d}/index.txt
serial = {d}/serial
certificate = {d}/ca.pem
private_key = {d}/ca.key
default_md = sha256
default_days = 30
policy = p
unique_subject = no
x509_extensions = e
[p]
commonName = supplied
[e]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = URI:spiffe://bench/bench/user/u
''')):
        with open(os.path.join(d, name), 'w') as f:
            f.write(content)
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
        '-keyout', f'{d}/ca.key', '-out', f'{d}/ca.pem', '-subj', '/CN=peer', '-days', '30'], check=True,
        stderr=subprocess.DEVNULL)
    begun, before = time.monotonic(), os.times()
    subprocess.run(['openssl', 'ca', '-config', f'{d}/ca.cnf', '-batch', '-notext', '-infiles', *csrs], check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds, after = time.monotonic() - begun, os.times()
    if len(os.listdir(os.path.join(d, 'new'))) != len(csrs):
        sys.exit('openssl ca did not sign them all')
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return len(csrs) / seconds, used / len(csrs)


def disk_p50(home):
    """One write+fdatasync of 4 KiB into a preallocated file, in us."""
    took = []
    with tempfile.NamedTemporaryFile(dir=home) as f:
        os.posix_fallocate(f.fileno(), 0, 200 * 4096)
        for i in range(200):
            begun = time.monotonic()
            os.pwrite(f.fileno(), bytes(4096), i * 4096)
            os.fdatasync(f.fileno())
            took.append(time.monotonic() - begun)
    return statistics.median(took) * 1e6


def note(name, value, unit, peer_name, peer_value, digits=0):
    print(json.dumps({'name': name, 'value': round(value, digits), 'unit': unit, 'peer': peer_name,
        'peer_value': round(peer_value, digits), 'ratio': round(value / peer_value, 3)}), flush=True)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.splitlines()[0])
    home, tmp = sys.argv[1], tempfile.mkdtemp(prefix='btz-bench-ca-')
    try:
        total = SERIAL + PARALLEL
        csrs = make_csrs(tmp, total)
        bodies = []
        for token, name in zip(make_invites(home, total), csrs):
            with open(name, 'rb') as f:
                bodies.append(http_body(token, f.read()))
        rate, used = peer(tmp, csrs[:SERIAL])
        who = pids(home)
        for connections, part in ((1, bodies[:SERIAL]), (8, bodies[SERIAL:])):
            disk = disk_p50(home)
            before = cpu(who)
            seconds, took = enrol(home, part, connections)
            spent = {n: (v - before[n]) / len(part) * 1e6 for n, v in cpu(who).items()}
            label = f'{connections} connection' + 's' * (connections > 1)
            disk = (disk + disk_p50(home)) / 2  # before and after: it drifts
            name = 'openssl ca, key in memory, not durable'
            note(f'certificates, {label}', len(part) / seconds, '1/s', name, rate)
            note(f'certificate, p50 of {label}', statistics.median(took) * 1e6, 'us',
                 'one write+fdatasync on the same disk', disk)
            note(f'certificate, CPU of all daemons, {label}', sum(spent.values()), 'us', name, used * 1e6)
            for n in DAEMONS:
                print(json.dumps({'name': f'certificate, CPU of {n}, {label}', 'value': round(spent[n]),
                    'unit': 'us'}), flush=True)
    finally:
        shutil.rmtree(tmp, ignore_errors=True)


main()
