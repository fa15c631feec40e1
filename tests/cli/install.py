#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`meson install` into a DESTDIR puts everything in its place and nothing of
the emulation; systemd accepts the unit; bash completes. TAP."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

BUILD = os.environ["BTZ_BUILD"]
ENV = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0"}
n = failed = 0


def check(what, ok, detail=""):
    global n, failed
    n += 1
    failed += not ok
    print("%s %d - %s" % ("ok" if ok else "not ok", n, what))
    if not ok:
        print("# " + str(detail).replace("\n", "\n# "))


def skip(what, why):
    global n
    n += 1
    print("ok %d - %s # SKIP %s" % (n, what, why))


def run(*argv):
    p = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=ENV)
    return p.returncode, p.stdout


def options():
    rc, out = run("meson", "introspect", "--buildoptions", BUILD)
    return {o["name"]: o["value"] for o in json.loads(out)}


def unit(dest, prefix):
    text = open(dest + prefix + "/lib/systemd/system/bartizan.service").read()
    program = prefix + "/bin/bartizan"
    check("the unit starts the installed program",
          "ExecStart=%s up --foreground\n" % program in text, text)
    if shutil.which("systemd-analyze") is None:
        return skip("systemd-analyze verify", "no systemd")
    path = os.path.join(dest, "bartizan.service")
    with open(path, "w") as f:
        f.write(text.replace(program, dest + program))
    rc, out = run("systemd-analyze", "verify", "--man=no", path)
    ours = [line for line in out.splitlines() if "bartizan" in line]
    check("systemd-analyze verify", rc == 0 and not ours, out)
    bad = os.path.join(dest, "bad.service")
    with open(bad, "w") as f:
        f.write(text.replace("Type=simple", "Type=nonsense").replace(program, "/nonexistent"))
    rc, out = run("systemd-analyze", "verify", "--man=no", bad)
    check("systemd-analyze verify sees a bad unit", rc != 0, out)


def library(dest, o):
    """A stranger's program is built from what was installed, by pkg-config alone."""
    lib = dest + o["prefix"] + "/" + o["libdir"]
    env = {**ENV, "PKG_CONFIG_SYSROOT_DIR": dest, "PKG_CONFIG_LIBDIR": lib + "/pkgconfig"}
    p = subprocess.run(["pkg-config", "--cflags", "--libs", "bartizan"], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, env=env)
    check("pkg-config knows bartizan", p.returncode == 0, p.stdout)
    top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    exe = os.path.join(dest, "async")
    # nothing of the sanitizers is the stranger's to link
    rc, out = run("cc", "-Wl,--allow-shlib-undefined", os.path.join(top, "examples", "async.c"), "-o", exe,
                  *p.stdout.split())
    check("an example builds with it", rc == 0, out)
    p = subprocess.run([exe], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                       env={**ENV, "LD_LIBRARY_PATH": lib})
    check("and starts", p.returncode == 2 and "usage" in p.stdout, p.stdout)


def completion(dest, prefix):
    script = dest + prefix + "/share/bash-completion/completions/bartizan"
    for line, expected in (("us", "user"), ("user ad", "add"), ("--home x role gr", "grant"),
                           ("key sign --p", "--pss"), ("up --fo", "--foreground")):
        words = line.split(" ")
        p = subprocess.run(
            ["bash", "-c", 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bartizan;'
             ' printf "%s\\n" "${COMPREPLY[@]}"', "-", script, dest + prefix + "/bin/bartizan", *words],
            stdout=subprocess.PIPE, text=True, env=ENV)
        check("completion of '%s'" % line, p.stdout.split() == [expected], p.stdout)


with tempfile.TemporaryDirectory() as dest:
    o = options()
    prefix, libexec = o["prefix"], o["prefix"] + "/" + o["libexecdir"] + "/bartizan"
    rc, out = run("meson", "install", "-C", BUILD, "--destdir", dest, "--no-rebuild")
    check("meson install", rc == 0, out[-2000:])
    programs = ["bartizan-" + p for p in ("up", "broker", "crypto", "ca", "access", "audit",
                                          "https-cert")]
    for path, executable in [(prefix + "/bin/bartizan", True),
                             (prefix + "/share/man/man8/bartizan.8", False),
                             (prefix + "/share/man/man5/bartizan.conf.5", False),
                             (prefix + "/lib/systemd/system/bartizan.service", False),
                             (prefix + "/lib/tmpfiles.d/bartizan.conf", False),
                             (prefix + "/share/man/man3/libbartizan.3", False),
                             (prefix + "/share/bash-completion/completions/bartizan", False),
                             (prefix + "/share/zsh/site-functions/_bartizan", False),
                             (prefix + "/share/fish/vendor_completions.d/bartizan.fish", False),
                             ] + [(libexec + "/" + p, True) for p in programs]:
        check(path, os.path.isfile(dest + path) and os.access(dest + path, os.X_OK) == executable)
    every = [os.path.join(d, f) for d, _, files in os.walk(dest) for f in files]
    check("mod_bartizan.so", dest + libexec + "/mod_bartizan.so" in every, every)
    check("nothing of the emulation", not [f for f in every if "emulated" in f or "hostkit" in f], every)
    check("no test, no header, no static library",
          not [f for f in every if "test" in os.path.basename(f) or
               (f.endswith((".a", ".h")) and not f.endswith("/include/bartizan.h"))], every)
    library(dest, o)
    unit(dest, prefix)
    if shutil.which("bash"):
        completion(dest, prefix)
    else:
        skip("completion", "no bash")
print("1..%d" % n)
sys.exit(failed > 0)
