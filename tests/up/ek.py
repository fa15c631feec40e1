#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""[tpm] ek_ca: the supervisor makes the emulated TPM with an endorsement
certificate, once. The other programs are missing. TAP."""

import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

BUILD = os.environ["BTZ_BUILD"]
UP = os.path.join(BUILD, "src/up/bartizan-up")
CLI = os.path.join(BUILD, "src/cli/bartizan")
CA = os.path.realpath(os.path.join(os.path.dirname(__file__),
                                   "../vectors/ek/everybody-has-these-keys"))
n = failed = 0
top = tempfile.mkdtemp(prefix="btz-ek-", dir="/tmp")
os.chmod(top, 0o755)
progs = os.path.join(top, "programs")
os.mkdir(progs, 0o755)
ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "BARTIZAN_LIBEXEC": progs,
       "ASAN_OPTIONS": "detect_leaks=0"}


def check(what, ok, detail=""):
    global n, failed
    n += 1
    failed += not ok
    print("%s %d - %s" % ("ok" if ok else "not ok", n, what))
    if not ok:
        print("# " + str(detail).replace("\n", "\n# "))
    sys.stdout.flush()


def run(*words):
    p = subprocess.run(words, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                       timeout=100, stdin=subprocess.DEVNULL)
    return p.returncode, p.stdout


def home(name, ca):
    path = os.path.join(top, name)
    os.makedirs(os.path.join(path, "etc"), 0o755)
    os.chmod(path, 0o755)
    with open(os.path.join(path, "etc/bartizan.conf"), "w") as f:
        f.write("[tpm]\nek_ca = %s\n" % ca)
    os.chmod(os.path.join(path, "etc/bartizan.conf"), 0o644)
    return path


def down(h):
    run(CLI, "--home", h, "down")


class Tpm:
    """The TPM of a home, by its socket."""

    def __init__(self, h):
        self.s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        for _ in range(100):
            try:
                self.s.connect(os.path.join(h, "run/tpm/swtpm.sock"))
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("Bail out! no TPM in %s" % h)

    def command(self, tag, code, body):
        self.s.sendall(struct.pack(">HII", tag, 10 + len(body), code) + body)
        r = b""
        while len(r) < 6 or len(r) < struct.unpack(">I", r[2:6])[0]:
            r += self.s.recv(4096)
        return struct.unpack(">I", r[6:10])[0], r[10:]

    def ek_cert(self):
        index = struct.pack(">I", 0x01c00016)
        rc, r = self.command(0x8001, 0x169, index)  # NV_ReadPublic
        if rc != 0:
            return b""
        size = r[struct.unpack(">H", r[:2])[0]:][:2]
        auth = struct.pack(">IIHBH", 9, 0x40000009, 0, 0, 0)
        rc, r = self.command(0x8002, 0x14e, index + index + auth + size + b"\0\0")  # NV_Read
        return r[6:] if rc == 0 else b""

    def close(self):
        self.s.close()


def is_good(cert):
    pem = os.path.join(top, "leaf.pem")
    p = subprocess.run(["openssl", "x509", "-inform", "DER", "-out", pem], input=cert,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if p.returncode != 0:
        return False, p.stdout
    rc, out = run("openssl", "verify", "-ignore_critical", "-CAfile", CA + "/TEST-root.pem",
                  "-untrusted", CA + "/issuercert.pem", pem)
    return rc == 0, out


def read(h):
    t = Tpm(h)
    cert = t.ek_cert()
    t.close()
    return cert


def refused():
    h = home("nobody", os.path.join(top, "no-such-ca"))
    rc, out = run(UP, "--home", h)
    check("a CA that is not there", rc == 2 and "no-such-ca/signkey.pem" in out, (rc, out))
    ca = os.path.join(top, "bad-ca")
    shutil.copytree(CA, ca)
    os.chmod(ca, 0o755)
    with open(ca + "/signkey.pem", "w") as f:
        f.write("not a key\n")
    h = home("bad", ca)
    rc, out = run(UP, "--home", h)
    check("a CA whose key is none", rc == 2 and "see log/swtpm_setup.log" in out, (rc, out))
    check("its log says why", "signing key" in open(h + "/log/swtpm_setup.log").read(),
          open(h + "/log/swtpm_setup.log").read())
    check("nothing is left of the TPM", os.listdir(h + "/tpm") == [], os.listdir(h + "/tpm"))


def made():
    h = home("box", CA)
    os.makedirs(h + "/tpm/new", 0o700)  # of a start that was cut off
    for name in "tpm2-00.permall", "certserial":
        open(h + "/tpm/new/" + name, "w").close()
    run(UP, "--home", h, "--detach")
    cert = read(h)
    check("the certificate leads to the CA's root", *is_good(cert))
    check("nothing is left of the making", not os.path.exists(h + "/tpm/new"), os.listdir(h + "/tpm"))
    st = os.stat(h + "/tpm/tpm2-00.permall")
    uid = os.geteuid() if os.geteuid() else 61192
    check("it is the TPM's own", st.st_uid == uid and st.st_mode & 0o77 == 0,
          (st.st_uid, uid, oct(st.st_mode)))
    down(h)
    os.unlink(h + "/log/swtpm_setup.log")
    run(UP, "--home", h, "--detach")
    check("the next start leaves it as it is", read(h) == cert)
    check("and does not ask swtpm_setup", not os.path.exists(h + "/log/swtpm_setup.log"))
    down(h)
    return cert


def another(cert):
    h = home("other", CA)
    run(UP, "--home", h, "--detach")
    other = read(h)
    check("another box has another certificate", is_good(other)[0] and other != cert)
    down(h)


if not (os.path.exists("/usr/bin/swtpm_setup") and os.path.exists("/usr/bin/swtpm")):
    print("1..0 # SKIP swtpm or swtpm_setup is not installed")
    sys.exit(0)
try:
    refused()
    another(made())
finally:
    for name in os.listdir(top):
        if os.path.exists(os.path.join(top, name, "run/up.lock")):
            down(os.path.join(top, name))
    shutil.rmtree(top, ignore_errors=True)
print("1..%d" % n)
sys.exit(failed != 0)
