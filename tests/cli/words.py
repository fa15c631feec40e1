#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line by its words: help at each level, exit status and form of
errors, with and without --json. No box runs. TAP."""

import json
import os
import subprocess
import sys
import tempfile

CLI = os.path.join(os.environ["BTZ_BUILD"], "src/cli/bartizan")
n = failed = 0


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
            check("%s %s --help" % (noun, verb),
                  rc == 0 and ("usage: bartizan %s %s" % (noun, verb)) in text, err)
    rc, out, err = run("--version")
    check("--version", rc == 0 and out.startswith("bartizan "), out)
    rc, out, err = run("--home", home, "up", "-n", env={"BARTIZAN_LIBEXEC": os.environ["BTZ_BUILD"]})
    check("up -n without a configuration", rc == 65 and "bartizan.conf" in err, (rc, err))
print("1..%d" % n)
sys.exit(failed > 0)
