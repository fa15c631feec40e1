#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `bartizan init` and `status` say about the TPM's endorsement key: no
certificate, one of the TEST root with and without its intermediate. TAP."""
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hostile_box import ROOT, TOP, Box, Tap  # noqa: E402

SWTPM_UID = 61192
CA = os.path.join(TOP, 'tests/vectors/ek/everybody-has-these-keys')


def certified(home):
    """A TPM with a certificate, before `up` makes one without."""
    tpm = os.path.join(home, 'tpm')
    subprocess.run([os.path.join(TOP, 'tests/support/ek_swtpm.sh'), tpm], check=True, timeout=60)
    os.chmod(tpm, 0o700)
    for path in [tpm] + [os.path.join(tpm, n) for n in os.listdir(tpm)]:
        if ROOT:
            os.chown(path, SWTPM_UID, SWTPM_UID)


@contextlib.contextmanager
def made(conf, cert=True):
    home = tempfile.mkdtemp(prefix='btz-ek-')
    os.chmod(home, 0o755)
    if cert:
        certified(home)
    os.makedirs(home + '/etc')
    shutil.copy(CA + '/issuercert.pem', home + '/etc/ek-chain.pem')
    os.chmod(home + '/etc/ek-chain.pem', 0o644)
    try:
        box = Box('[tpm]\n' + conf.format(home=home), home=home, init=False)
        try:
            yield box
        finally:
            box.down()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def init(box):
    """('', '') or code and text of the error."""
    p = box.cli('init', check=False)
    e = {} if p.returncode == 0 else json.loads(p.stderr)['error']
    return e.get('code', ''), json.dumps(e)


def ek(box):
    rows = json.loads(box.cli('status', check=False).stdout)['items']
    return [(r['value'], r['level']) for r in rows if r['item'].endswith(': ek')]


# name, configuration, TPM has a certificate, code; what the log of the service says
REFUSED = (
    ('no certificate', 'ek_required = yes\n', False, 'E_EK_CERT', 'E_EK_CERT'),
    ('no intermediate', 'ek_required = yes\n', True, 'E_EK_CERT', 'E_EK_CERT'),
    ('no such file', 'ek_chain = {home}/etc/none.pem\n', True, 'E_CONFIG', '/etc/none.pem'),
)


def refused(tap):
    for name, conf, cert, code, text in REFUSED:
        with made(conf, cert) as box:
            got = init(box)
            tap.ok(got[0] == code, f'init, {name}: {code}', got)
            log = '\n'.join(box.logs().values())
            tap.ok(text in log, f'log, {name}', log[-2000:])
            tap.ok(ek(box) == [('unchecked', 'weak')], f'status, {name}', str(ek(box)))


def accepted(tap):
    with made('ek_required = yes\nek_chain = {home}/etc/ek-chain.pem\n') as box:
        tap.ok(init(box)[0] == '', 'init with certificate and intermediate')
        tap.ok(ek(box) == [('test root', 'weak')], 'status says whose', str(ek(box)))
        box.cli('down')
        os.unlink(box.home + '/etc/ek-chain.pem')
        box.cli('up')
        tap.ok(ek(box) == [('test root', 'weak')], 'also after a restart, without the file', str(ek(box)))
        tap.ok(not box.reports(), 'no report of a sanitizer', box.reports())


def main():
    if not (os.path.exists('/usr/bin/swtpm') and os.path.exists('/usr/bin/swtpm_setup')):
        print('1..0 # SKIP swtpm or swtpm_setup is not installed')
        return
    tap = Tap()
    refused(tap)
    accepted(tap)
    tap.end()


main()
