#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: bench_parsec.py [PART...]

Our box beside Parsec's own service (1.4.1, Debian 13), by one client program
(parsec_load.c) over the unmodified wire. Parts: sign, generate, softhsm,
crowded, memory, idle, tpm (all, in this order). Parsec looks for connections every
10 ms; beside that default it is measured with a pause of 0. The bars are
against the default. Both take turns, and Parsec is stopped while it is not
measured. As root everything here runs with real-time priority, because the
machine is shared: this keeps both its CPUs busy for half a minute. Prints one
JSON object a line, as bench.py collects them. Start at main()."""
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tests', 'system'))
from hostile_box import Box, LIBEXEC  # noqa: E402
from parsec_peer import Missing, Peer, Swtpm, TPM, make_root  # noqa: E402

SOFTHSM = '/usr/lib/softhsm/libsofthsm2.so'
LOAD = os.path.join(LIBEXEC, 'bench', 'parsec_load')
ROUNDS, ROUND_MS = 5, 1000
KEYS, HOT, GENERATORS, SILENT = 1000, 64, 8, 100
SOFT, TPM_ID = 1, 3
PEER, PEER_0 = 'Parsec, as it comes', 'Parsec, its pause 0'
POLL_0 = 'idle_listener_sleep_duration = 0'
HERTZ = os.sysconf('SC_CLK_TCK')


def note(name, value, unit, peer=None, peer_value=None, ratio=None, bar=None, met=None):
    row = {'name': name, 'value': round(value, 2), 'unit': unit}
    if peer is not None:
        row.update(peer=peer, peer_value=round(peer_value, 2))
    if ratio is not None:
        row['ratio'] = round(ratio, 3)
    if bar is not None:
        row.update(bar=bar, met=met)
    print(json.dumps(row), flush=True)


def skip(name, why):
    print(json.dumps({'name': name, 'value': '-', 'unit': '', 'skipped': why}), flush=True)


class Ours:
    """A box of ours, as far as Parsec's clients see it."""

    def __init__(self, home, conf=''):
        os.makedirs(home)
        self.box = Box('[parsec]\nenabled = yes\nproviders = soft tpm-direct\n' + conf, home=home)
        self.sock = self.box.sock('parsec/parsec.sock')
        self.names = {n: int(r['pid']) for n, r in self.box.processes().items() if int(r['pid'])}

    def pids(self):
        """All that a request may touch: every process of the box but Apache."""
        return [p for n, p in self.names.items() if n != 'httpd']

    def sleep(self):
        pass

    wake = sleep

    def stop(self):
        self.box.down()


# -- what the kernel says of processes

