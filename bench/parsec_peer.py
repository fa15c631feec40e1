# SPDX-License-Identifier: Apache-2.0
"""Parsec's own service (Debian 13) for bench_parsec.py: an unpacked root made
once in the build folder, from which it runs with its own libraries, and a
process with its state in a directory of its own. Start at Peer."""
import os
import shutil
import signal
import socket
import subprocess
import time

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '..'))
PLACE = os.path.join(TOP, 'build', 'parsec-peer')
PACKAGES = 'parsec-service,libtss2-tcti-swtpm0t64'
CONF = '''
[core_settings]
allow_root = true
log_level = "error"
{core}
[listener]
listener_type = "DomainSocket"
timeout = 200
socket_path = "{socket}"
[authenticator]
auth_type = "UnixPeerCredentials"
[[key_manager]]
name = "sqlite"
manager_type = "SQLite"
sqlite_db_path = "{dir}/keys.sqlite3"
[[provider]]
key_info_manager = "sqlite"
{provider}
'''
MBED = 'provider_type = "MbedCrypto"'
TPM = 'provider_type = "Tpm"\ntcti = "{}"\nowner_hierarchy_auth = ""'


class Missing(Exception):
    """Why there is no peer."""


def make_root():
    """Unpacks the service and its libraries; the mirror is this machine's."""
    binary = os.path.join(PLACE, 'usr', 'bin', 'parsec')
    if os.path.exists(binary):
        return
    if os.geteuid() != 0 or shutil.which('mmdebstrap') is None:
        raise Missing('no Parsec 1.4.1: needs root and mmdebstrap')
    uris = subprocess.run(['apt-get', 'indextargets', '--format', '$(REPO_URI)'],
        capture_output=True, text=True).stdout.split()
    mirror = next((u for u in uris if 'security' not in u), '')
    part = PLACE + '.part'
    shutil.rmtree(part, ignore_errors=True)
    try:
        p = subprocess.run(['mmdebstrap', '--quiet', '--variant=extract', '--include=' + PACKAGES, 'trixie',
            part, mirror], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        raise Missing('no Parsec 1.4.1: Debian 13 does not come')
    if p.returncode != 0:
        raise Missing('no Parsec 1.4.1: Debian 13 cannot be had: ' + p.stderr.strip()[-200:])
    os.chmod(part, 0o755)
    os.rename(part, PLACE)


def find(*names):
    for top, _, files in os.walk(os.path.join(PLACE, 'usr')):
        for f in files:
            if any(f.startswith(n) for n in names):
                return os.path.join(top, f)
    raise Missing(f'no {names[0]} in {PLACE}')


def free_ports():
    """A port, and the next one: both free just now."""
    while True:
        with socket.socket() as a, socket.socket() as b:
            a.bind(('127.0.0.1', 0))
            port = a.getsockname()[1]
            try:
                b.bind(('127.0.0.1', port + 1))
            except (OSError, OverflowError):
                continue
            return port


class Swtpm:
    """A fresh TPM for one client, on a Unix socket; or by TCP on loopback, as
    Parsec's provider wants it."""

    def __init__(self, directory, tcp=False):
        if shutil.which('swtpm') is None:
            raise Missing('swtpm is not installed')
        os.makedirs(directory)
        if tcp:
            port = free_ports()
            self.tcti = f'swtpm:host=127.0.0.1,port={port}'
            where = [f'type=tcp,bindaddr=127.0.0.1,port={p}' for p in (port, port + 1)]
        else:
            sock = os.path.join(directory, 's')
            self.tcti = 'unix:' + sock
            where = [f'type=unixio,path={sock}', f'type=unixio,path={sock}.ctrl']
        self.process = subprocess.Popen(['swtpm', 'socket', '--tpm2', '--tpmstate', f'dir={directory}',
            '--server', where[0], '--ctrl', where[1], '--flags', 'not-need-init,startup-clear'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.5)  # not probed: it serves one connection and ends
        if self.process.poll() is not None:
            raise Missing('swtpm does not start')
        if not tcp:
            os.chmod(sock, 0o666)  # the service that uses it has a uid of its own

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Peer:
    """One service. Asleep (SIGSTOP) but while it is measured, for it polls."""

    def __init__(self, directory, provider=MBED, core=''):
        self.dir, self.sock = directory, os.path.join(directory, 's')
        os.makedirs(directory)
        conf = os.path.join(directory, 'config.toml')
        with open(conf, 'w') as f:
            f.write(CONF.format(dir=directory, socket=self.sock, core=core, provider=provider))
        loader = find('ld-linux-')
        libs = os.path.dirname(find('libtss2-esys.so'))
        self.binary = os.path.join(PLACE, 'usr', 'bin', 'parsec')
        with open(os.path.join(directory, 'log'), 'w') as log:  # keys lie where it runs
            self.process = subprocess.Popen([loader, '--library-path', libs, self.binary, '-c', conf],
                cwd=directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.pid = self.process.pid
        end = time.monotonic() + 20
        while not os.path.exists(self.sock):
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                with open(os.path.join(directory, 'log')) as f:
                    raise Missing('Parsec does not start: ' + f.read()[-300:])
            time.sleep(0.05)
        time.sleep(0.2)
        self.sleep()

    def pids(self):
        return [self.pid]

    def sleep(self):
        os.kill(self.pid, signal.SIGSTOP)

    def wake(self):
        os.kill(self.pid, signal.SIGCONT)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
