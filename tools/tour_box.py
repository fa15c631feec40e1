# SPDX-License-Identifier: Apache-2.0
"""What the tour needs: Tour counts and prints steps, Box runs the programs of
one box and its clients. Everything is started by path and ended by pid."""

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time


class Tour:
    def __init__(self, tap):
        self.tap, self.n, self.failed, self.skipped, self.hopeless = tap, 0, 0, 0, False
        if tap:
            print("TAP version 13")

    def say(self, text):
        for line in text.rstrip().splitlines():
            print(("# " if self.tap else "") + line)
        sys.stdout.flush()

    def chapter(self, title):
        self.say("\n== " + title if not self.tap else "== " + title)

    def show(self, text):
        for line in text.rstrip().splitlines():
            self.say("      | " + line)

    def check(self, what, expected, happened, detail=""):
        self.n += 1
        ok = expected == happened
        if self.tap:
            print("%s %d - %s" % ("ok" if ok else "not ok", self.n, what.replace("#", "")))
        if not self.tap or not ok:
            self.say("%s %s: expected %s, happened %s" %
                     ("ok  " if ok else "FAIL", what, short(expected), short(happened)))
        if not ok:
            self.failed += 1
            self.show(str(detail)[-1500:])
            self.hopeless = self.hopeless or what.startswith("bartizan init")
        sys.stdout.flush()
        return ok

    def skip(self, what, why):
        self.n += 1
        self.skipped += 1
        if self.tap:
            print("ok %d - %s # SKIP %s" % (self.n, what, why))
        else:
            self.say("skip %s: %s" % (what, why))

    def end(self):
        if self.tap:
            print("1..%d" % self.n)
        self.say("%d steps, %d passed, %d failed, %d skipped" %
                 (self.n, self.n - self.failed - self.skipped, self.failed, self.skipped))
        return 0 if self.failed == 0 else 1


def short(value):
    text = repr(value) if not isinstance(value, (int, bool)) else str(value)
    return text if len(text) < 100 else text[:97] + "..."


def status_of(answer):
    m = re.search(r"\n(\d{3})$", answer)
    return int(m.group(1)) if m else 0


def body_of(answer):
    return answer[:answer.rfind("\n")]


