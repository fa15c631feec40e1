#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line by its words: help at each level, exit status and form of
errors, with and without --json. No box runs. TAP."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading

CLI = os.path.join(os.environ["BTZ_BUILD"], "src/cli/bartizan")
n = failed = 0


class Fake:
    """A program at run/admin/NAME.sock that treats every connection alike."""

    def __init__(self, home, name, treat):
        path = os.path.join(home, "run/admin")
        os.makedirs(path, exist_ok=True)
        self.path = os.path.join(path, name + ".sock")
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(self.path)
        self.listener.listen(8)
        self.treat = treat
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            with conn:
                self.treat(conn)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()
        os.unlink(self.path)


def hang_up(conn):
    conn.recv(65536)


def garbage(conn):
    conn.recv(65536)
    conn.send(b"\0" * 100)


def run(*words, env=None):
    e = {"PATH": "/usr/bin:/bin", "ASAN_OPTIONS": "detect_leaks=0", **(env or {})}
    p = subprocess.run([CLI, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                       env=e, stdin=subprocess.DEVNULL)
    return p.returncode, p.stdout, p.stderr


def check(what, ok, detail=""):
    global n, failed
    n += 1
    failed += not ok
    print("%s %d - %s" % ("ok" if ok else "not ok", n, what))
    if not ok:
        print("# " + str(detail).replace("\n", "\n# "))


with tempfile.TemporaryDirectory() as home:
    # words, exit status, code of the JSON error
    for words, status, code in (
            ((), 2, "E_USAGE"), (("nonsense",), 2, "E_USAGE"), (("--nonsense",), 2, "E_USAGE"),
            (("ca",), 2, "E_USAGE"), (("ca", "nonsense"), 2, "E_USAGE"),
            (("ca", "show", "extra"), 2, "E_USAGE"), (("ca", "crl", "--ca"), 2, "E_USAGE"),
            (("ca", "crl", "--ca", "a", "--ca", "b"), 2, "E_USAGE"),
            (("enrol",), 2, "E_USAGE"), (("enrol", "x"), 2, "E_USAGE"),
            (("enrol", "x", "--out", home + "/u"), 1, "E_INVITE"),
            (("enrol", "@" + home + "/none", "--out", home + "/u"), 65, "E_NOENT"),
            (("status",), 69, "E_DOWN"), (("init",), 69, "E_DOWN"), (("down",), 69, "E_DOWN"),
            (("ca", "root-crl"), 69, "E_DOWN"),
            (("ca", "root-crl", "--import", home + "/none"), 65, "E_NOENT"),
            (("ca", "show"), 69, "E_DOWN")):
        name = " ".join(words).replace(home, "HOME") or "(nothing)"
        rc, out, err = run("--home", home, *words)
        check("%s: exit status %d" % (name, status), rc == status, (rc, err))
        check("%s: says what and what to do" % name,
              (err.startswith("bartizan: ") or "\nbartizan: " in err) and "hint: " in err and out == "", err)
        rc, out, err = run("--json", "--home", home, *words)
        try:
            e = json.loads(err)["error"]
        except (ValueError, KeyError):
            e = {}
        check("%s: the same as JSON" % name,
              rc == status and e.get("code") == code and e.get("message") and e.get("hint"), err)
    # words, a piece of the message, a piece of the hint
    for words, message, hint in (
            ((), "Give a noun", "there is: "), (("nonsense",), "'nonsense'", "there is: "),
            (("--home",), "'--home' needs a value", "--help"), (("-x",), "'-x'", "--help"),
            (("user",), "needs a verb: add list", "user --help"),
            (("user", "frob"), "no verb 'frob'", "user --help"), (("user", "-x"), "'-x'", "user --help"),
            (("user", "add"), "needs NAME", "user add --help"), (("user", "add", "a", "b"), "'b'", "user add --help"),
            (("user", "list", "--bogus"), "'--bogus'", "user list --help"),
            (("user", "list", "-tx", "-q"), "'-q'", "user list --help"),
            (("user", "list", "-t"), "'-t' needs a value", "user list --help"),
            (("user", "list", "--tenant"), "'--tenant' needs a value", "user list --help"),
            (("user", "list", "--json=x"), "'--json=x' takes no value", "user list --help"),
            (("enrol", "x"), "--out DIR", "enrol --help"), (("key", "random", "0"), "1 to 4096", "key random --help"),
            (("admin", "keygen"), "--out is missing", "admin keygen --help"),
            (("init", "--threshold", "2"), "need --admin", "init --help"),
            (("ceremony", "start", "frob", "--out", "x"), "none of issuing, root-crl", "ceremony start --help"),
            (("ceremony", "start", "time-set", "--out", "x"), "time is missing", "ceremony start --help"),
            (("ceremony", "start", "time-set", "now", "--out", "x", "more"), "'more'", "ceremony start --help"),
            (("ceremony", "start", "root-crl", "abc", "--out", "x"), "'abc'", "ceremony start --help"),
            (("ceremony", "start", "admin-set", "--out", "x"), "--admin is missing", "ceremony start --help"),
            (("ceremony", "start", "recover"), "--out is missing", "ceremony start --help"),
            (("ceremony", "approve", "x", "--out", "y"), "--key is missing", "ceremony approve --help"),
            (("ceremony", "finish"), "needs FILE", "ceremony finish --help"),
            (("audit", "tail", "-n", "x"), "1 to 1000", "audit tail --help")):
        rc, out, err = run(*words)
        lines = err.splitlines()
        check("%s: %s" % (" ".join(words) or "(nothing)", message),
              rc == 2 and len(lines) == 2 and message in lines[0] and hint in lines[1], err)
    for words in (("status",), ("user", "list"), ("down",)):
        rc, out, err = run("--home", home, *words)
        check("%s: no box" % words[0], rc == 69 and "no box is running in " + home in err and
              err.count("does not answer") == 1, err)
    rc, out, err = run("--home", home, "--json", "key", "sign", "k", b"\xff\xfe/none")
    check("a path that is not UTF-8", rc == 65 and "\\xff\\xfe/none" in json.loads(err)["error"]["message"], err)
    rc, out, err = run("--home", home + "/" + "x" * 600, "status")
    check("a home that is too long", rc == 65 and "longer than its limit" in err, err)
    rc, out, err = run("--home", home, "ca", "chain", "--json", "-o", home)
    check("options after the verb", rc == 69 and "E_DOWN" in err, err)
    # programs that hang up or talk nonsense
    for name, words in (("up", ("status",)), ("up", ("init",)), ("up", ("status", "--processes")),
                        ("access", ("user", "list")), ("access", ("user", "add", "alice")),
                        ("access", ("access", "explain", "alice", "photos")), ("access", ("access", "status")),
                        ("ca", ("ca", "show")), ("ca", ("ca", "certs")), ("ca", ("ca", "crl")),
                        ("ca", ("credential", "revoke", "abcd")), ("ca", ("invite", "create", "a", "--url", "https://x")),
                        ("audit", ("audit", "tail")), ("audit", ("audit", "checkpoint")),
                        ("broker", ("backend", "list")), ("broker", ("key", "list")),
                        ("broker", ("backend", "withdraw", "0123456789abcdef"))):
        for treat, status, code, text in ((hang_up, 75, "E_GONE", "connection lost"),
                                          (garbage, 70, "E_PROTO", "malformed or unexpected frame")):
            fake = Fake(home, name, treat)
            rc, out, err = run("--home", home, *words)
            check("%s: %s: %s" % (" ".join(words), treat.__name__, code),
                  rc == status and out == "" and err.count(text) == 1 and "operation 0x" not in err and
                  name + ", request " in err, (rc, err))
            rc, out, err = run("--json", "--home", home, *words)
            check("%s: %s: as JSON" % (" ".join(words), treat.__name__),
                  rc == status and json.loads(err)["error"]["code"] == code, err)
            fake.close()
    check("an invite that is refused leaves no key", not os.path.exists(home + "/u"))
    rc, top, err = run("--help")
    check("--help", rc == 0 and "usage:" in top and err == "", err)
    nouns = [line.split()[0] for line in top[top.find("Nouns:"):top.find("Options:")].splitlines()[1:]
             if line.strip()]
    check("--help lists nouns", {"init", "up", "down", "status", "enrol", "ca"} <= set(nouns), nouns)
    for noun in nouns:
        rc, out, err = run(noun, "--help")
        check("%s --help" % noun, rc == 0 and ("usage: bartizan " + noun) in out and err == "", err)
        if "VERB" not in out.splitlines()[0]:
            continue
        for line in out[out.find("Verbs:"):out.find("\nMore:")].splitlines()[1:]:
            verb = line.split()[0]
            rc, text, err = run(noun, verb, "--help")
            check("%s %s --help has an example" % (noun, verb),
                  ("\nExample: bartizan %s %s" % (noun, verb)) in text, text)
            check("%s %s --help" % (noun, verb),
                  rc == 0 and ("usage: bartizan %s %s" % (noun, verb)) in text, err)
    for words, same in ((("help",), ("--help",)), (("-h",), ("--help",)), (("user", "help"), ("user", "--help")),
                        (("help", "user"), ("user", "--help")), (("user", "-h"), ("user", "--help")),
                        (("help", "user", "add"), ("user", "add", "--help")),
                        (("user", "add", "-h"), ("user", "add", "--help")),
                        (("help", "init"), ("init", "--help"))):
        check(" ".join(words), run(*words) == run(*same), run(*words))
    for words, offered in ((("us",), "user"), (("user", ""), "add list disable enable remove"),
                           (("role", "grant", "--e"), "--expires"), (("--home", "x", "role", "gr"), "grant"),
                           (("user", "list", "--tenant", ""), ""), (("user", "list", "-t", ""), ""),
                           (("user", "add", ""), ""), (("nonsense", ""), None), ((), None),
                           (("up", "--f"), "--foreground"), (("--j",), "--json")):
        rc, out, err = run("--complete", *words)
        check("completion of '%s'" % " ".join(words),
              rc == 0 and err == "" and (offered is None or out.split() == offered.split()), out)
    os.makedirs(os.path.join(home, "etc"), exist_ok=True)
    with open(os.path.join(home, "etc/bartizan.conf"), "w") as f:
        f.write("[box]\nname = x\n# [pkcs11 no]\n  [pkcs11 hsm]\nmodule = [pkcs11 no2]\n[pkcs11 card-2]\n[pkcs11 N/O]\n"
                "[tpm-direct]\n[pkcs11 " + 60 * "x" + "]\n[pkcs11")
    for words, offered in ((("--backend", ""), "soft tee pkcs11:hsm pkcs11:card-2 tpm-direct"), (("--backend", "t"), "tee tpm-direct"),
                           (("--backend", "pkcs11:c"), "pkcs11:card-2"), (("--alg", "ec-p2"), "ec-p256")):
        rc, out, err = run("--complete", "--home", home, "key", "generate", *words)
        check("completion of '%s' in a box" % " ".join(words), rc == 0 and err == "" and out.split() == offered.split(), out)
    os.remove(os.path.join(home, "etc/bartizan.conf"))
    rc, out, err = run("--complete", "--home", home, "key", "sign", "--backend", "")
    check("completion of --backend without a configuration", out.split() == ["soft", "tee"], out)
    rc, out, err = run("--version")
    check("--version", rc == 0 and out.startswith("bartizan "), out)
    rc, out, err = run("--home", home, "up", "-n", env={"BARTIZAN_LIBEXEC": os.environ["BTZ_BUILD"]})
    check("up -n without a configuration", rc == 65 and "bartizan.conf" in err, (rc, err))
print("1..%d" % n)
sys.exit(failed > 0)
