#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The supervisor alone, with programs that are scripts: what it refuses to
start on, what it makes, and how it gives up a program that keeps ending. TAP."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

BUILD = os.environ["BTZ_BUILD"]
UP = os.path.join(BUILD, "src/up/bartizan-up")
CLI = os.path.join(BUILD, "src/cli/bartizan")
n = failed = 0
top = tempfile.mkdtemp(prefix="btz-up-", dir="/tmp")
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


def script(name, text):
    path = os.path.join(progs, name)
    with open(path, "w") as f:
        f.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)


def up(home, *words):
    p = subprocess.run([UP, "--home", home, *words], env=ENV, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, timeout=60, stdin=subprocess.DEVNULL)
    return p.returncode, p.stdout


def cli(home, *words):
    p = subprocess.run([CLI, "--home", home, *words], env=ENV, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, timeout=60, stdin=subprocess.DEVNULL)
    return p.returncode, p.stdout


def home(name):
    path = os.path.join(top, name)
    os.makedirs(os.path.join(path, "etc"), 0o755)
    os.chmod(path, 0o755)
    with open(os.path.join(path, "etc/bartizan.conf"), "w") as f:
        f.write("[tpm]\ntcti = unix:/nonexistent\n")
    os.chmod(os.path.join(path, "etc/bartizan.conf"), 0o644)
    return path


def processes(where):
    rc, out = cli(where, "--json", "status", "--processes")
    return {i["name"]: i for i in json.loads(out)["items"]} if rc == 0 else {}


def refusals():
    rc, out = up(home("x" * 80))
    check("a socket path over 100 bytes", rc == 2 and "longer than 100 bytes" in out, (rc, out))
    h = home("writable")
    os.chmod(os.path.join(h, "etc/bartizan.conf"), 0o666)
    rc, out = up(h)
    check("a configuration that others may write", rc == 2 and "chmod go-w" in out, (rc, out))
    h = home("wrong")
    with open(os.path.join(h, "etc/bartizan.conf"), "a") as f:
        f.write("colour = blue\n")
    rc, out = up(h, "-n")
    check("-n: a wrong configuration, with its line", rc == 2 and "bartizan.conf:3" in out,
          (rc, out))
    h = home("file")
    os.makedirs(os.path.join(h, "run/admin"), 0o700)
    open(os.path.join(h, "run/admin/up.sock"), "w").close()
    rc, out = up(h)
    check("a file where a socket is to be", rc == 2 and "not a socket" in out, (rc, out))
    check("and it is still there", os.path.isfile(os.path.join(h, "run/admin/up.sock")))
    rc, out = up(h, "--nonsense")
    check("an unknown option", rc == 2, (rc, out))
    if os.geteuid() == 0:
        os.mkdir(os.path.join(top, "closed"), 0o700)
        rc, out = up(home("closed/box"))
        check("a place that keeps out the programs' uids", rc == 2 and "keeps out" in out,
              (rc, out))
    else:
        n_skip("a place that keeps out the programs' uids", "needs root")


def n_skip(what, why):
    global n
    n += 1
    print("ok %d - %s # SKIP %s" % (n, what, why))


def audit_fds():
    """Standard ones, control, configuration, and a slot per row of edges.c."""
    with open(os.path.join(os.path.dirname(__file__), "../../src/base/edges.c")) as f:
        tables = f.read().split("static const char *const names")[0]
    return 5 + tables.count("BTZ_PROG_AUDIT")


def life():
    h = home("life")
    os.makedirs(os.path.join(h, "run"), 0o755)
    left = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    left.bind(os.path.join(h, "run/kms.sock"))  # of a half-finished earlier run
    script("bartizan-broker", "exit 3\n")
    script("bartizan-audit", "echo talking >&2; exec sleep 1000\n")
    rc, out = up(h, "--detach")
    check("up, although programs are missing: says which", rc == 69 and "not installed" in out,
          (rc, out))
    rc, out = up(h)
    check("a second one on the same home", rc == 1 and "runs already" in out, (rc, out))
    mode = os.stat(os.path.join(h, "run/admin")).st_mode & 0o777
    check("run/admin is the administrator's", mode == 0o700, oct(mode))
    p = processes(h)
    check("a missing program is failed", p.get("ca", {}).get("state") == "failed", p.get("ca"))
    check("a program is not running before it says so",
          p.get("audit", {}).get("state") == "starting", p.get("audit"))
    pid = p["audit"]["pid"]
    with open("/proc/%d/status" % pid) as f:
        status = f.read()
    uid = os.geteuid() if os.geteuid() else 61190
    check("its uid", "Uid:\t%d\t%d\t%d" % (uid, uid, uid) in status, status)
    check("no new privileges", "NoNewPrivs:\t1" in status)
    fds = {int(f): os.readlink("/proc/%d/fd/%s" % (pid, f)) for f in os.listdir("/proc/%d/fd" % pid)}
    fds = {f: to for f, to in fds.items() if not to.startswith(progs)}  # the shell's
    want = {0: "/dev/null", 1: "pipe:", 2: "pipe:", 3: "socket:", 4: "/memfd:bartizan.conf"}
    ok = all(fds.get(f, "").startswith(want.get(f, "socket:")) for f in range(audit_fds()))
    check("its descriptors, and no others", ok and sorted(fds) == list(range(audit_fds())), fds)
    with open("/proc/%d/environ" % pid) as f:
        names = {e.split("=")[0] for e in f.read().split("\0") if e}
    check("a clean environment", names <= {"PATH", "BARTIZAN_HOME", "ASAN_OPTIONS",
                                           "UBSAN_OPTIONS", "LSAN_OPTIONS", "TZ", "PWD"}, names)
    end = time.monotonic() + 45
    while time.monotonic() < end and processes(h).get("broker", {}).get("state") != "failed":
        time.sleep(0.5)
    b = processes(h).get("broker", {})
    check("a program that keeps ending is left failed", b.get("state") == "failed" and
          b.get("restarts") == 10, b)
    check("and the reason is said", "exit status 3" in b.get("last_end", ""), b)
    check("what a program says is in its log",
          "talking" in open(os.path.join(h, "log/audit.log")).read())
    sup = int(open(os.path.join(h, "run/up.lock")).read())
    os.kill(sup, signal.SIGKILL)
    time.sleep(1)
    check("the supervisor killed: its programs end within 1 s", not os.path.exists("/proc/%d" % pid)
          or "State:\tZ" in open("/proc/%d/status" % pid).read())
    rc, out = up(h, "--detach")
    check("it starts again on what was left", rc == 69 and "not installed" in out, (rc, out))
    rc, out = cli(h, "down")
    check("down", rc == 0, (rc, out))
    rc, out = cli(h, "status")
    check("then nobody answers", rc == 69, (rc, out))


