#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast elliptic curves are in the trusted application: by the GP API (EC=gp) and by the dev kit's
mbedTLS (EC=mbed), on OP-TEE under QEMU. Two boots each: a TA around ta/src/ec.h (tests/target/speed_ta),
then the trusted application as its client sees it. What is measured is QEMU's CPU time between two marks on
the guest's console (tests/target/speed.h), so that other work on this machine counts little; wall time is
given beside it. After `make optee-env`. usage: optee/speed.py"""
import os
import re
import shutil
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ENV = os.path.join(TOP, 'build/optee')
WORK = os.path.join(ENV, 'speed')
CROSS = 'aarch64-linux-gnu-'
MARK = re.compile(rb'^SPEED (\S+) (\S+) (\d+)\r?$')


def make(folder, **variables):
    subprocess.run(['make', '-s', '-C', os.path.join(TOP, folder), f'CROSS_COMPILE={CROSS}',
        *(f'{k}={v}' for k, v in variables.items())], check=True, stdout=sys.stderr)


def build():
    kit, sysroot = os.path.join(ENV, 'kit'), os.path.join(ENV, 'sysroot')
    for ec in ('gp', 'mbed'):
        make('ta', TA_DEV_KIT_DIR=kit, EC=ec, O=f'{WORK}/ta-{ec}')
        make('tests/target/speed_ta', TA_DEV_KIT_DIR=kit, EC=ec, O=f'{WORK}/speed-ta-{ec}')
    make('ta/plugin', SYSROOT=sysroot, O=f'{WORK}/plugin')
    make('tests/target', SYSROOT=sysroot, TESTROOT=os.path.join(ENV, 'testroot'), O=f'{WORK}/target')


def job(ec, part):
    tree = f'{WORK}/job'
    shutil.rmtree(tree, ignore_errors=True)
    lib, plugins = f'{tree}/usr/lib/optee_armtz', f'{tree}/usr/lib/tee-supplicant/plugins'
    for folder in (lib, plugins, f'{tree}/usr/bin', f'{tree}/job', f'{tree}/var/lib/bartizan-test'):
        os.makedirs(folder)
    for source in (f'{WORK}/ta-{ec}', f'{WORK}/speed-ta-{ec}'):
        for name in os.listdir(source):
            if name.endswith('.ta'):
                shutil.copy(f'{source}/{name}', lib)
    shutil.copy(f'{WORK}/plugin/bartizan-tpm.plugin', plugins)
    for name in ('ta_client', 'speed_client'):
        shutil.copy(f'{WORK}/target/{name}', f'{tree}/usr/bin')
    with open(f'{tree}/job/run', 'w') as f:
        f.write(f'#!/usr/bin/busybox sh\nexec {part}\n')
    os.chmod(f'{tree}/job/run', 0o755)
    return tree


def cpu(pid):
    """CPU seconds of a process, all its threads."""
    total = 0
    for task in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{task}/schedstat') as f:
            total += int(f.read().split()[0])
    return total / 1e9


class Boot:
    """One boot; `rows`: (algorithm, operation) -> (n, CPU s, wall s) of one operation."""

    def __init__(self, ec, part):
        self.dir = f'{WORK}/{ec}'
        shutil.rmtree(self.dir, ignore_errors=True)
        self.rows, self.begun = {}, None
        self.run = subprocess.Popen([os.path.join(TOP, 'optee/run.sh'), job(ec, part), self.dir],
            env={**os.environ, 'LIMIT': '1500'}, stdout=sys.stderr)
        self.watch()

    def line(self, text):
        m = MARK.match(text)
        if m is None:
            if text.startswith(b'not ok'):
                sys.exit(f'{self.dir}/console.log: {text.decode()}')
            return
        with open(f'{self.dir}/qemu.pid') as f:
            at = cpu(int(f.read())), time.monotonic()
        n = int(m[3])
        if n > 0:
            self.rows[m[1].decode(), m[2].decode()] = (n, *((b - a) / n for a, b in zip(self.begun, at)))
        self.begun = at

    def watch(self):
        rest, seen = b'', 0
        while self.run.poll() is None:
            time.sleep(0.005)
            if not os.path.exists(f'{self.dir}/console.log'):
                continue
            with open(f'{self.dir}/console.log', 'rb') as f:
                f.seek(seen)
                new = f.read()
            seen += len(new)
            *lines, rest = (rest + new).split(b'\n')
            for text in lines:
                self.line(text)
        if self.run.returncode != 0:
            sys.exit(f'{self.dir}: exit status {self.run.returncode}')


def table(title, gp, mbed):
    print(f'\n{title}\n')
    print('| | | gp: n | CPU s | wall s | mbed: n | CPU s | wall s | gp / mbed, CPU |')
    print('|---|---|---|---|---|---|---|---|---|')
    for key in gp:
        a, b = gp[key], mbed[key]
        cells = ' | '.join(f'{n} | {c:.4f} | {w:.4f}' for n, c, w in (a, b))
        print(f'| {key[0]} | {key[1]} | {cells} | {a[1] / b[1]:.1f} |')
    sys.stdout.flush()


def main():
    build()
    for title, part in (('One operation in a TA (ta/src/ec.h)', 'speed_client'),
            ('A command of the trusted application', 'ta_client speed')):
        table(title, *(Boot(ec, part).rows for ec in ('gp', 'mbed')))


main()
