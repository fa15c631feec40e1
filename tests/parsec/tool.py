#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A whole box that serves unmodified parsec-tool 0.7.0 of Debian 13, which runs
with its own libraries out of an unpacked root. That root is BTZ_PARSEC_ROOT, or
made once in the build folder by mmdebstrap; where it cannot be had the test is
skipped. Prints TAP. Start at main()."""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'system'))
from hostile_box import LIBEXEC, ROOT, Box  # noqa: E402
from tpm_direct import CONF, SWTPM, Tpm  # noqa: E402

OTHER = 61003
TPMS = ['03'] if os.path.exists(SWTPM) else []
count = failed = 0


def check(what, ok, detail=''):
    global count, failed
    count += 1
    failed += not ok
    print(f'{"ok" if ok else "not ok"} {count} - {what}', flush=True)
    if not ok:
        print('# ' + str(detail).replace('\n', '\n# '), flush=True)


def skip(why):
    print(f'1..0 # SKIP {why}')
    sys.exit(0)


def tool_root():
    """Where usr/bin/parsec-tool is, with its libraries."""
    given = os.environ.get('BTZ_PARSEC_ROOT')
    if given:
        return given
    place = os.path.join(os.path.abspath(LIBEXEC), 'parsec-root')
    if os.path.exists(os.path.join(place, 'usr/bin/parsec-tool')):
        return place
    if not ROOT or shutil.which('mmdebstrap') is None:
        skip('no parsec-tool 0.7.0: needs BTZ_PARSEC_ROOT, or root and mmdebstrap')
    uris = subprocess.run(['apt-get', 'indextargets', '--format', '$(REPO_URI)'],
        capture_output=True, text=True).stdout.split()
    mirror = next((u for u in uris if 'security' not in u), None)
    part = place + '.part'
    shutil.rmtree(part, ignore_errors=True)
    try:
        p = subprocess.run(['mmdebstrap', '--quiet', '--variant=extract', '--include=parsec-tool,openssl',
            'trixie', part, mirror or ''], stdin=subprocess.DEVNULL, capture_output=True, timeout=240)
        if p.returncode != 0:
            skip('no parsec-tool 0.7.0: Debian 13 cannot be reached')
    except subprocess.TimeoutExpired:
        skip('no parsec-tool 0.7.0: Debian 13 does not come')
    os.chmod(part, 0o755)
    os.rename(part, place)
    return place


class Tool:
    def __init__(self, root, sock):
        libs = [d for pat in ('usr/lib/*-linux-gnu*', 'lib/*-linux-gnu*', 'usr/lib', 'lib')
            for d in glob.glob(os.path.join(root, pat)) if os.path.isdir(d)]
        loader = [f for pat in ('lib64/ld-linux-*', 'usr/lib64/ld-linux-*', 'lib/ld-linux-*',
            'usr/lib/*/ld-linux-*') for f in glob.glob(os.path.join(root, pat))][0]
        self.argv = [loader, '--library-path', ':'.join(libs), os.path.join(root, 'usr/bin/parsec-tool')]
        self.env = {'PARSEC_SERVICE_ENDPOINT': 'unix:' + sock, 'PATH': '/usr/bin:/bin', 'NO_COLOR': '1'}

    def run(self, *args, uid=None):
        kw = {} if uid is None or not ROOT else {'user': uid, 'group': uid, 'extra_groups': []}
        p = subprocess.run([*self.argv, *args], capture_output=True, text=True, timeout=60,
            stdin=subprocess.DEVNULL, env=self.env, **kw)
        return p.returncode, p.stdout.strip(), p.stderr.strip()


def listing(t):
    rc, out, err = t.run('--version')
    check('it is parsec-tool 0.7.0', rc == 0 and '0.7.0' in out, out + err)
    rc, out, err = t.run('ping')
    check('ping', rc == 0 and '1.0' in out + err, out + err)
    rc, out, err = t.run('list-providers')
    names = [line for line in out.splitlines() if 'ID: 0x' in line]
    check('list-providers: first soft, then TPM and trusted application, Core last',
        [n.split('0x')[1][:2] for n in names] == ['01', *TPMS, '04', '00'], out + err)
    rc, out, err = t.run('-p', '1', 'list-opcodes')
    check('list-opcodes', rc == 0 and 'PsaSignHash' in out and 'PsaAeadEncrypt' in out, out + err)
    rc, out, err = t.run('list-authenticators')
    check('list-authenticators', rc == 0 and 'ID: 0x03' in out, out + err)
    rc, out, err = t.run('generate-random', '--nbytes', '16')
    check('generate-random', rc == 0 and len(out.split()) >= 16, out + err)


def openssl(*args, data=b''):
    return subprocess.run(['openssl', *args], input=data, capture_output=True)


def signing(t, work, provider):
    key = f'ec{provider}'
    rc, out, err = t.run('-p', provider, 'create-ecc-key', '-k', key)
    check(f'provider {provider}: create-ecc-key', rc == 0, out + err)
    rc, out, err = t.run('-p', provider, 'create-ecc-key', '-k', key)
    check(f'provider {provider}: not twice', rc != 0 and 'exist' in (out + err).lower(), out + err)
    rc, out, err = t.run('list-keys')
    check(f'provider {provider}: list-keys', rc == 0 and key in out, out + err)
    rc, pem, err = t.run('-p', provider, 'export-public-key', '-k', key)
    with open(os.path.join(work, 'pub.pem'), 'w') as f:
        f.write(pem + '\n')
    check(f'provider {provider}: export-public-key',
        openssl('pkey', '-pubin', '-in', f.name, '-noout').returncode == 0, pem + err)
    rc, sig, err = t.run('-p', provider, 'sign', '-k', key, 'hello')
    der = openssl('base64', '-d', '-A', data=sig.encode())
    with open(os.path.join(work, 'sig'), 'wb') as f:
        f.write(der.stdout)
    p = openssl('dgst', '-sha256', '-verify', os.path.join(work, 'pub.pem'), '-signature', f.name,
        data=b'hello')
    check(f'provider {provider}: sign, and openssl verifies', rc == 0 and p.returncode == 0,
        sig + err + p.stdout.decode() + p.stderr.decode())
    rc, csr, err = t.run('-p', provider, 'create-csr', '-k', key, '--cn', 'parsec', '--serialNumber', 'EZ4')
    p = openssl('req', '-verify', '-noout', data=csr.encode())
    check(f'provider {provider}: create-csr, and openssl verifies', rc == 0 and p.returncode == 0,
        csr + err + p.stderr.decode())
    rc, out, err = t.run('-p', provider, 'delete-key', '-k', key)
    check(f'provider {provider}: delete-key', rc == 0, out + err)
    rc, out, err = t.run('-p', provider, 'sign', '-k', key, 'hello')
    check(f'provider {provider}: it is gone', rc != 0, out + err)


def rsa(t, work):
    rc, out, err = t.run('create-rsa-key', '-k', 'rs', '--for-signing')
    check('create-rsa-key --for-signing', rc == 0, out + err)
    rc, pem, err = t.run('export-public-key', '-k', 'rs')
    with open(os.path.join(work, 'rsa.pem'), 'w') as f:
        f.write(pem + '\n')
    rc, sig, err = t.run('sign', '-k', 'rs', 'hello')
    with open(os.path.join(work, 'sig'), 'wb') as s:
        s.write(openssl('base64', '-d', '-A', data=sig.encode()).stdout)
    p = openssl('dgst', '-sha256', '-verify', f.name, '-signature', s.name, data=b'hello')
    check('sign with RSA, and openssl verifies', rc == 0 and p.returncode == 0, sig + err + p.stderr.decode())
    rc, out, err = t.run('create-rsa-key', '-k', 're', '--oaep')
    check('create-rsa-key --oaep', rc == 0, out + err)
    rc, sealed, err = t.run('encrypt', '-k', 're', 'a secret')
    check('encrypt', rc == 0 and len(sealed) > 300, sealed + err)
    rc, out, err = t.run('decrypt', '-k', 're', sealed)
    check('decrypt', rc == 0 and 'a secret' in out, out + err)
    rc, out, err = t.run('create-rsa-key', '-k', 'r15')
    check('create-rsa-key for PKCS#1 v1.5 encryption', rc == 0, out + err)
    rc, sealed, err = t.run('encrypt', '-k', 'r15', 'a secret')
    check('encrypt with it', rc == 0 and len(sealed) > 300, sealed + err)
    rc, out, err = t.run('decrypt', '-k', 'r15', sealed)
    check('decrypt with it', rc == 0 and 'a secret' in out, out + err)


def clients(t):
    rc, out, err = t.run('list-clients')
    check('list-clients, as administrator', rc == 0 and str(os.geteuid()) in out.split(), out + err)
    if not ROOT:
        return
    rc, out, err = t.run('list-keys', uid=OTHER)
    check('another uid has no keys', rc == 0 and 'rs' not in out.split(), out + err)
    rc, out, err = t.run('sign', '-k', 'rs', 'hello', uid=OTHER)
    check('nor signs with ours', rc != 0, out + err)
    rc, out, err = t.run('create-ecc-key', '-k', 'mine', uid=OTHER)
    check('it makes its own', rc == 0, out + err)
    rc, out, err = t.run('list-clients', uid=OTHER)
    check('but is no administrator', rc != 0, out + err)
    rc, out, err = t.run('list-clients')
    check('the administrator sees both', rc == 0 and str(OTHER) in out.split(), out + err)
    rc, out, err = t.run('delete-client', '--client', str(OTHER))
    check('delete-client', rc == 0, out + err)
    rc, out, err = t.run('list-keys', uid=OTHER)
    check('its keys are gone', rc == 0 and 'mine' not in out, out + err)


def process(box):
    st = os.stat(os.path.join(box.run, 'parsec'))
    check('directory 0755', st.st_mode & 0o7777 == 0o755, oct(st.st_mode))
    st = os.stat(os.path.join(box.run, 'parsec/parsec.sock'))
    check('socket 0666', st.st_mode & 0o7777 == 0o666, oct(st.st_mode))
    pid = box.processes()['parsec']['pid']
    with open(f'/proc/{pid}/status') as f:
        status = dict(line.split(':', 1) for line in f.read().splitlines())
    check('seccomp filter', status['Seccomp'].strip() == '2', status['Seccomp'])
    if ROOT:
        check('uid of its own', status['Uid'].split()[0] != '0', status['Uid'])
    os.kill(int(pid), 9)
    end = time.monotonic() + 5
    while time.monotonic() < end and box.processes()['parsec']['pid'] in (pid, 0):
        time.sleep(0.05)
    check('killed, it is back', box.processes()['parsec']['state'] == 'running', box.processes()['parsec'])


def main():
    root = tool_root()
    top = tempfile.mkdtemp(prefix='btz-tpm-')
    os.chmod(top, 0o755)
    tpm = Tpm(top) if TPMS else None
    box = Box((CONF.format(top=top) if TPMS else '') +
        f'[parsec]\nenabled = yes\nproviders = soft pkcs11 tpm-direct tee\nadmins = {os.geteuid()}\n')
    try:
        t = Tool(root, box.sock('parsec/parsec.sock'))
        listing(t)
        for provider in ('1', *(p.lstrip('0') for p in TPMS), '4'):
            signing(t, box.home, provider)
        rsa(t, box.home)
        clients(t)
        process(box)
        rc, out, err = t.run('list-keys')
        check('and its keys are there', rc == 0 and 'rs' in out, out + err)
        check('no sanitizer or seccomp report', not box.reports(), box.reports())
    finally:
        box.down()
        if tpm is not None:
            tpm.stop()
        shutil.rmtree(top, ignore_errors=True)
    print(f'1..{count}')
    return 1 if failed else 0


sys.exit(main())
