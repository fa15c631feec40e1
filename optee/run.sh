#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Boots the OP-TEE machine once. usage: optee/run.sh JOB WORK
# JOB: a tree that is laid over the guest's; its /job/run is run, then the
# guest powers off. WORK keeps the TPM's state between boots, and afterwards
# console.log, secure.log and what the job wrote to the port "out". The TPM has
# an endorsement certificate of the maker in tests/vectors/ek; the guest finds
# its chain in /job/ek/chain.der, the maker's key in /job/ek/root-spki.der.
# RAM=1: Linux's memory at the end is kept in WORK/ram.
# OBEY=1: what the job says on the console is done: "HOST: tpm off" ends the
# TPM, "HOST: cut" kills QEMU after CUT seconds.
# DISK=FILE: /dev/vda of the guest; what the guest has written survives QEMU.
# Exit status: the job's; 124: LIMIT (300) seconds were not enough.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
env=${OPTEE_ENV:-$top/build/optee}
job=$(cd "$1" && pwd)
mkdir -p "$2/tpm"
work=$(cd "$2" && pwd) # absolute: swtpm as a daemon changes to /
tpm_pid=

dump_pid=
obey_pid=
cleanup() {
	[ -z "$obey_pid" ] || kill "$obey_pid" 2>/dev/null || :
	[ -z "$dump_pid" ] || kill "$dump_pid" 2>/dev/null || :
	[ -z "$tpm_pid" ] || kill "$tpm_pid" 2>/dev/null || :
}
trap cleanup EXIT

[ -e "$work/tpm/tpm2-00.permall" ] || "$top/tests/support/ek_swtpm.sh" "$work/tpm"
rm -rf "$work/ek"
mkdir -p "$work/ek/job/ek"
for f in chain root-spki; do
	[ ! -e "$work/tpm/ek-$f.der" ] || cp "$work/tpm/ek-$f.der" "$work/ek/job/ek/$f.der"
done
pack() { (cd "$1" && find . -print0 | LC_ALL=C sort -z | cpio --null -o -H newc --quiet -R 0:0); }
{
	cat "$env/base.cpio"
	pack "$job"
	pack "$work/ek"
} >"$work/initrd"
rm -f "$work/tpm.sock" "$work/out" "$work/console.log" "$work/secure.log"
swtpm socket --tpm2 --tpmstate dir="$work/tpm" --ctrl type=unixio,path="$work/tpm.sock" \
	--terminate >"$work/swtpm.log" 2>&1 &
tpm_pid=$!
for _ in $(seq 100); do
	[ -S "$work/tpm.sock" ] && break
	sleep 0.05
done

obey() {
	local what=
	while [ -z "$what" ]; do
		sleep 0.1
		what=$(tr -d '\r' <"$work/console.log" | sed -n 's/^HOST: //p')
	done
	case $what in
	"tpm off") kill "$tpm_pid" ;;
	cut) sleep "$CUT" && kill -KILL "$(cat "$work/qemu.pid")" ;;
	esac
}
if [ -n "${OBEY:-}" ]; then
	: >"$work/console.log"
	obey &
	obey_pid=$!
fi

# -kernel is there so that -append reaches the device tree; TF-A starts what
# lies at the two addresses. During secure-world work Linux sees few timer
# ticks: nowatchdog.
status=0
more=()
if [ -n "${RAM:-}" ]; then
	rm -f "$work/qmp.sock" "$work/ram"
	more=(-no-shutdown -qmp "unix:$work/qmp.sock,server=on,wait=off")
	{
		while [ ! -S "$work/qmp.sock" ]; do sleep 0.1; done
		exec "$top/optee/ram.py" dump "$work/qmp.sock" "$work/ram" "${MEM:-512}"
	} &
	dump_pid=$!
fi
[ -z "${DISK:-}" ] || more+=(-drive "file=$DISK,if=none,id=disk,format=raw,cache=unsafe"
	-device virtio-blk-pci,drive=disk)
timeout "${LIMIT:-300}" qemu-system-aarch64 \
	-machine virt,secure=on,gic-version=3 -cpu cortex-a57 -m "${MEM:-512}" -smp 1 \
	-display none -monitor none -bios "$env/flash.bin" -kernel "$env/Image" \
	-append "console=ttyAMA0 initrd=0x50000000,$(stat -c %s "$work/initrd") quiet loglevel=3 nowatchdog" \
	-device loader,file="$env/Image",addr=0x44000000,force-raw=on \
	-device loader,file="$work/initrd",addr=0x50000000,force-raw=on \
	-serial "file:$work/console.log" -serial "file:$work/secure.log" \
	-chardev socket,id=chrtpm,path="$work/tpm.sock" \
	-tpmdev emulator,id=tpm0,chardev=chrtpm -device tpm-tis-device,tpmdev=tpm0 \
	-device virtio-serial-pci -chardev "file,id=out,path=$work/out" \
	-device virtserialport,chardev=out,name=out \
	-nic none -pidfile "$work/qemu.pid" "${more[@]}" </dev/null 2>"$work/qemu.log" || status=$?
[ -z "$dump_pid" ] || wait "$dump_pid" || status=$?
dump_pid=
rm -f "$work/initrd"
[ "$status" -ne 137 ] || wait "$tpm_pid" 2>/dev/null || : # as below
[ "$status" -eq 0 ] || { tail "$work/qemu.log"; echo "qemu: exit status $status"; exit "$status"; } >&2
# so that the TPM has written its state before the next boot
wait "$tpm_pid" 2>/dev/null || :
tpm_pid=
status=$(tr -d '\r' <"$work/console.log" | sed -n 's/^GUEST: job exit \([0-9]*\)$/\1/p')
exit "${status:-99}"
