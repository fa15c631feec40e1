#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Bartizan on a real OP-TEE under QEMU: the trusted application alone, three
# boots of a machine on the same TPM (tests/target/ta_client.c), a whole box,
# two boots (optee/guest/box), and one whose TPM is slow, false or gone, three
# (optee/guest/weak), and 2 power cuts (optee/cuts.sh). --full: 8 of them, and
# a look into Linux's memory. --build: only builds.
# Speaks TAP.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
env=$top/build/optee
work=$env/check
cross=aarch64-linux-gnu-
rows=0 bad=0
declare -A machines # name: pid
full=
cuts=2
[ "${1:-}" != --full ] || full=1 cuts=8
box_programs=(src/broker/bartizan-broker src/crypto/bartizan-crypto src/access/bartizan-access
	src/audit/bartizan-audit src/ca/bartizan-ca src/up/bartizan-up src/cli/bartizan
	src/cli/bartizan-https-cert)

build() {
	"$top/optee/env.sh"
	make -s -C "$top/ta" CROSS_COMPILE=$cross TA_DEV_KIT_DIR="$env/kit" O="$env/ta"
	fresh_key
	[ -z "$full" ] || telling
	make -s -C "$top/ta/plugin" CROSS_COMPILE=$cross SYSROOT="$env/sysroot" O="$env/plugin"
	make -s -C "$top/tests/target" CROSS_COMPILE=$cross SYSROOT="$env/sysroot" \
		TESTROOT="$env/testroot" O="$env/target"
	programs
}

# The same TA signed by a key that nobody has: this OP-TEE must refuse it.
fresh_key() {
	rm -rf "$env/ta-fresh"
	cp -a "$env/ta" "$env/ta-fresh"
	openssl genrsa -out "$env/fresh.pem" 2048 2>/dev/null
	make -s -C "$top/ta" CROSS_COMPILE=$cross TA_DEV_KIT_DIR="$env/kit" O="$env/ta-fresh" \
		TA_SIGN_KEY="$env/fresh.pem"
}

# Debian's kit has an mbedTLS that is known to leak: not for hardware (docs/decisions/0008).
hardware() { # EC
	rm -rf "$env/ta-hardware"
	make -s -C "$top/ta" CROSS_COMPILE=$cross TA_DEV_KIT_DIR="$env/kit" O="$env/ta-hardware" EC="$1" \
		TA_SIGN_KEY="$env/fresh.pem" CFLAGS_ta_arm64=-DBTZ_TA_HARDWARE_KEYS "$env/ta-hardware/src/ec_$1.o"
}

leaky_refused() { ! hardware mbed 2>"$work/leaky" && grep -q CVE-2026-93835 "$work/leaky" && hardware gp; }

# The same TA, which prints its secrets on the secure world's console.
telling() {
	make -s -C "$top/ta" CROSS_COMPILE=$cross TA_DEV_KIT_DIR="$env/kit" O="$env/ta-tells" \
		CFLAGS_ta_arm64=-DBTZ_TA_TELL_SECRETS
}

key_name() { openssl pkey -in "$1" -pubout -outform DER | sha256sum | cut -c1-16; }

signed_by() { # FOLDER KEY, and by no other key
	local other=$env/fresh.pem
	[ "$2" != "$other" ] || other=$env/kit/keys/default_ta.pem
	"$top/optee/ta_signature.sh" "$1"/*.ta "$2" &&
		! "$top/optee/ta_signature.sh" "$1"/*.ta "$other" && grep -q "$(key_name "$2")" "$1"/*.ta
}

# What a box needs, with Meson for arm64. ccache and ninja do the rest.
programs() {
	local p b=$env/arm64
	[ -f "$b/build.ninja" ] || meson setup "$b" "$top" --cross-file "$top/cross/aarch64.ini" \
		--cross-file "$env/sysroot.ini" -Dta_host=false >"$env/arm64.log" ||
		{ tail "$env/arm64.log"; return 1; }
	ninja -C "$b" ${box_programs[*]} >"$env/arm64.log" ||
		{ grep -A 20 FAILED "$env/arm64.log"; return 1; }
	rm -rf "$env/programs"
	mkdir -p "$env/programs"
	for p in "${box_programs[@]}"; do
		${cross}strip -o "$env/programs/${p##*/}" "$b/$p"
	done
}

