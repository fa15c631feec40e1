#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes ek_roots.c (ta/src/ek_roots.h): the public keys of the makers of TPMs
that the trusted application believes.

usage: ek_roots.py --test TEST.pem --out FILE [--keep] [ROOT.pem ...]

Without roots: the one of TEST.pem, whose private key is public. It is marked
as the test root wherever it comes from, also among others. A file may hold
several certificates. --keep: a file that would not change stays as it is, for make."""
import argparse
import base64
import os
import re
import sys

COMMON_NAME = bytes.fromhex('0603550403')


def tlv(der, at):
    """Tag, begin and end of the value at `at` (X.690 8.1)."""
    tag, size, at = der[at], der[at + 1], at + 2
    if size >= 0x80:
        n = size & 0x7f
        size, at = int.from_bytes(der[at:at + n], 'big'), at + n
    if at + size > len(der):
        raise ValueError('certificate is cut off')
    return tag, at, at + size


def parts(der):
    """subject and SubjectPublicKeyInfo of a certificate (RFC 5280 4.1)."""
    _, at, end = tlv(der, 0)
    if end != len(der):
        raise ValueError('bytes after the certificate')
    _, at, end = tlv(der, at)
    fields = []
    while at < end:
        tag, _, after = tlv(der, at)
        if tag != 0xa0 or fields:  # version
            fields.append(der[at:after])
        at = after
    # serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo
    return fields[4], fields[5]


def label(subject):
    at = subject.find(COMMON_NAME)
    if at < 0:
        return 'without a name'
    _, at, end = tlv(subject, at + len(COMMON_NAME))
    return re.sub(r'[^\w .,:()/-]', '_', subject[at:end].decode('utf-8', 'replace'), flags=re.ASCII)


def read(path):
    with open(path, encoding='ascii', errors='replace') as f:
        found = re.findall(r'-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----', f.read(), re.S)
    if not found:
        raise ValueError(f'{path}: no certificate in PEM')
    try:
        return [parts(base64.b64decode(b64)) for b64 in found]
    except (ValueError, IndexError) as e:
        raise ValueError(f'{path}: {e}') from e


def source(roots, tests):
    out = ['/* Made by ta/ek_roots.py. */', '#include "ek_roots.h"', '']
    for n, (_, spki) in enumerate(roots):
        out += [f'static const uint8_t key_{n}[] = {{']
        out += ['\t' + ' '.join(f'0x{b:02x},' for b in spki[i:i + 12]) for i in range(0, len(spki), 12)]
        out += ['};']
    out += ['', 'const struct btz_span ta_ek_anchors[] = {']
    out += [f'\t{{ key_{n}, sizeof(key_{n}) }},' for n in range(len(roots))]
    out += ['};', 'const struct ta_ek_root ta_ek_roots[] = {']
    out += [f'\t{{ "{label(subject)}", {"true" if spki in tests else "false"} }},' for subject, spki in roots]
    out += ['};', f'const size_t ta_ek_roots_count = {len(roots)};']
    return '\n'.join(out) + '\n'


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--test', required=True)
    p.add_argument('--out', required=True)
    p.add_argument('--keep', action='store_true')
    p.add_argument('roots', nargs='*')
    a = p.parse_args()
    try:
        tests = read(a.test)
        roots = [r for path in a.roots for r in read(path)] or tests
    except (OSError, ValueError) as e:
        sys.exit(f'ek_roots.py: {e}')
    text = source(roots, {spki for _, spki in tests})
    if a.keep and os.path.exists(a.out):
        with open(a.out, encoding='ascii') as f:
            if f.read() == text:
                return
    with open(a.out, 'w', encoding='ascii') as f:
        f.write(text)


main()
