#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Is FILE.ta signed by this key? usage: optee/ta_signature.sh FILE.ta KEY.pem
# Header of a signed TA (OP-TEE, struct shdr): u32 magic, type, image size,
# algorithm, u16 hash size, signature size; hash; signature; then for type 1
# (bootstrap TA) UUID[16], u32 version; image. The hash is over header, UUID,
# version, image. openssl does the rest.
set -euo pipefail
ta=$1 key=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

u() { od -An -j "$2" -N "$1" -t "u$1" --endian=little "$ta" | tr -d ' '; }
refuse() { echo "${ta##*/}: $*"; exit 1; }

[ "$(od -An -N 4 -t x4 --endian=little "$ta" | tr -d ' ')" = 4f545348 ] || refuse "not a signed TA"
[ "$(u 4 4)" -eq 1 ] || refuse "not a bootstrap TA"
case $(u 4 12) in
$((0x70414930))) padding=(-pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:32) ;;
$((0x70004830))) padding=(-pkeyopt rsa_padding_mode:pkcs1) ;;
*) refuse "unknown algorithm" ;;
esac
hash=$(u 2 16) sig=$(u 2 18)
[ "$hash" -eq 32 ] || refuse "hash of $hash bytes"
tail -c "+$((21 + hash))" "$ta" | head -c "$sig" >"$tmp/sig" || :
{
	head -c 20 "$ta"
	tail -c "+$((21 + hash + sig))" "$ta"
} | openssl dgst -sha256 -binary >"$tmp/hash"
cmp -s "$tmp/hash" <(tail -c +21 "$ta" | head -c 32) || refuse "the hash is another file's"
openssl pkey -in "$key" -pubout -out "$tmp/public.pem"
openssl pkeyutl -verify -pubin -inkey "$tmp/public.pem" -sigfile "$tmp/sig" -in "$tmp/hash" \
	-pkeyopt digest:sha256 "${padding[@]}"