# job DIR PART: DIR becomes the tree that is laid over the guest's
job() {
	local j=$1 run=ta_test
	rm -rf "$j"
	mkdir -p "$j"/usr/lib/{optee_armtz,tee-supplicant/plugins} "$j"/usr/bin "$j/job"
	cp "$env"/ta/*.ta "$j/usr/lib/optee_armtz/"
	cp "$env/plugin/bartizan-tpm.plugin" "$j/usr/lib/tee-supplicant/plugins/"
	cp "$env"/target/{ta,backend,http}_client "$j/usr/bin/"
	case $2 in
	box*) run=box && box_job "$j" ;;
	cut*) run=cuts && box_job "$j" && cut_job "$j" ;;
	weak*) run=weak && box_job "$j" && weak_job "$j" "$2" ;;
	secrets) run=secrets && box_job "$j" && cp "$env"/ta-tells/*.ta "$j/usr/lib/optee_armtz/" ;;
	contract) run=contract && contract_job "$j" ;;
	esac
	install -m 755 "$top/optee/guest/$run" "$j/job/run"
	echo "$2" >"$j/job/part"
}

# A key of the other machine must not open here.
contract_job() {
	local lib=usr/lib/aarch64-linux-gnu
	cp "$env/target/contract" "$1/usr/bin/"
	mkdir -p "$1/$lib"
	cp "$env/testroot/$lib/libcmocka.so.0" "$1/$lib/"
	tar x -O -f "$work/ta/first.tar" var/lib/bartizan-test/plain.blob >"$1/job/foreign.blob"
}

# In the first part the TPM is behind tpm_relay.
weak_job() {
	cp "$env"/target/{tpm_relay,slow_client} "$1/usr/bin/"
	[ "$2" = weakfirst ] || return 0
	install -m 755 "$top/optee/guest/relay" "$1/job/before"
	echo "export BARTIZAN_TPM=unix:/run/tpm-relay.sock" >"$1/job/env"
}

# The guest's clock is the host's: certificates are looked at here too.
box_job() {
	mkdir -p "$1/usr/libexec"
	cp -r "$env/programs" "$1/usr/libexec/bartizan"
	ln -s ../libexec/bartizan/bartizan "$1/usr/bin/bartizan"
	cp "$top"/optee/guest/{bartizan.conf,rows} "$1/job/"
	date +%s >"$1/job/time"
	key_name "$env/kit/keys/default_ta.pem" >"$1/job/ta_key"
	mkdir -p "$1/job/fresh"
	cp "$env"/ta-fresh/*.ta "$1/job/fresh/"
}

row() { # ok?, text
	rows=$((rows + 1))
	[ "$1" = ok ] || bad=$((bad + 1))
	echo "$1 $rows - $2"
}

# boot DIR PART [STATE]: STATE.tar of an earlier boot is put back first. DIR
# keeps the TPM; what came of it is in DIR/PART.*
boot() {
	local dir=$1 part=$2 status=0
	mkdir -p "$dir"
	job "$dir/job" "$part"
	[ -z "${3:-}" ] || tar x -C "$dir/job" -f "$3"
	"$top/optee/run.sh" "$dir/job" "$dir" || status=$?
	echo "$status" >"$dir/$part.status"
	mv "$dir/console.log" "$dir/$part.console.log"
	mv "$dir/secure.log" "$dir/$part.secure.log"
	[ ! -f "$dir/out" ] || mv "$dir/out" "$dir/$part.tar"
}

# report DIR PART [STATUS]: the guest's rows as ours; 137: it was killed, and
# may not have come to its first row
report() {
	local dir=$1 part=$2 want=${3:-0} status plan=0 seen=0 line
	status=$(cat "$dir/$part.status")
	while read -r line; do
		case $line in
		"ok "*" - "*) seen=$((seen + 1)); row ok "$part: ${line#* - }" ;;
		"not ok "*" - "*) seen=$((seen + 1)); row "not ok" "$part: ${line#* - }" ;;
		1..*) plan=$((plan + ${line#1..})) ;;
		"#"*) echo "$line" ;;
		esac
	done < <(tr -d '\r' <"$dir/$part.console.log")
	if [ "$want" -eq 137 ] && [ "$status" -eq 137 ]; then
		row ok "$part: cut, $(grep -c '^ACK' "$dir/$part.console.log" || :) acknowledged"
	elif [ "$status" -eq "$want" ] && [ "$seen" -gt 0 ] && [ "$seen" -eq "$plan" ]; then
		row ok "$part: the guest ended well"
	else
		row "not ok" "$part: exit status $status, $seen of $plan rows; see ${dir#"$top/"}/$part.*.log"
	fi
}

# try TEXT COMMAND...: a row
try() {
	local text=$1
	shift
	if "$@" >"$work/try.log" 2>&1; then
		row ok "$text"
	else
		row "not ok" "$text"
		sed 's/^/# /' "$work/try.log"
	fi
}

pem() { openssl x509 -inform DER -in "$1.der" -out "$1.pem"; }

# A program that is not ours reads what the guest made.
chain() {
	local f=$work/chain/var/lib/bartizan-test n
	rm -rf "$work/chain"
	mkdir -p "$work/chain"
	tar x -C "$work/chain" -f "$work/ta/second.tar" || return 1
	for n in root issuing leaf1 leaf2; do
		pem "$f/$n" || return 1
	done
	openssl verify -no_check_time -x509_strict -CAfile "$f/root.pem" \
		-untrusted "$f/issuing.pem" "$f/leaf1.pem" "$f/leaf2.pem" | sed 's/^.*\//# /'
}

# The box's certificates and signatures: FILES of the second boot.
box_files() {
	rm -rf "$work/boxfiles"
	mkdir -p "$work/boxfiles"
	tar x -C "$work/boxfiles" -f "$work/box/boxsecond.tar" var/lib/bartizan-test &&
		cd "$work/boxfiles/var/lib/bartizan-test" &&
		awk '/BEGIN/{n++} {print > (n == 1 ? "issuing.pem" : "root.pem")}' ca.pem &&
		openssl crl -inform DER -in crl.der -out crl.pem
}

verify_user() { openssl verify -x509_strict -CAfile root.pem -untrusted issuing.pem "$@"; }

revoked() {
	! verify_user -crl_check -CRLfile crl.pem bob.pem >"$work/revoked" 2>&1 &&
		cat "$work/revoked" && grep -q "certificate revoked" "$work/revoked"
}

box_checks() {
	local u b s
	for u in alice carol; do
		try "openssl verifies the certificate of $u" verify_user "$u.pem"
	done
	try "openssl: alice is not on the revocation list" verify_user -crl_check -CRLfile crl.pem alice.pem
	try "openssl: bob is on it" revoked
	for b in soft tee; do
		for s in sig sig2; do
			try "openssl verifies k-$b.$s" \
				openssl dgst -sha256 -verify "k-$b.pem" -signature "k-$b.$s" text
		done
	done
}

beside() {
	"$@" &
	machines[$1]=$!
}

# Machines that run beside each other; the first: the trusted application alone.
machine_ta() {
	boot "$work/ta" first
	boot "$work/ta" second "$work/ta/first.tar"
	boot "$work/ta" rolledback "$work/ta/first.tar"
	LIMIT=600 boot "$work/contract" contract
}

# A whole box, then power cuts.
machine_box() {
	boot "$work/box" boxfirst
	boot "$work/box" boxsecond "$work/box/boxfirst.tar"
	machine_cuts "$cuts"
}

# A TPM that is slow, false or gone; and comes back.
machine_weak() {
	LIMIT=600 boot "$work/weak" weakfirst
	OBEY=1 boot "$work/weak" weaksecond "$work/weak/weakfirst.tar"
	boot "$work/weak" weakthird "$work/weak/weaksecond.tar"
}

# What leaves the secure world: none of its secrets is in Linux's memory.
machine_secrets() {
	RAM=1 boot "$work/secrets" secrets
}

ram() {
	"$top/optee/ram.py" search "$work/secrets/ram" "$work/secrets/secrets.secure.log" \
		"$work/secrets/secrets.console.log"
}

. "$top/optee/cuts.sh"
build >&2
[ "${1:-}" != --build ] || exit 0
mkdir -p "$work"
exec 8>"$work/.lock" && flock 8
rm -rf "$work/ta" "$work/box" "$work/contract" "$work/weak" "$work/cuts"
beside machine_box
beside machine_weak
machine_ta
for name in "${!machines[@]}"; do
	wait "${machines[$name]}" || echo "# $name: $?"
done
try "openssl: the TA is signed by the dev kit's key and names it" signed_by "$env/ta" "$env/kit/keys/default_ta.pem"
try "openssl: built with TA_SIGN_KEY it is signed by that key and names it" signed_by "$env/ta-fresh" "$env/fresh.pem"
try "a TA for hardware is not built with a leaking mbedTLS, and is with EC=gp" leaky_refused
for part in first second rolledback; do
	report "$work/ta" "$part"
done
try "openssl verifies both certificates" chain
report "$work/contract" contract
for part in boxfirst boxsecond; do
	report "$work/box" "$part"
done
if box_files; then
	box_checks
else
	row "not ok" "the files of the box"
fi
for part in weakfirst weaksecond weakthird; do
	report "$work/weak" "$part"
done
report_cuts "$cuts"
if [ -n "$full" ]; then
	rm -rf "$work/secrets"
	machine_secrets
	report "$work/secrets" secrets
	try "no secret of the TA is in Linux's memory; soft's file key is" ram
	sed 's/^/# /' "$work/try.log"
	rm -f "$work/secrets/ram"
fi
echo "1..$rows"
[ "$bad" -eq 0 ]
