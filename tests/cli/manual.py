#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The manual against the program: every noun, verb and option that --help
names stands in bartizan.8, and nothing that is gone; every key of the
configuration tables stands in bartizan.conf.5 with its default. TAP."""

import glob
import os
import re
import shutil
import subprocess
import sys

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.environ["BTZ_BUILD"]
CLI = os.path.join(BUILD, "src/cli/bartizan")
COMMON = {"--home", "--json", "--help"}
n = failed = 0


def check(what, ok, detail=""):
    global n, failed
    n += 1
    failed += not ok
    print("%s %d - %s" % ("ok" if ok else "not ok", n, what))
    if not ok:
        print("# " + str(detail).replace("\n", "\n# "))


def text_of(*words):
    return subprocess.run([CLI, *words, "--help"], stdout=subprocess.PIPE, text=True, check=True,
                          env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}).stdout


def names(text, first, last):
    rows = text[text.find(first):text.find(last)].splitlines()[1:]
    return [row.split()[0] for row in rows if row.strip()]


def options_of(text):
    part = text[text.find("\nOptions:"):].split("\n\n")[0]
    return set(re.findall(r"^  (?:-\w, )?(--[a-z0-9-]+)", part, re.M)) - COMMON


def commands():
    """Every (words, options) that the program has."""
    for noun in names(text_of(), "Nouns:", "\nOptions:"):
        text = text_of(noun)
        if " VERB " not in text.splitlines()[0]:
            yield noun, options_of(text)
            continue
        for verb in names(text, "Verbs:", "\nMore:"):
            yield noun + " " + verb, options_of(text_of(noun, verb))


def page_commands():
    page = open(os.path.join(TOP, "man/bartizan.8")).read().replace("\\-", "-")
    part = page[page.find(".SH COMMANDS"):page.find(".SH OPTIONS")]
    out = {}
    for block in part.split("\n.TP\n")[1:]:
        head = re.match(r'\.BI? "bartizan ([a-z -]+)"', block)
        if head:
            block = block.split("\n.SS ")[0]
            out[head.group(1)] = set(re.findall(r"^\.BI? .*?(--[a-z0-9-]+)", block, re.M))
    return out


page = page_commands()
have = dict(commands())
check("more than 40 commands were compared", len(have) > 40, len(have))
for words, options in have.items():
    check("bartizan.8: %s" % words, page.get(words) == options,
          "program %s, manual %s" % (sorted(options), page.get(words)))
check("bartizan.8: nothing that is gone", not set(page) - set(have), set(page) - set(have))

conf = open(os.path.join(BUILD, "packaging/bartizan.conf.5")).read().replace("\\-", "-")
keys = 0
for path in sorted(glob.glob(os.path.join(TOP, "src/base/conf_*.c"))):
    section = re.search(r"conf_(\w+)\.c", path).group(1).replace("_", "-")
    if section == "sections":
        continue
    part = re.search(r"^\.SH \[%s(?: NAME)?\]\n(.*?)(?=^\.SH |\Z)" % section, conf, re.M | re.S)
    check("bartizan.conf.5: [%s]" % section, part is not None)
    for key, default in re.findall(r'\{ "(\w+)", BTZ_CT_\w+,\s*AT\(\w+\),\s*(NULL|"[^"]*")',
                                   open(path).read()):
        keys += 1
        said = "mandatory" if default == "NULL" else "default " + (default.strip('"') or "empty")
        row = re.search(r"^\.TP\n\.B %s\n(.*)" % key, part.group(1) if part else "", re.M)
        check("bartizan.conf.5: %s.%s" % (section, key), row and said in row.group(1),
              row and row.group(0))
check("keys of configuration were compared", keys >= 24, keys)

for path in (os.path.join(TOP, "man/bartizan.8"), os.path.join(BUILD, "packaging/bartizan.conf.5")):
    name = os.path.basename(path)
    if shutil.which("groff") is None:
        n += 1
        print("ok %d - %s # SKIP no groff" % (n, name))
        continue
    p = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", path], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True)
    check("%s: groff has no complaint" % name, p.returncode == 0 and p.stdout == "", p.stdout)
print("1..%d" % n)
sys.exit(failed > 0)