def all_may_pass(path):
    """Every directory above path lets other uids through."""
    path = os.path.abspath(path)
    while path != "/":
        if os.path.isdir(path) and not os.stat(path).st_mode & 0o001:
            return False
        path = os.path.dirname(path)
    return True


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Box:
    SECRET = "nobody but root reads this"
    MARK = ".bartizan-demo"

    def __init__(self, build, home, say):
        self.say = say
        self.build = os.path.abspath(build)
        self.home = self.choose_home(os.path.abspath(home))
        self.programs = self.choose_programs()
        self.cli = os.path.join(self.programs, "bartizan")
        if not os.path.exists(self.cli):
            self.cli = os.path.join(self.build, "src/cli/bartizan")
        self.env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "BARTIZAN_LIBEXEC": self.programs,
                    "ASAN_OPTIONS": "detect_leaks=0", "LC_ALL": "C.UTF-8"}
        self.clear()
        self.port = free_port()
        self.url = "https://localhost:%d" % self.port
        self.configure()
        self.invites = {}

    # -- where it lives

    def choose_home(self, home):
        """As root each program has its own uid, which must get to its files."""
        if os.geteuid() != 0 or all_may_pass(os.path.dirname(home)):
            return home
        other = "/var/tmp/bartizan-demo"
        self.say("%s keeps out other uids: the box is in %s" % (os.path.dirname(home), other))
        return other

    def choose_programs(self):
        if os.geteuid() != 0 or all_may_pass(self.build):
            return self.build
        target = self.home + "-programs"
        shutil.rmtree(target, ignore_errors=True)
        os.mkdir(target, 0o755)
        for top, dirs, names in os.walk(self.build):
            dirs[:] = [d for d in dirs if not d.endswith(".p") and d != "tests"]
            for name in names:
                path = os.path.join(top, name)
                if re.fullmatch(r"(bartizan[a-z-]*|mod_bartizan\.so|libbtzshift\.so)", name) and \
                        os.access(path, os.X_OK):
                    shutil.copy(path, target)
        self.say("%s keeps out other uids: the programs are copied to %s" % (self.build, target))
        return target

    def clear(self):
        """What an earlier run left, also a half-finished one."""
        if not os.path.isdir(self.home):
            os.makedirs(self.home, 0o755)
        names = os.listdir(self.home)
        if names and self.MARK not in names:
            sys.exit("%s is not empty and not a demo box: choose another BARTIZAN_HOME" % self.home)
        self.stop_leftover()
        for name in names:
            path = os.path.join(self.home, name)
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        open(os.path.join(self.home, self.MARK), "w").close()
        os.chmod(self.home, 0o755)

    def stop_leftover(self):
        lock = os.path.join(self.home, "run/up.lock")
        if not os.path.exists(lock):
            return
        self.run("down")
        try:
            pid = int(open(lock).read())
            if "bartizan-up" in open("/proc/%d/cmdline" % pid).read() and \
                    self.home in open("/proc/%d/cmdline" % pid).read():
                os.kill(pid, signal.SIGKILL)
                time.sleep(1)
        except (ValueError, OSError):
            pass

    def configure(self):
        etc = os.path.join(self.home, "etc")
        os.mkdir(etc, 0o755)
        path = os.path.join(etc, "bartizan.conf")
        with open(path, "w") as f:
            f.write("; the demo box\n[box]\nname = demo\n\n[https]\nlisten = 127.0.0.1:%d\n"
                    "names = localhost 127.0.0.1\n\n[app local]\nuid = %d\n" %
                    (self.port, os.getuid()))
        os.chmod(path, 0o644)

    # -- programs

    def run(self, *words, timeout=120):
        try:
            p = subprocess.run([self.cli, "--home", self.home, *words], env=self.env, text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, timeout=timeout, errors="replace")
        except subprocess.TimeoutExpired:
            return 124, "no answer within %d s" % timeout
        return p.returncode, p.stdout

    def items(self, *words):
        rc, out = self.run("--json", *words)
        try:
            return json.loads(out)["items"] if rc == 0 else []
        except (ValueError, KeyError):
            return []

    def processes(self):
        return {i["name"]: i for i in self.items("status", "--processes")}

    def pids(self):
        pids = [i["pid"] for i in self.processes().values() if i["pid"]]
        try:
            pids.append(int(open(os.path.join(self.home, "run/up.lock")).read()))
        except (OSError, ValueError):
            pass
        return pids

    def wait_https(self, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
            except OSError:
                time.sleep(0.02)
        return False

    # -- people

    def user(self, name, file=""):
        return os.path.join(self.home, "people", name, file)

    def invite(self, name):
        items = self.items("invite", "create", name)
        text = json.dumps(items)
        m = re.search(r"bartizan-invite:v1:[^\"\\ ]+", text)
        return m.group(0) if m else ""

    def enrol_with(self, invite, out, timeout=60):
        os.makedirs(os.path.join(self.home, "people"), 0o755, exist_ok=True)
        return self.run("enrol", invite or "none", "--out", out, timeout=timeout)

    def enrol(self, name):
        self.invites[name] = self.invite(name)
        return self.enrol_with(self.invites[name], self.user(name)[:-1])

    def enrol_again(self, name):
        return self.enrol_with(self.invites[name], self.user(name + "-again")[:-1])

    def enrol_with_wrong_pin(self, name):
        invite = self.invite(name)
        head, pin = invite.rsplit(":", 1)
        return self.enrol_with(head + ":" + ("0" if pin[0] != "0" else "1") + pin[1:],
                               self.user(name + "-pin")[:-1])

    def credential(self, name):
        for item in self.items("credential", "list", name):
            for key in ("id", "credential", "spki"):
                if key in item:
                    return item[key]
        return "none"

    def curl(self, name, method, path, *more, port=None):
        words = ["curl", "-sS", "-m", "20", "-X", method, "-w", "\n%{http_code}"]
        ca = self.user(name, "ca.pem") if name else self.user("alice", "ca.pem")
        words += ["--cacert", ca]
        if name:
            words += ["--cert", self.user(name, "cert.pem"), "--key", self.user(name, "key.pem")]
        words += [*more, "https://localhost:%d%s" % (port or self.port, path)]
        p = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           errors="replace", stdin=subprocess.DEVNULL)
        return p.stdout

    @staticmethod
    def alert_of(text):
        m = re.search(r"alert [a-z ]+", text)
        return m.group(0).strip() if m else text.strip()

    def curl_foreign(self):
        """A certificate of a CA of the same names that is not ours."""
        with tempfile.TemporaryDirectory() as d:
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                            "ec_paramgen_curve:P-256", "-nodes", "-days", "3", "-subj", "/CN=demo",
                            "-addext", "subjectAltName=URI:spiffe://demo.bartizan.internal/home/"
                            "user/alice", "-keyout", d + "/key.pem", "-out", d + "/cert.pem"],
                           check=True, stderr=subprocess.DEVNULL)
            p = subprocess.run(["curl", "-sS", "-m", "20", "--tls-max", "1.2", "--cacert",
                                self.user("alice", "ca.pem"), "--cert", d + "/cert.pem", "--key",
                                d + "/key.pem", self.url + "/home/photos/cat.txt"],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return p.returncode, self.alert_of(p.stdout)

    def shim(self):
        for path in (os.path.join(self.programs, "libbtzshift.so"),
                     os.path.join(self.build, "tests/system/libbtzshift.so")):
            if os.path.exists(path):
                return path
        return None

    def curl_expired(self):
        """Alice's certificate at an Apache of the same configuration whose
        clock is 60 days ahead; None when that cannot be done here."""
        shim = self.shim()
        if shim is None:
            return None
        conf = open(os.path.join(self.home, "apache/httpd.conf")).read()
        owner = os.stat(os.path.join(self.home, "apache/run"))
        port, d = free_port(), tempfile.mkdtemp(dir=os.path.join(self.home, "people"))
        os.chmod(d, 0o755)
        if os.geteuid() == 0:
            os.chown(d, owner.st_uid, owner.st_gid)
        conf = conf.replace(":%d\n" % self.port, ":%d\n" % port)
        conf = re.sub(r'(PidFile|ErrorLog|DavLockDB) ".*/', r'\1 "%s/' % d, conf)
        conf = re.sub(r'DefaultRuntimeDir ".*"', 'DefaultRuntimeDir "%s"' % d, conf)
        open(d + "/httpd.conf", "w").write(conf)
        os.chmod(os.path.dirname(d), 0o755)
        who = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} \
            if os.geteuid() == 0 else {}
        p = subprocess.Popen(["/usr/sbin/apache2", "-f", d + "/httpd.conf", "-DFOREGROUND"],
                             env={"LD_PRELOAD": self.preload() + shim, "BTZ_SHIFT": "5184000",
                                  "ASAN_OPTIONS": "detect_leaks=0", "PATH": self.env["PATH"]},
                             start_new_session=True, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **who)
        try:
            for _ in range(100):
                if p.poll() is not None:
                    return "the second Apache did not start"
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.05)
            return self.handshake("alice", port)
        finally:
            if p.poll() is None:
                os.killpg(p.pid, signal.SIGKILL)
            p.wait()
            shutil.rmtree(d, ignore_errors=True)

    def handshake(self, name, port):
        """The alert that ends a TLS 1.2 handshake (curl hides this one)."""
        context = ssl.create_default_context(cafile=self.user(name, "ca.pem"))
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.user(name, "cert.pem"), self.user(name, "key.pem"))
        try:
            with socket.create_connection(("127.0.0.1", port), 10) as s:
                context.wrap_socket(s, server_hostname="localhost").close()
            return "no alert"
        except ssl.SSLError as e:
            return str(e.reason).lower().replace("_", " ").replace("sslv3 ", "")

    def preload(self):
        """The sanitizer's library comes first, where the module needs it."""
        lib = os.path.join(self.build, "src/httpd/mod_bartizan.so")
        out = subprocess.run(["ldd", lib], stdout=subprocess.PIPE, text=True).stdout \
            if os.path.exists(lib) else ""
        m = re.search(r"libasan\S* => (\S+)", out)
        return m.group(1) + ":" if m else ""

    # -- files behind the box's back

    def share(self, tenant, share):
        return os.path.join(self.home, "shares", tenant, share)

    def put_secret(self, tenant, share, name):
        path = os.path.join(self.share(tenant, share), name)
        with open(path, "w") as f:
            f.write(self.SECRET + "\n")
        owner = os.stat(self.share(tenant, share))
        if os.geteuid() == 0:
            os.chown(path, owner.st_uid, owner.st_gid)

    def listing(self, tenant, share):
        return sorted(n for n in os.listdir(self.share(tenant, share)) if n[0] != ".")

    def copy_log(self):
        target = tempfile.mkdtemp(prefix="btz-log-")
        shutil.rmtree(target)
        shutil.copytree(os.path.join(self.home, "audit"), target)
        return target

    def checkpoint_key(self):
        for top, _, names in os.walk(os.path.join(self.home, "audit")):
            for name in names:
                if name.endswith((".pub", "key.pem", "pub.pem", "checkpoint.pem")):
                    return os.path.join(top, name)
        return None

    @staticmethod
    def flip_byte(log):
        """In the middle of the largest file: a file of records."""
        files = [os.path.join(top, n) for top, _, names in os.walk(log) for n in names]
        files = [f for f in files if "record" in f or f.endswith((".jsonl", ".log"))] or files
        name = max(files, key=os.path.getsize)
        data = bytearray(open(name, "rb").read())
        at = len(data) // 2
        data[at] ^= 1
        open(name, "wb").write(data)
        return name

    def next_steps(self):
        return """
The box stays up. Its address: %s  (home: %s)
Try:
  export BARTIZAN_LIBEXEC=%s
  alias bartizan='%s --home %s'
  bartizan status
  bartizan audit tail --follow
  curl --cacert %s --cert %s --key %s %s/home/photos/
  bartizan user add carol && bartizan invite create carol
  bartizan down
""" % (self.url, self.home, self.programs, self.cli, self.home, self.user("alice", "ca.pem"),
            self.user("alice", "cert.pem"), self.user("alice", "key.pem"), self.url)
