#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bartizan.conf.5 from the tables of src/base/conf_*.c: one source for
parsing, defaults and manual. Usage: conf_man.py SRC_BASE > bartizan.conf.5"""

import glob
import os
import re
import sys

HEAD = r""".\" SPDX-License-Identifier: Apache-2.0
.\" Made by tools/conf_man.py from src/base/conf_*.c.
.TH BARTIZAN.CONF 5 "" "Bartizan" "Configuration"
.SH NAME
bartizan.conf \- configuration of a box
.SH DESCRIPTION
Lines of the form
.I key = value
in sections
.IR [section] ;
a line that begins with ';' or '#' is a comment. A key that is unknown or given
twice, a value out of its range and a file that others may write are errors;
.B bartizan up \-n
checks. Changes take effect at the next start.
"""
ORDER = ["box", "broker", "crypto", "ca", "access", "audit", "https", "tpm", "tpm_direct", "tee", "up", "pkcs11", "app", "vpn", "reach", "parsec"]
ROW = re.compile(r'\{\s*"(\w+)",\s*BTZ_CT_(\w+),\s*AT\(\w+\),\s*(NULL|"[^"]*"),\s*([-\d]+),'
                 r'\s*([-\d]+),\s*((?:"[^"]*"\s*)+)\}')


def limits(kind, low, high):
    if kind == "BOOL":
        return "yes or no"
    if kind == "INT":
        return "%s to %s" % (low, high)
    return "text" if high == "0" else "text, at most %s characters" % high


def section(path, name):
    rows = ROW.findall(open(path).read())
    if not rows:
        sys.exit("%s: no keys found" % path)
    print(".SH [%s%s]" % (name.replace("_", "-"), " NAME" if name in ("app", "vpn", "reach", "pkcs11") else ""))
    for key, kind, default, low, high, text in rows:
        text = "".join(re.findall(r'"([^"]*)"', text)).replace("-", r"\-")
        default = "mandatory" if default == "NULL" else "default %s" % (
            default.strip('"').replace("-", r"\-") or "empty")
        print(".TP\n.B %s\n%s (%s; %s)" % (key, text, limits(kind, low, high), default))


def main():
    base = sys.argv[1]
    names = {re.search(r"conf_(\w+)\.c", p).group(1): p
             for p in glob.glob(os.path.join(base, "conf_*.c"))}
    names.pop("sections", None)
    print(HEAD, end="")
    for name in ORDER + sorted(set(names) - set(ORDER)):
        section(names[name], name)
    print(".SH SEE ALSO\n.BR bartizan (8)")


main()
