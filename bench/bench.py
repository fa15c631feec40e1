#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make bench: brings up a box of its own, runs every benchmark against its
floor or peer in the same run, prints one line per figure and writes them to
build/bench.json. A peer that is absent is skipped with a word. Ratios and CPU
per operation count; absolute times are this machine's, now."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '..'))
REL = os.path.join(TOP, 'build', 'rel')
CLI = os.path.join(REL, 'src', 'cli', 'bartizan')
DAEMONS = {'broker': 'src/broker/bartizan-broker', 'crypto-soft': 'src/crypto/bartizan-crypto',
    'crypto-tee': 'src/crypto/bartizan-crypto', 'ca': 'src/ca/bartizan-ca',
    'access': 'src/access/bartizan-access', 'audit': 'src/audit/bartizan-audit'}
figures = []


def note(name, value, unit, **more):
    """One figure: peer, peer_value, ratio, bar, met are optional."""
    figures.append({'name': name, 'value': value, 'unit': unit, **more})
    show(figures[-1])


def show(f):
    def num(v):
        return f'{v:.4g}' if isinstance(v, float) else str(v)
    line = f"{f['name']:<46} {num(f['value']):>10} {f['unit']:<6}"
    if f.get('peer'):
        line += f" | {f['peer']}: {num(f.get('peer_value', '-'))}"
    if f.get('ratio') is not None:
        line += f" | ratio {num(f['ratio'])}"
    if f.get('bar'):
        line += f" | bar {f['bar']}: {'met' if f.get('met') else 'MISSED'}"
    if f.get('skipped'):
        line += f" | skipped: {f['skipped']}"
    print(line, flush=True)


def skip(name, why):
    figures.append({'name': name, 'value': '-', 'unit': '', 'skipped': why})
    show(figures[-1])


def collect(title, argv, timeout=900, env=None):
    """Runs a benchmark that prints JSON lines; what it printed before it
    failed counts."""
    print(f'-- {title}', flush=True)
    text, why = '', None
    try:
        out = subprocess.run(argv, capture_output=True, text=True, timeout=timeout,
            env={**os.environ, **(env or {})})
        text = out.stdout
        if out.returncode != 0:
            why = f'exit status {out.returncode}: {out.stderr.strip()[-300:]}'
    except subprocess.TimeoutExpired as e:
        text, why = (e.stdout or b'').decode(), f'not done after {timeout} s'
    except OSError as e:
        why = str(e)
    for line in text.splitlines():
        if line.startswith('{') and line.endswith('}'):
            figures.append(json.loads(line))
            show(figures[-1])
    if why is not None:
        skip(title, why)


def cli(home, *args, check=True):
    env = {**os.environ, 'BARTIZAN_LIBEXEC': REL}
    p = subprocess.run([CLI, '--home', home, '--json', *args], capture_output=True, text=True, env=env)
    if check and p.returncode != 0:
        sys.exit(f"bartizan {' '.join(args)}: {p.stderr.strip()}")
    return p.stdout


def pids(home):
    """Program name -> pid, from the supervisor's status."""
    out = {}
    for item in json.loads(cli(home, 'status'))['items']:
        m = re.search(r'pid[ =](\d+)', str(item.get('value', '')))
        name = str(item.get('item', '')).split('.')[-1].split(' ')[-1]
        if m and name:
            out[name] = int(m.group(1))
    return out


def private_dirty(pid):
    with open(f'/proc/{pid}/smaps_rollup') as f:
        rows = dict(re.findall(r'^(\w+):\s+(\d+) kB', f.read(), re.M))
    return int(rows['Private_Dirty']), int(rows['Pss'])


def switches(pid):
    with open(f'/proc/{pid}/status') as f:
        return int(re.search(r'^voluntary_ctxt_switches:\s+(\d+)', f.read(), re.M).group(1))


def footprint(home):
    for name, pid in sorted(pids(home).items()):
        if not os.path.exists(f'/proc/{pid}/smaps_rollup'):
            continue
        dirty, pss = private_dirty(pid)
        note(f'memory of {name}, private dirty', dirty, 'kB', peer='its PSS', peer_value=pss)
    for name, path in DAEMONS.items():
        full = os.path.join(REL, path)
        if os.path.exists(full):
            stripped = tempfile.NamedTemporaryFile()
            subprocess.run(['strip', '-o', stripped.name, full], check=True)
            note(f'binary of {name}, stripped', os.path.getsize(stripped.name) // 1024, 'kB')


def idle(home):
    time.sleep(5)
    watched = {n: p for n, p in pids(home).items() if n in DAEMONS}
    time.sleep(2)
    before = {n: switches(p) for n, p in watched.items()}
    time.sleep(10)
    for n, p in watched.items():
        d = switches(p) - before[n]
        note(f'idle wake-ups of {n} in 10 s', d, '', bar='0', met=d == 0)


def box_up(home):
    os.makedirs(os.path.join(home, 'etc'), mode=0o755)
    with open(os.path.join(home, 'etc', 'bartizan.conf'), 'w') as f:
        f.write(f'[app bench]\nuid = {os.getuid()}\n')
    with open(os.path.join(REL, 'up.log'), 'w') as log:
        subprocess.run([CLI, '--home', home, 'up'], stdout=log, stderr=log,
            env={**os.environ, 'BARTIZAN_LIBEXEC': REL}, check=True)
    cli(home, 'init')


def main():
    home = tempfile.mkdtemp(prefix='btz-bench-')
    os.chmod(home, 0o755)
    collect('sign, soft', [os.path.join(REL, 'bench', 'bench_sign')])
    collect('leases, memory, strangers, many keys', [os.path.join(REL, 'bench', 'bench_kms')])
    collect('sign, TEE beside soft', [os.path.join(REL, 'bench', 'bench_tee')])
    collect('TBSCertificate in the TA', [os.path.join(REL, 'bench', 'bench_tbs')])
    collect('sign, TPM through the TA', [os.path.join(REL, 'bench', 'bench_tpm')])
    collect('sign, backend tpm-direct', [os.path.join(REL, 'bench', 'bench_tpm_direct')])
    collect('sign in the TEE, slow TPM', [os.path.join(REL, 'tests', 'system', 'slow_tpm'), '--bench'],
        env={'BTZ_BUILD': REL})
    collect('GET 4 KiB over mTLS', [sys.executable, os.path.join(TOP, 'bench', 'bench_httpd.py')])
    collect('the way in by VPN', [sys.executable, os.path.join(TOP, 'bench', 'bench_vpn.py')])
    collect('Parsec beside ours', [sys.executable, os.path.join(TOP, 'bench', 'bench_parsec.py')])
    try:
        box_up(home)
        who = pids(home)
        collect('audit appends', [os.path.join(REL, 'bench', 'bench_audit'),
            f'{home}/run/http/audit.sock', str(who['audit']), home, '32', '20000'])
        collect('key generation', [os.path.join(REL, 'bench', 'bench_keygen'), f'{home}/run/kms.sock', home])
        collect('certificates', [sys.executable, os.path.join(TOP, 'bench', 'bench_ca.py'), home])
        footprint(home)
        idle(home)
    finally:
        cli(home, 'down', check=False)
        shutil.rmtree(home, ignore_errors=True)
    with open(os.path.join(TOP, 'build', 'bench.json'), 'w') as f:
        json.dump({'v': 1, 'items': figures}, f, indent=1)
    missed = [f['name'] for f in figures if f.get('bar') and not f.get('met')]
    print(f'{len(figures)} figures in build/bench.json; bars missed: {len(missed)}')
    for name in missed:
        print(f'  missed: {name}')


main()
