#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tour of a whole box, as `make demo` plays it and as the system test
counts it (--tap). Start reading at main(): one function per chapter, each step
is one line `tour.check(what, expected, happened)`."""

import argparse
import http.client
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tour_box import Box, Tour, body_of, status_of  # noqa: E402
import tour_kill  # noqa: E402
import tour_vpn  # noqa: E402


def bring_up(tour, box):
    tour.chapter("A box from nothing")
    rc, out = box.run("up")
    tour.check("bartizan up: every program starts", 0, rc, out)
    rc, out = box.run("init")
    tour.check("bartizan init: keys in TPM and TEE, root, log, certificate", 0, rc, out)
    tour.show(out)
    rc, out = box.run("init")
    tour.check("init again changes nothing and succeeds", 0, rc, out)
    emergency(tour, box)
    box.wait_https()
    rc, out = box.run("status")
    tour.check("bartizan status: every program answers", 0, rc, out)
    isolation = "per-process uid" if os.geteuid() == 0 else "shared-uid"
    for word in ("tee-emulated", "root-approval", "local", "unchecked", "swtpm (emulated)",
                 "file key (interim)", isolation):
        tour.check("status says %s" % word, True, word in out)
    tour.show(out[out.find("Weaknesses"):])


def openssl_verify(*words):
    p = subprocess.run(["openssl", "verify", *words], text=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return p.returncode, p.stdout


def emergency(tour, box):
    """The list that is made now and kept elsewhere: openssl takes it for what it is."""
    crl, chain, root, issuing = (os.path.join(box.home, name) for name in (
        "emergency-root.crl", "chain.pem", "root.pem", "issuing.pem"))
    tour.check("init wrote the emergency list, to be kept off the box", True, os.path.exists(crl))
    box.run("ca", "chain", "--out", chain)
    with open(chain) as f:
        certs = re.findall(r"-----BEGIN.*?-----END CERTIFICATE-----", f.read(), re.S)
    for path, pem in zip((issuing, root), certs):
        with open(path, "w") as f:
            f.write(pem + "\n")
    p = subprocess.run(["openssl", "crl", "-in", crl, "-noout", "-verify", "-CAfile", root],
                       text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT)
    tour.check("openssl: it is by the root", True, p.returncode == 0 and "verify OK" in p.stdout,
               p.stdout)
    rc, out = openssl_verify("-CAfile", root, issuing)
    tour.check("openssl: the issuing certificate is good without it", 0, rc, out)
    rc, out = openssl_verify("-crl_check", "-CRLfile", crl, "-CAfile", root, issuing)
    tour.check("openssl: and revoked with it", True, rc != 0 and "revoked" in out, out)


def people(tour, box):
    tour.chapter("A tenant, shares, roles, users, invites")
    for words in (("tenant", "add", "home"), ("share", "add", "photos"),
                  ("share", "add", "papers"), ("user", "add", "alice"),
                  ("user", "add", "bob"), ("role", "grant", "alice", "editor", "photos"),
                  ("role", "grant", "bob", "viewer", "photos")):
        rc, out = box.run(*words)
        tour.check("bartizan " + " ".join(words), 0, rc, out)
    box.put_secret("home", "papers", "tax.txt")
    for name in ("alice", "bob"):
        rc, out = box.enrol(name)
        tour.check("%s: bartizan enrol INVITE" % name, 0, rc, out)
        mode = os.stat(box.user(name, "key.pem")).st_mode & 0o777
        tour.check("%s: the key stays on the user's side, mode" % name, "600", "%o" % mode)
    rc, out = box.enrol_again("alice")
    tour.check("an invite works once", 1, rc, out)
    rc, out = box.enrol_with_wrong_pin("bob")
    tour.check("an invite with another pin: stopped before the token is sent", True,
               rc == 1 and "pinned" in out, out)
    rc, out = box.run("access", "explain", "bob", "photos", "write")
    tour.check("access explain: bob may not write photos", 1, rc, out)
    tour.show(out)


def files(tour, box):
    tour.chapter("Files over HTTPS, by role")
    base = "/home/photos/"
    alice = [
        ("PUT", base + "cat.txt", 201, ["--data-binary", "a cat", "-H", "Expect:"]),
        ("GET", base + "cat.txt", 200, []),
        ("PROPFIND", base, 207, ["-H", "Depth: 1"]),
        ("MKCOL", base + "old", 201, []),
        ("COPY", base + "cat.txt", 201, ["-H", "Destination: " + box.url + base + "copy.txt"]),
        ("MOVE", base + "copy.txt", 201,
         ["-H", "Destination: " + box.url + base + "old/copy.txt"]),
        ("DELETE", base + "old", 204, []),
    ]
    for method, path, expected, more in alice:
        got = box.curl("alice", method, path, *more)
        tour.check("alice (editor): %s %s" % (method, path), expected, status_of(got))
    got = box.curl("alice", "GET", base + "cat.txt")
    tour.check("alice reads what she wrote", "a cat", body_of(got))
    bob = [
        ("GET", base + "cat.txt", 200, []),
        ("PUT", base + "dog.txt", 403, ["--data-binary", "a dog"]),
        ("PUT", base + "cat.txt", 403, ["--data-binary", "a dog"]),
        ("MOVE", base + "cat.txt", 403, ["-H", "Destination: " + box.url + base + "dog.txt"]),
        ("COPY", base + "cat.txt", 403, ["-H", "Destination: " + box.url + base + "dog.txt"]),
        ("DELETE", base + "cat.txt", 403, []),
    ]
    for method, path, expected, more in bob:
        got = box.curl("bob", method, path, *more)
        tour.check("bob (viewer): %s %s" % (method, path), expected, status_of(got))
    for name in ("alice", "bob"):
        there = box.curl(name, "GET", "/home/papers/tax.txt")
        absent = box.curl(name, "GET", "/home/no-share/tax.txt")
        tour.check("%s: papers look absent" % name, 404, status_of(there))
        tour.check("%s: the same answer as for a share that is not there" % name,
                   body_of(absent).replace("no-share", "papers"), body_of(there))


def tricks(tour, box):
    tour.chapter("Tricks that do not get past")
    paths = ["/home/%70apers/tax.txt", "//home//papers//tax.txt", "/home/photos/../papers/tax.txt",
             "/home/photos/%2e%2e/papers/tax.txt", "/home/photos/..%2fpapers/tax.txt",
             "/home/./papers/./tax.txt", "/home/papers%00/tax.txt", "/home/photos/..;/papers/tax.txt",
             "/.bartizan/../home/papers/tax.txt"]
    for path in paths:
        got = box.curl("alice", "GET", path, "--path-as-is")
        tour.check("alice: GET %s" % path, "no secret, 400/403/404",
                   "no secret, 400/403/404" if box.SECRET not in got and
                   status_of(got) in (400, 403, 404) else "%d" % status_of(got))
    got = box.curl("bob", "PUT", "/home/%70hotos/x.txt", "--data-binary", "x")
    tour.check("bob: PUT /home/%70hotos/x.txt", 403, status_of(got))
    for dest in ("/home/papers/cat.txt", box.url + "/home/papers/cat.txt",
                 box.url + "/home/photos/../papers/cat.txt",
                 box.url + "/home/photos/%2e%2e/papers/cat.txt",
                 box.url + "/home/%70apers/cat.txt", box.url + "//home//papers/cat.txt",
                 "https://elsewhere.example/home/photos/cat.txt"):
        for method in ("COPY", "MOVE"):
            got = box.curl("alice", method, "/home/photos/cat.txt", "-H", "Destination: " + dest)
            tour.check("alice: %s to %s" % (method, dest.replace(box.url, "")), "refused",
                       "refused" if status_of(got) in (400, 403, 404, 409, 502) else
                       "%d" % status_of(got))
    tour.check("papers hold what they held", ["tax.txt"], box.listing("home", "papers"))
    got = box.curl("alice", "GET", "/home/photos/cat.txt")
    tour.check("alice's file is still there", "a cat", body_of(got))


def certificates(tour, box):
    tour.chapter("Who comes without a good certificate")
    got = box.curl(None, "GET", "/home/photos/cat.txt")
    tour.check("no certificate: GET /home/photos/cat.txt", 403, status_of(got))
    got = box.curl(None, "GET", "/.bartizan/ca.pem")
    tour.check("no certificate: the root is public", 200, status_of(got))
    whole_chain(tour, box, "bob", False)
    rc, out = box.curl_foreign()
    tour.check("a foreign certificate: TLS alert", "alert unknown ca", out)
    happened = box.curl_expired()
    if happened is None:
        tour.skip("an expired certificate: TLS alert", "time shim is not built")
    else:
        tour.check("an expired certificate: TLS alert", "alert certificate expired", happened)


def revocation(tour, box):
    tour.chapter("Revoked while connected")
    context = ssl.create_default_context(cafile=box.user("bob", "ca.pem"))
    context.load_cert_chain(box.user("bob", "cert.pem"), box.user("bob", "key.pem"))
    conn = http.client.HTTPSConnection("localhost", box.port, context=context, timeout=10)
    conn.request("GET", "/home/photos/cat.txt")
    answer = conn.getresponse()
    answer.read()
    before = conn.sock
    tour.check("bob: GET on an open connection", 200, answer.status)
    rc, out = box.run("credential", "revoke", box.credential("bob"))
    tour.check("bartizan credential revoke (bob's)", 0, rc, out)
    conn.request("GET", "/home/photos/cat.txt")
    answer = conn.getresponse()
    answer.read()
    tour.check("bob: next GET on the same open connection", 403, answer.status)
    tour.check("it was the same connection", True, conn.sock is before or conn.sock is None)
    conn.close()
    rc, out = box.run("ca", "crl")
    tour.check("the revocation list is published", 0, rc)
    whole_chain(tour, box, "alice", False)
    whole_chain(tour, box, "bob", True)


def fetch_crl(box, name):
    """Over HTTPS, without a certificate, as a relying party gets it; in PEM."""
    url = "https://localhost:%d/.bartizan/crl/%s.crl" % (box.port, name)
    p = subprocess.run(["curl", "-sSf", "-m", "20", "--cacert", box.user("alice", "ca.pem"), url],
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    q = subprocess.run(["openssl", "crl", "-inform", "DER"], input=p.stdout,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return q.stdout.decode(), (p.stderr + q.stderr).decode(errors="replace")


def whole_chain(tour, box, name, revoked):
    """openssl with the lists of root and issuing key, both fetched from the box."""
    crls = os.path.join(box.home, "fetched.crls.pem")
    with open(crls, "w") as f:
        for which in ("root", "1"):
            text, err = fetch_crl(box, which)
            tour.check("/.bartizan/crl/%s.crl for everybody" % which, True, "X509 CRL" in text, err)
            f.write(text)
    rc, out = openssl_verify("-crl_check_all", "-CRLfile", crls, "-CAfile",
                             os.path.join(box.home, "root.pem"), "-untrusted",
                             os.path.join(box.home, "issuing.pem"), box.user(name, "cert.pem"))
    if revoked:
        tour.check("openssl verify -crl_check_all: %s is revoked, the issuing certificate is not" % name,
                   True, rc != 0 and "error 23 at 0 depth" in out and "at 1 depth" not in out, out)
    else:
        tour.check("openssl verify -crl_check_all: %s is good" % name, 0, rc, out)


def record(tour, box):
    tour.chapter("On the record")
    rc, out = box.run("audit", "checkpoint")
    tour.check("bartizan audit checkpoint: signed in the TPM", 0, rc, out)
    rc, out = box.run("--json", "audit", "tail", "-n", "1000")
    tour.check("bartizan audit tail", 0, rc)
    for words in (("user/alice", "https", "PUT", "allow"), ("user/bob", "https", "PUT", "deny"),
                  ("user/bob", "https", "DELETE", "deny"), ("user/alice", "https", "MOVE", "allow")):
        found = any(all(w.lower() in line.lower() for w in words) for line in out.splitlines())
        tour.check("the log has: %s" % " ".join(words), True, found)
    rc, text = box.run("audit", "tail", "-n", "8")
    tour.show(text)
    rc, out = box.run("audit", "verify")
    tour.check("bartizan audit verify: records, tree, checkpoint", 0, rc, out)
    copy = box.copy_log()
    key = box.checkpoint_key()
    more = ("--key", key) if key else ()
    rc, out = box.run("audit", "verify", "--dir", copy, *more)
    tour.check("a copy verifies with nothing but files and a public key", 0, rc, out)
    name = box.flip_byte(copy)
    rc, out = box.run("audit", "verify", "--dir", copy, *more)
    tour.check("one byte changed in the copy: verify fails", 1, rc, out)
    tour.check("and it names the file", True, os.path.basename(name) in out, out)
    tour.show(out)
    shutil.rmtree(copy, ignore_errors=True)


def finish(tour, box, once):
    if not once:
        print(box.next_steps())
        return
    tour.chapter("Down")
    pids = box.pids()
    rc, out = box.run("down")
    tour.check("bartizan down", 0, rc, out)
    tour_kill.until(1, lambda: not any(tour_kill.alive(p) for p in pids))
    tour.check("no process is left behind", [], [p for p in pids if tour_kill.alive(p)])
    tour.check("none ever died by a signal that this tour did not send", [], odd_deaths(box))


STARTED = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())


def odd_deaths(box):
    """Lines of the supervisor's log since the start about other signals than KILL and TERM."""
    out = []
    for name in ("up.log.1", "up.log"):
        path = os.path.join(box.home, "log", name)
        if os.path.exists(path):
            with open(path, errors="replace") as f:
                out += [line.strip() for line in f
                    if line[5:24] >= STARTED and re.search(r"killed by SIG(?!KILL|TERM)", line)]
    return out


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--build", default="build/rel", help="build folder with the programs")
    p.add_argument("--home", help="where the box is to be (default: a new place, cleared after)")
    p.add_argument("--once", action="store_true", help="stop the box after the tour")
    p.add_argument("--tap", action="store_true", help="count steps as TAP")
    p.add_argument("--no-kill", action="store_true", help="leave the kill -9 chapter out")
    a = p.parse_args()
    tour = Tour(a.tap)
    fresh = None if a.home else tempfile.mkdtemp(prefix="btz-tour-", dir="/tmp")
    if fresh:
        os.chmod(fresh, 0o755)
        a.home, a.once = fresh, True
    box = Box(a.build, a.home, tour.say)
    chapters = [bring_up, people, files, tricks, certificates, record, revocation, tour_vpn.by_vpn]
    if not a.no_kill:
        chapters.append(tour_kill.kill_each)
    try:
        for chapter in chapters:
            chapter(tour, box)
            if tour.hopeless:
                break
        finish(tour, box, a.once or tour.failed > 0 and a.tap)
    except KeyboardInterrupt:
        box.run("down")
        return 130
    except BaseException as e:
        tour.check("the tour runs to its end", "end", "%s: %s" % (type(e).__name__, e))
        if a.once or a.tap:
            box.run("down")
        if not isinstance(e, Exception):
            raise
    if fresh and tour.failed == 0:
        shutil.rmtree(fresh, ignore_errors=True)
    return tour.end()


if __name__ == "__main__":
    sys.exit(main())
