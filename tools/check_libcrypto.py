#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keys may be in LibreSSL's libcrypto instead of OpenSSL's: every name of
libcrypto in src/crypto must be in tools/libcrypto.txt. Prints TAP."""
import os
import re
import subprocess
import sys

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '..'))
# Prefixes of libcrypto's functions, macros and types.
NAME = re.compile(r'\b(?:(?:AES|ASN1|BIO|BN|CMAC|CRYPTO|DH|EC|ECDH|ECDSA|ENGINE|ERR|EVP|HMAC|NID|OBJ|'
    r'OPENSSL|OSSL|PEM|PKCS[0-9]*|RAND|RSA|SHA[0-9]*|X509|d2i|i2d|i2o|o2i)_\w+|BIGNUM|RSA|HMAC|CMAC|SHA[0-9]+)\b')
NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|#\s*include[^\n]*', re.S)


def allowed():
    with open(os.path.join(TOP, 'tools', 'libcrypto.txt')) as f:
        return {word for line in f if not line.startswith('#') for word in line.split()}


def sources():
    out = subprocess.run(['git', '-C', TOP, 'ls-files', '-co', '--exclude-standard', 'src/crypto/*.[ch]'],
        capture_output=True, text=True, check=True).stdout.split()
    return [f for f in out if os.path.exists(os.path.join(TOP, f))]


def names(path):
    with open(os.path.join(TOP, path)) as f:
        code = NOT_CODE.sub(lambda m: re.sub(r'[^\n]', ' ', m.group()), f.read())
    for n, line in enumerate(code.split('\n'), 1):
        for m in NAME.finditer(line):
            yield n, m.group()


def main():
    known = allowed()
    files = sources()
    bad = [f'{path}:{n}: {name} is not in tools/libcrypto.txt'
        for path in files for n, name in names(path) if name not in known]
    if not files:
        bad.append('no source found')
    print('1..1')
    for line in bad:
        print(f'# {line}')
    print(f'{"not ok" if bad else "ok"} 1 - libcrypto: names that OpenSSL and LibreSSL share')
    return 1 if bad else 0


sys.exit(main())
