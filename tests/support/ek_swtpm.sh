#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes the state of a software TPM in DIR, with endorsement keys and certificates of a maker that does not exist
# (tests/vectors/ek: everybody has its keys). usage: ek_swtpm.sh DIR
# In DIR afterwards: tpm2-00.permall (swtpm --tpmstate dir=DIR); ek.der, the certificate of the P-384 key, also in NV
# 0x01c00016; ek-chain.der, its issuer; ek-root-spki.der, the public key of the root. It takes about a second.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: ek_swtpm.sh DIR" >&2; exit 2; }
ca=$(cd "$(dirname "$0")/../vectors/ek/everybody-has-these-keys" && pwd)
mkdir -p "$1"
dir=$(cd "$1" && pwd)
[ ! -e "$dir/tpm2-00.permall" ] || { echo "ek_swtpm.sh: $dir has a TPM already" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# read as a number only without an end of line
printf %s "$(shuf -i 1-2000000000 -n 1)" >"$work/certserial"
cat >"$work/localca.conf" <<CONF
statedir = $work
signingkey = $ca/signkey.pem
issuercert = $ca/issuercert.pem
certserial = $work/certserial
CONF
: >"$work/localca.options"
cat >"$work/setup.conf" <<CONF
create_certs_tool = $(command -v swtpm_localca)
create_certs_tool_config = $work/localca.conf
create_certs_tool_options = $work/localca.options
CONF
mkdir "$work/state"
swtpm_setup --tpm2 --tpm-state "$work/state" --create-ek-cert --ecc --pcr-banks - --vmid TEST \
	--config "$work/setup.conf" --write-ek-cert-files "$work" --logfile "$work/log" >"$work/out" 2>&1 || {
	cat "$work/out" "$work/log" >&2
	exit 1
}
install -m 600 "$work/ek-secp384r1.crt" "$dir/ek.der"
install -m 600 "$ca/issuercert.der" "$dir/ek-chain.der"
install -m 600 "$ca/TEST-root-spki.der" "$dir/ek-root-spki.der"
install -m 600 "$work/state/tpm2-00.permall" "$dir/tpm2-00.permall.new"
mv "$dir/tpm2-00.permall.new" "$dir/tpm2-00.permall"
