#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""GET 4 KiB and PUT 4 KiB over mTLS keep-alive: CPU of Apache per request, with
the module and, in the same run, without it (same configuration, `Require all
granted` in its place). Rounds alternate; the median counts. The audit socket is
a fake that takes everything, so that Apache alone is measured. JSON lines."""
import json
import os
import re
import statistics
import struct
import sys

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '..'))
sys.path.insert(0, os.path.join(TOP, 'tests', 'httpd'))
from box import Box, Client  # noqa: E402

REL = os.environ.get('BTZ_BENCH_BUILD', os.path.join(TOP, 'build', 'rel'))
ROUNDS, GETS, PUTS = 5, 4000, 1000
SEQ = struct.pack('>Q', 1)


def cpu(box):
    """Seconds, from the scheduler: all threads of Apache's children."""
    total = 0
    for pid in box.children():
        for tid in os.listdir(f'/proc/{pid}/task'):
            with open(f'/proc/{pid}/task/{tid}/schedstat') as f:
                total += int(f.read().split()[0])
    return total / 1e9


def run(box, client, request, n):
    """Microseconds of CPU per request, on a connection of its own: while the
    other Apache was measured, a kept one may have become too old."""
    client.close()
    if client.status('GET', '/home/photos/x') != 200:
        raise SystemExit('GET failed')
    sock = client.conn.sock
    before = cpu(box)
    for _ in range(n):
        sock.sendall(request)
        data = sock.recv(16384)
        if not data.startswith((b'HTTP/1.1 200', b'HTTP/1.1 204')):
            raise SystemExit(f'unexpected answer: {data[:60]!r}')
        want = re.search(rb'Content-Length: (\d+)', data)
        have = len(data) - data.index(b'\r\n\r\n') - 4
        while want and have < int(want.group(1)):
            have += len(sock.recv(16384))
    return (cpu(box) - before) / n * 1e6


def make(plain):
    box = Box(os.path.join(REL, 'tests/httpd/mkpolicy'), os.path.join(REL, 'tests/httpd/mkconf'),
        os.path.join(REL, 'src/httpd/mod_bartizan.so'))
    box.audit.fn = lambda op, rid, flags, body: (0, SEQ)
    alice = box.pki.user('home', 'alice')
    box.policy(['tenant home', 'share home photos', 'role home editor list,read,write,delete',
        'user home alice', f'cred home alice {alice} on', 'bind home alice photos editor'])
    if plain:
        path = box.path('apache/httpd.conf')
        with open(path) as f:
            text = f.read()
        text = re.sub(r'(LoadModule )bartizan_module "[^"]*"',
            lambda m: '\n'.join(re.findall(r'LoadModule dav_module "[^"]*"', text)).replace(
                'dav_module', 'authz_core_module').replace('mod_dav.so', 'mod_authz_core.so'), text)
        text = re.sub(r'Bartizan\w+ .*\n', '', text).replace('\tDAV On\n', '\tDAV On\n\tRequire all granted\n')
        with open(path, 'w') as f:
            f.write(text)
        os.makedirs(box.path('shares/home/photos'))
    box.start()
    client = Client(box, 'alice')
    if client.status('PUT', '/home/photos/x', b'x' * 4096) != 201:
        raise SystemExit('PUT failed:\n' + box.errors())
    return box, client


def main():
    boxes = {}
    try:
        for name in ('with', 'without'):
            boxes[name] = make(name == 'without')
        # bars: what a module with a socket round trip per request cost (measured before)
        for what, bar, n in (('GET', 1.47, GETS), ('PUT', 1.15, PUTS)):
            got = {name: [] for name in boxes}
            for _ in range(ROUNDS):
                for name, (box, client) in boxes.items():
                    head = f'{what} /home/photos/x HTTP/1.1\r\nHost: localhost:{box.port}\r\n'
                    body = b'x' * 4096 if what == 'PUT' else b''
                    head += f'Content-Length: {len(body)}\r\n\r\n' if body else '\r\n'
                    got[name].append(run(box, client, head.encode() + body, n))
            a, b = (statistics.median(got[k]) for k in ('with', 'without'))
            print(json.dumps({'name': f'{what} 4 KiB over mTLS, CPU of Apache', 'value': round(a, 1),
                'unit': 'us', 'peer': 'without module', 'peer_value': round(b, 1),
                'ratio': round(a / b, 3), 'bar': f'<= {bar}', 'met': a / b <= bar}), flush=True)
    finally:
        for box, _ in boxes.values():
            box.remove()


if __name__ == '__main__':
    sys.exit(main())
