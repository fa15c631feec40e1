#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The trusted application on a real OP-TEE under QEMU: three boots of the same
# machine on the same TPM (tests/target/ta_client.c). Speaks TAP.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
env=$top/build/optee
work=$env/check
cross=aarch64-linux-gnu-
rows=0 bad=0

build() {
	"$top/optee/env.sh"
	make -s -C "$top/ta" CROSS_COMPILE=$cross TA_DEV_KIT_DIR="$env/kit" O="$env/ta"
	make -s -C "$top/ta/plugin" CROSS_COMPILE=$cross SYSROOT="$env/sysroot" O="$env/plugin"
	make -s -C "$top/tests/target" CROSS_COMPILE=$cross SYSROOT="$env/sysroot" O="$env/target"
}

# job PART: the tree that is laid over the guest's
job() {
	local j=$work/job
	rm -rf "$j"
	mkdir -p "$j"/usr/lib/{optee_armtz,tee-supplicant/plugins} "$j"/usr/bin "$j/job"
	cp "$env"/ta/*.ta "$j/usr/lib/optee_armtz/"
	cp "$env/plugin/bartizan-tpm.plugin" "$j/usr/lib/tee-supplicant/plugins/"
	cp "$env"/target/{ta,backend}_client "$j/usr/bin/"
	install -m 755 "$top/optee/guest/ta_test" "$j/job/run"
	echo "$1" >"$j/job/part"
}

row() { # ok?, text
	rows=$((rows + 1))
	[ "$1" = ok ] || bad=$((bad + 1))
	echo "$1 $rows - $2"
}

# boot PART [STATE]: STATE.tar of an earlier boot is put back first
boot() {
	local part=$1 status=0 plan seen line
	job "$part"
	[ -z "${2:-}" ] || tar x -C "$work/job" -f "$2"
	"$top/optee/run.sh" "$work/job" "$work" || status=$?
	cp "$work/console.log" "$work/$part.console.log"
	cp "$work/secure.log" "$work/$part.secure.log"
	cp "$work/out" "$work/$part.tar"
	seen=0 plan=0
	while read -r line; do
		case $line in
		"ok "*" - "*) seen=$((seen + 1)); row ok "$part: ${line#* - }" ;;
		"not ok "*" - "*) seen=$((seen + 1)); row "not ok" "$part: ${line#* - }" ;;
		1..*) plan=$((plan + ${line#1..})) ;;
		"#"*) echo "$line" ;;
		esac
	done < <(tr -d '\r' <"$work/console.log")
	if [ "$status" -eq 0 ] && [ "$seen" -gt 0 ] && [ "$seen" -eq "$plan" ]; then
		row ok "$part: the guest ended well"
	else
		row "not ok" "$part: exit status $status, $seen of $plan rows; see ${work#"$top/"}/$part.*.log"
	fi
}

pem() { openssl x509 -inform DER -in "$1.der" -out "$1.pem"; }

# A program that is not ours reads what the guest made.
chain() {
	local f=$work/chain/var/lib/bartizan-test n
	rm -rf "$work/chain"
	mkdir -p "$work/chain"
	tar x -C "$work/chain" -f "$work/second.tar" || return 1
	for n in root issuing leaf1 leaf2; do
		pem "$f/$n" || return 1
	done
	openssl verify -no_check_time -x509_strict -CAfile "$f/root.pem" \
		-untrusted "$f/issuing.pem" "$f/leaf1.pem" "$f/leaf2.pem" | sed 's/^.*\//# /'
}

build >&2
mkdir -p "$work"
exec 8>"$work/.lock" && flock 8
rm -rf "$work/tpm"
boot first
boot second "$work/first.tar"
boot rolledback "$work/first.tar"
if chain; then
	row ok "openssl verifies both certificates"
else
	row "not ok" "openssl verifies both certificates"
fi
echo "1..$rows"
[ "$bad" -eq 0 ]
