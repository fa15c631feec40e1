# SPDX-License-Identifier: Apache-2.0
"""A box with a VPN in a network namespace, and places from where clients come:
for system.py and the bench. Start at Site."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'system'))
from hostile_box import Box  # noqa: E402

ID = f'{os.getpid() % 10000:04d}'


def run(*cmd, check=True):
    return subprocess.run(cmd, check=check, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=120)


def why_not():
    """None, or why no such place can be made here."""
    if os.geteuid() != 0:
        return 'needs root'
    for program in ('openvpn', 'nft', 'ip', 'openssl', 'swtpm'):
        if shutil.which(program, path='/usr/sbin:/usr/bin:/sbin:/bin') is None:
            return f'needs {program}'
    if not os.path.exists('/dev/net/tun'):
        return 'needs /dev/net/tun'
    if run('ip', 'netns', 'add', f'btz{ID}x', check=False).returncode != 0:
        return 'no network namespace can be made'
    run('ip', 'netns', 'del', f'btz{ID}x')
    return None


class Space:
    """A network namespace; what was started in it ends with it."""

    def __init__(self, name):
        self.name = f'btz{ID}{name}'
        self.procs = []
        run('ip', 'netns', 'add', self.name)
        run('ip', '-n', self.name, 'link', 'set', 'lo', 'up')

    def link(self, other, mine, its, n):
        """A cable to another; mine and its: addresses with /bits, lists."""
        a, b = f'v{ID}{n}a', f'v{ID}{n}b'
        run('ip', 'link', 'add', a, 'type', 'veth', 'peer', 'name', b)
        for space, dev, addrs in ((self, a, mine), (other, b, its)):
            run('ip', 'link', 'set', dev, 'netns', space.name)
            for addr in addrs:
                more = ['nodad'] if ':' in addr else []
                run('ip', '-n', space.name, 'addr', 'add', addr, 'dev', dev, *more)
            run('ip', '-n', space.name, 'link', 'set', dev, 'up')
        return a, b

    def cmd(self, *args):
        return ['ip', 'netns', 'exec', self.name, *args]

    def run(self, *args, check=True):
        return run(*self.cmd(*args), check=check)

    def start(self, *args, log):
        with open(log, 'w') as f:
            p = subprocess.Popen(self.cmd(*args), stdin=subprocess.DEVNULL, stdout=f,
                stderr=subprocess.STDOUT)
        self.procs.append(p)
        return p

    def end(self):
        for p in reversed(self.procs):
            stop(p)
        run('ip', 'netns', 'del', self.name, check=False)


def stop(p, sig=signal.SIGTERM):
    if p.poll() is None:
        p.send_signal(sig)
        try:
            p.wait(5)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()


def wait_for(what, seconds=20, pause=0.02):
    """The first true result of what(), or False."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(pause)
    return False


def read(path):
    try:
        with open(path, errors='replace') as f:
            return f.read()
    except FileNotFoundError:
        return ''


class VpnBox(Box):
    """A box that runs in a namespace."""

    def __init__(self, space, conf, **kw):
        self.space = space
        super().__init__(conf, **kw)

    def cli(self, *args, check=True, timeout=120):
        p = subprocess.run(self.space.cmd(self.cli_path, '--home', self.home, '--json', *args),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=timeout, env={**os.environ, 'BARTIZAN_LIBEXEC': self.libexec})
        if check and p.returncode != 0:
            raise RuntimeError(f"bartizan {' '.join(args)}: {p.returncode} {p.stderr.strip()}")
        return p

    def items(self, *args):
        return json.loads(self.cli(*args).stdout)['items']

    def sessions(self, who=''):
        return [s for s in self.items('vpn', 'sessions') if s['state'] == 'in' and who in s['who']]

    def enrol(self, user, tenant):
        """Directory with key.pem, cert.pem (chain), ca.pem of a new user."""
        out = os.path.join(self.home, f'user-{tenant}-{user}')
        self.cli('user', 'add', user, '--tenant', tenant)
        invite = self.items('invite', 'create', user, '--tenant', tenant)[0]
        self.cli('enrol', invite['invite'], '--out', out)
        return out


def client(space, name, where, remote, log, proto='udp', port='1194', more=()):
    """A stock openvpn client with the files of Box.enrol."""
    return space.start('openvpn', '--client', '--proto', proto, '--remote', remote, port, '--nobind',
        '--dev', name, '--dev-type', 'tun', '--ca', os.path.join(where, 'ca.pem'), '--cert',
        os.path.join(where, 'cert.pem'), '--key', os.path.join(where, 'key.pem'),
        '--remote-cert-tls', 'server', '--connect-retry', '1', '2', '--verb', '3', *more, log=log)


def up(log, seconds=20):
    return wait_for(lambda: 'Initialization Sequence Completed' in read(log), seconds)


def temporary():
    top = tempfile.mkdtemp(prefix='btz-vpn-')
    os.chmod(top, 0o755)
    return top
