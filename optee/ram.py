#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Linux's memory of the machine of run.sh. Usage:
  ram.py dump QMP-SOCKET FILE MIB     waits until the guest is off, then saves it
  ram.py search FILE SECURE.LOG CONSOLE.LOG
search: the values that a TA built with BTZ_TA_TELL_SECRETS told on the
secure console, and the one that the guest told as `CONTROL`, which is there.
Exit status 1: a secret was found, or the control was not, or nothing was told."""

import json
import mmap
import re
import socket
import sys

RAM = 0x40000000  # of the normal world (QEMU, virt)


def dump(path, out, mib):
    qmp = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    qmp.connect(path)
    lines = qmp.makefile("r")
    off = False

    def ask(command, **arguments):
        nonlocal off
        qmp.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = json.loads(lines.readline())
            off |= answer.get("event") == "SHUTDOWN"
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                sys.exit("%s: %s" % (command, answer["error"]))

    lines.readline()  # greeting
    ask("qmp_capabilities")
    off |= ask("query-status")["status"] == "shutdown"
    while not off:
        off = json.loads(lines.readline()).get("event") == "SHUTDOWN"
    ask("pmemsave", val=RAM, size=int(mib) << 20, filename=out)
    ask("quit")


def told(path, pattern):
    with open(path, errors="replace") as f:
        return sorted({(m[0], m[1]) for m in re.findall(pattern, f.read()) if set(m[1]) != {"0"}})


def forms(text):
    """As it is, as the limbs of a number lie in memory, and printed."""
    raw = bytes.fromhex(text)
    yield "bytes", raw
    yield "reversed", raw[::-1]
    yield "hex", text.encode()


def search(path, secure, console):
    secrets = told(secure, r"SECRET ([a-z-]+) ([0-9a-f]{64,})")
    control = told(console, r"(CONTROL) ([0-9a-f]{64})")
    bad = len(control) != 1
    with open(path, "rb") as f:
        ram = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
        for name, text in secrets + control:
            hits = [form for form, needle in forms(text) if ram.find(needle) >= 0]
            wanted = ["bytes"] if name == "CONTROL" else []
            if (name == "CONTROL" and "bytes" not in hits) or (name != "CONTROL" and hits):
                bad = True
                print("%s: found as %s, expected %s" % (name, hits, wanted))
        size = len(ram)
    kinds = {name for name, _ in secrets}
    missing = {"master", "tee-secret", "kek", "authorization", "private-key"} - kinds
    print("%d MiB, %d secrets (%s), %d control" % (
        size >> 20, len(secrets), " ".join(sorted(kinds)), len(control)))
    if missing:
        print("not told: " + " ".join(sorted(missing)))
    return 1 if bad or missing else 0


if sys.argv[1:2] == ["dump"] and len(sys.argv) == 5:
    dump(*sys.argv[2:])
elif sys.argv[1:2] == ["search"] and len(sys.argv) == 5:
    sys.exit(search(*sys.argv[2:]))
else:
    sys.exit(__doc__)