def cpu(pids):
    """Seconds of utime and stime of all threads, also of those that ended."""
    ticks = 0
    for pid in pids:
        with open(f'/proc/{pid}/stat') as f:
            fields = f.read().rsplit(')', 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / HERTZ


def switches(pid):
    """Voluntary context switches of all its threads."""
    n = 0
    for task in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{task}/status') as f:
            n += int(re.search(r'^voluntary_ctxt_switches:\s+(\d+)', f.read(), re.M).group(1))
    return n


def memory(pid):
    """Private dirty and PSS, kB."""
    with open(f'/proc/{pid}/smaps_rollup') as f:
        rows = dict(re.findall(r'^(\w+):\s+(\d+) kB', f.read(), re.M))
    return int(rows['Private_Dirty']), int(rows['Pss'])


def stripped_kb(path):
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(['strip', '-o', out.name, path], check=True)
        return os.path.getsize(out.name) // 1024


# -- one measurement

def load(side, provider, *args):
    """parsec_load against a side; its figures and the side's CPU for each
    operation."""
    side.wake()
    used = cpu(side.pids())
    try:
        p = subprocess.run([LOAD, side.sock, str(provider), *map(str, args)], capture_output=True, text=True,
            timeout=120)
    finally:
        used = cpu(side.pids()) - used
        side.sleep()
    if p.returncode != 0:
        raise Missing(f'{args}: {p.stderr.strip()}')
    return {**json.loads(p.stdout), 'cpu_s': used}


def in_turn(sides, provider, *args, rounds=ROUNDS):
    """Name -> medians of some rounds, each side in each."""
    rows = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            rows[name].append(load(side, provider, *args))
    out = {}
    for name, all_of in rows.items():
        out[name] = {k: statistics.median(r[k] for r in all_of) for k in ('ops_s', 'p50_us', 'p99_us')}
        out[name]['cpu_us'] = 1e6 * sum(r['cpu_s'] for r in all_of) / sum(r['n'] for r in all_of)
    return out


def compare(name, got, bar):
    """Rate with its bar, p50 and CPU of ours beside each peer."""
    ours = got['ours']
    for peer in (PEER, PEER_0):
        if peer not in got:
            continue
        p = got[peer]
        ratio = ours['ops_s'] / p['ops_s']
        if peer == PEER and bar:
            note(name, ours['ops_s'], 'op/s', peer, p['ops_s'], ratio, f'>= {bar}', ratio >= bar)
        else:
            note(name, ours['ops_s'], 'op/s', peer, p['ops_s'], ratio)
        note(f'{name}, p50', ours['p50_us'], 'us', peer, p['p50_us'], ours['p50_us'] / p['p50_us'])
        note(f'{name}, CPU per op', ours['cpu_us'], 'us', peer, p['cpu_us'], ours['cpu_us'] / p['cpu_us'])


def count_of(clients):
    return '1 client' if clients == 1 else f'{clients} clients'


# -- parts

def sign(sides):
    for clients in (1, 16):
        got = in_turn(sides, SOFT, 'sign', 'sign0', clients, ROUND_MS)
        compare(f'SignHash P-256 by Parsec\'s wire, {count_of(clients)}', got, 5)
        kept = in_turn({'ours': sides['ours']}, SOFT, 'sign', 'sign0', clients, ROUND_MS, 'kept')['ours']
        name = f'SignHash P-256 by Parsec\'s wire, connections kept, {count_of(clients)}'
        note(name, kept['ops_s'], 'op/s', 'anew each time',
            got['ours']['ops_s'], kept['ops_s'] / got['ours']['ops_s'])
        note(f'{name}, CPU per op', kept['cpu_us'], 'us', 'anew each time',
            got['ours']['cpu_us'], kept['cpu_us'] / got['ours']['cpu_us'])


def generate(sides):
    """As many keys as memory is measured with."""
    rows = {name: load(side, SOFT, 'generate', 'many', GENERATORS, KEYS) for name, side in sides.items()}
    ours = rows['ours']['ops_s']
    for peer in (PEER, PEER_0):
        p = rows[peer]['ops_s']
        note('durable keys P-256 by Parsec\'s wire, 8 clients', ours, 'op/s', peer, p, ours / p, '>= 400', ours >= 400)


def softhsm(sides):
    """A module without any socket, beside ours with one; four threads."""
    program = os.path.join(LIBEXEC, 'bench', 'bench_softhsm')
    if not os.path.exists(SOFTHSM) or not os.path.exists(program):
        skip('SoftHSM2 in process', 'not installed')
        return
    with tempfile.TemporaryDirectory() as tokens:
        conf = os.path.join(tokens, 'softhsm2.conf')
        with open(conf, 'w') as f:
            f.write(f'directories.tokendir = {tokens}\nlog.level = ERROR\n')
        p = subprocess.run([program, SOFTHSM, '4'], capture_output=True, text=True, timeout=60,
            env={**os.environ, 'SOFTHSM2_CONF': conf})
    if p.returncode != 0:
        skip('SoftHSM2 in process', p.stderr.strip())
        return
    peer, ours = json.loads(p.stdout), sides['ours']
    anew = load(ours, SOFT, 'sign', 'sign0', 16, ROUND_MS)['ops_s']
    made = load(ours, SOFT, 'generate', 'more', GENERATORS, KEYS)['ops_s']
    signing, making = 'SignHash P-256 by Parsec\'s wire, 16 clients', 'durable keys P-256 by Parsec\'s wire, 8 clients'
    for name, value, key in ((signing, anew, 'sign'), (signing, anew, 'sign_1'), (making, made, 'generate')):
        threads = 'one thread' if key == 'sign_1' else 'four threads'
        note(name, value, 'op/s', f'SoftHSM2 in process, {threads}', peer[key], value / peer[key])


def crowded(sides):
    """The first signature after so many connections that say nothing."""
    args = (SOFT, 'crowded', 'sign0', SILENT)
    ours = statistics.median(load(sides['ours'], *args)['p50_us'] for _ in range(ROUNDS)) / 1000
    peer = load(sides[PEER], *args)['p50_us'] / 1000
    note(f'signature after {SILENT} silent connections', ours, 'ms', PEER, peer, ours / peer)


def footprint(sides):
    ours, peer = sides['ours'], sides[PEER]
    for side in (ours, peer):
        load(side, SOFT, 'each', 'many', HOT)
    dirty, pss = memory(peer.pid)
    parts = {n: memory(ours.names[n]) for n in ('parsec', 'broker', 'crypto-soft')}
    for name, (d, p) in [*parts.items(), ('all three', tuple(map(sum, zip(*parts.values()))))]:
        note(f'{KEYS} keys, {HOT} hot: private dirty of {name}', d, 'kB', 'Parsec', dirty, d / dirty)
        note(f'{KEYS} keys, {HOT} hot: PSS of {name}', p, 'kB', 'Parsec', pss, p / pss)
    sizes = [stripped_kb(os.path.join(LIBEXEC, 'src', n, 'bartizan-' + n)) for n in ('parsec', 'broker', 'crypto')]
    binary = stripped_kb(peer.binary)
    note('binaries of parsec, broker and crypto, stripped', sum(sizes), 'kB', 'Parsec', binary, sum(sizes) / binary)


def idle(sides):
    ours, peer = sides['ours'], sides[PEER]
    peer.wake()
    time.sleep(5)
    watched = {n: p for n, p in ours.names.items() if n in ('parsec', 'broker', 'crypto-soft', 'audit')}
    before = {p: switches(p) for p in [*watched.values(), peer.pid]}
    time.sleep(10)
    count = {p: switches(p) - n for p, n in before.items()}
    peer.sleep()
    for name, pid in watched.items():
        note(f'idle, wake-ups of {name} in 10 s', count[pid], '', PEER, count[peer.pid], None, '0', count[pid] == 0)


PARTS = {'sign': sign, 'generate': generate, 'softhsm': softhsm, 'crowded': crowded, 'memory': footprint, 'idle': idle}


def soft(tmp, parts):
    sides = {}
    try:
        sides['ours'] = Ours(os.path.join(tmp, 'box'))
        sides[PEER] = Peer(os.path.join(tmp, 'peer'))
        sides[PEER_0] = Peer(os.path.join(tmp, 'peer0'), core=POLL_0)
        for side in sides.values():
            load(side, SOFT, 'generate', 'sign', 1, 1)
        for name in parts:
            PARTS[name](sides)
    finally:
        for side in sides.values():
            side.stop()


def tpm(tmp):
    """Each with a TPM of its own, of the same kind."""
    sides, tpms = {}, []
    try:
        for tcp in (False, True, True):
            tpms.append(Swtpm(os.path.join(tmp, f'tpm{len(tpms)}'), tcp))
        sides['ours'] = Ours(os.path.join(tmp, 'box'), f'[tpm-direct]\ntcti = {tpms[0].tcti}\n')
        sides[PEER] = Peer(os.path.join(tmp, 'peer'), TPM.format(tpms[1].tcti))
        sides[PEER_0] = Peer(os.path.join(tmp, 'peer0'), TPM.format(tpms[2].tcti), POLL_0)
        for side in sides.values():
            load(side, TPM_ID, 'generate', 'sign', 1, 1)
        for clients, bar in ((1, 8), (16, None)):
            got = in_turn(sides, TPM_ID, 'sign', 'sign0', clients, ROUND_MS)
            compare(f'SignHash P-256 in the TPM by Parsec\'s wire, {count_of(clients)}', got, bar)
    except RuntimeError as e:  # a build that does not know [tpm-direct]
        raise Missing(f'no backend tpm-direct: {e}')
    finally:
        for side in [*sides.values(), *tpms]:
            side.stop()


def attempt(title, fn, *args):
    tmp = tempfile.mkdtemp(prefix='btz-parsec-')
    os.chmod(tmp, 0o755)
    try:
        make_root()
        fn(tmp, *args)
    except Missing as e:
        skip(title, str(e))
    finally:
        shutil.rmtree(tmp, ignore_errors=True)


def main():
    parts = sys.argv[1:] or [*PARTS, 'tpm']
    signal.signal(signal.SIGTERM, lambda *_: sys.exit('ended'))  # nothing stays behind
    if os.geteuid() == 0:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    beside_soft = [p for p in parts if p in PARTS]
    if beside_soft:
        attempt('Parsec beside ours', soft, beside_soft)
    if 'tpm' in parts:
        attempt('Parsec beside ours, TPM', tpm)


main()