def httpd_row(where):
    rc, out = cli(where, "--json", "status")
    rows = json.loads(out)["items"] if out.startswith("{") else []
    rows = [r for r in rows if r["item"] == "process.httpd"]
    return rc, rows[0] if rows else {}


def address():
    """[https] listen is another program's: said at once, and not for ever."""
    for kind, host, text in ((socket.AF_INET, "127.0.0.1", "127.0.0.1:%d"),
                             (socket.AF_INET6, "::1", "[::1]:%d")):
        other = socket.socket(kind, socket.SOCK_STREAM)
        try:
            other.bind((host, 0))
        except OSError:
            n_skip("an address that is taken: " + host, "no such address here")
            continue
        other.listen(1)
        where = text % other.getsockname()[1]
        h = home("taken" + str(int(kind)))
        with open(os.path.join(h, "etc/bartizan.conf"), "a") as f:
            f.write("[https]\nlisten = %s\n" % where)
        rc, out = up(h, "--detach")
        check("%s is taken: up says so" % host, rc == 69 and
              "%s: another program listens on this address" % where in out, (rc, out))
        rc, out = up(h, "--json", "--detach")
        check("%s: a second one, as JSON" % host,
              rc == 1 and json.loads(out)["error"]["code"] == "E_STATE", (rc, out))
        rc, row = httpd_row(h)
        check("%s is taken: status too" % host, rc == 69 and row.get("level") == "error" and
              "another program" in row.get("value", ""), (rc, row))
        other.close()
        end = time.monotonic() + 5
        while time.monotonic() < end and "no certificate" not in httpd_row(h)[1].get("value", ""):
            time.sleep(0.2)
        check("%s is free again: it goes on" % host,
              "no certificate" in httpd_row(h)[1].get("value", ""), httpd_row(h))
        rc, out = cli(h, "down")
        check("%s: down" % host, rc == 0, (rc, out))
        rc, out = up(h, "--json", "--detach")
        check("%s: not whole, as JSON" % host, rc == 69 and "not installed" in
              json.loads(out)["error"]["message"], (rc, out))
        rc, out = cli(h, "down")


def real_tee():
    """[tee] device = optee: nothing emulated is started, and no device is said."""
    h = home("optee")
    with open(os.path.join(h, "etc/bartizan.conf"), "w") as f:
        f.write("[tee]\ndevice = optee\n")
    shutil.copy(os.path.join(BUILD, "src/crypto/bartizan-crypto"), progs)
    up(h, "--detach")
    p = processes(h)
    check("a real TEE: no emulation of it or of a TPM is started",
          "crypto-tee" in p and "ta" not in p and "swtpm" not in p, sorted(p))
    check("crypto-tee runs without it", p.get("crypto-tee", {}).get("state") == "running",
          p.get("crypto-tee"))
    if os.path.exists("/dev/tee0"):
        n_skip("and says that there is no device", "there is one")
    else:
        log = open(os.path.join(h, "log/crypto-tee.log")).read()
        check("and says that there is no device", log.count("no /dev/tee0") == 1, log)
    time.sleep(2.5)
    log = open(os.path.join(h, "log/crypto-tee.log")).read()
    check("once, although it looks again", log.count("TEE") < 4 and processes(h).get(
        "crypto-tee", {}).get("restarts") == 0, log)
    cli(h, "down")
    os.unlink(os.path.join(progs, "bartizan-crypto"))


try:
    refusals()
    real_tee()
    address()
    life()
finally:
    shutil.rmtree(top, ignore_errors=True)
print("1..%d" % n)
sys.exit(failed > 0)
