#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds the OP-TEE machine from Debian packages: firmware, kernel, initrd, dev
# kit, client library. usage: optee/env.sh [DIRECTORY] (build/optee)
# What exists already is kept; a stage runs again when its part of this file or
# the guest's init changed. Results: flash.bin Image base.cpio kit/ sysroot/
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$top/build/optee}
mkdir -p "$out" && out=$(cd "$out" && pwd)
exec 9>"$out/.lock" && flock 9

# Debian 13 has an OP-TEE 4.5 with a dev kit and a kernel with tpm_tis; only
# the cloud flavour of the kernel has that driver. Architecture arm64.
suite=trixie
machine_debs="optee-os optee-os-dev tee-supplicant busybox-static"
# Unpacked over one another: what programs of the guest are built with and
# what of it they need at run time.
sysroot_debs="libc6 libgcc-s1 libteec2 optee-client-dev
libssl3t64 libssl-dev zlib1g libzstd1 libevent-core-2.1-7t64 libevent-dev libseccomp2 libseccomp-dev
libsqlite3-0 libsqlite3-dev libjansson4 libjansson-dev libinih1 libinih-dev"
guest_libs="ld-linux-aarch64.so.1 libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 libresolv.so.2
libgcc_s.so.1 libteec.so.2 libcrypto.so.3 libssl.so.3 libz.so.1 libzstd.so.1 libevent_core-2.1.so.7
libseccomp.so.2 libsqlite3.so.0 libjansson.so.4 libinih.so.1"
# cmocka, apart from the sysroot, where Meson would find it and add all tests.
test_debs="libcmocka0 libcmocka-dev"
kernel_meta=linux-image-cloud-arm64
platform=vexpress-qemu_armv8a
modules="tee optee tpm_tis_core tpm_tis virtio_blk"
host_debs="qemu-system-arm swtpm swtpm-tools e2fsprogs gcc-aarch64-linux-gnu libc6-dev-arm64-cross make dpkg-dev gcc
libc6-dev libssl-dev device-tree-compiler cpio xz-utils python3-cryptography debian-archive-keyring"

say() { echo "optee: $*"; }

# fresh NAME KEY: true when NAME was last finished with this KEY
fresh() { [ "$(cat "$out/.$1" 2>/dev/null)" = "$2" ] || { rm -f "$out/.$1"; return 1; }; }
done_with() { echo "$2" >"$out/.$1"; }

host_packages() {
	local p missing=
	for p in $host_debs; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null |
			grep -q '^install ok installed' || missing="$missing $p"
	done
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		echo "Install as root: apt-get install$missing" >&2
		return 1
	fi
	say "installing:$missing"
	apt-get update -qq
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
}

# The mirror that this machine's own apt uses for the distribution.
mirror() {
	apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' | head -n 1
}

# apt with a directory of its own: lists, cache and an empty package status,
# so that the machine's own apt is neither asked nor changed.
apt_setup() {
	local a=$out/apt key=/usr/share/keyrings/debian-archive-keyring.gpg uri
	uri=${MIRROR:-$(mirror)}
	[ -n "$uri" ] || { echo "no Debian mirror found; set MIRROR" >&2; return 1; }
	mkdir -p "$a/lists/partial" "$a/cache/archives/partial"
	: >"$a/status"
	{
		echo "deb [arch=arm64 signed-by=$key] $uri $suite main"
		echo "deb-src [signed-by=$key] $uri $suite main"
	} >"$a/sources.list"
	private_apt=(-qq -o Dir::Etc::sourcelist="$a/sources.list"
		-o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::trusted=/dev/null
		-o Dir::Etc::trustedparts=/dev/null -o Dir::State::lists="$a/lists"
		-o Dir::State::status="$a/status" -o Dir::Cache="$a/cache"
		-o APT::Architecture=arm64 -o APT::Architectures=arm64
		-o APT::Sandbox::User=root -o Acquire::Languages=none)
}

# Signatures and hashes are checked by apt; the kernel's package has a name
# that changes with each point release.
fetch() {
	local key d name
	key=$(echo "$suite $machine_debs $sysroot_debs $kernel_meta")
	fresh fetch "$key" && return
	apt_setup
	say "fetching Debian packages ($suite, arm64)"
	rm -rf "$out/debs" "$out/pkg" "$out/sysroot"
	mkdir -p "$out/debs" "$out/pkg" "$out/sysroot/usr/lib"
	ln -s usr/lib "$out/sysroot/lib"
	apt-get "${private_apt[@]}" update
	kernel=$(apt-cache "${private_apt[@]}" depends "$kernel_meta" | awk '/Depends: linux-image/{print $2}')
	# shellcheck disable=SC2086
	(cd "$out/debs" && apt-get "${private_apt[@]}" download $machine_debs $sysroot_debs "$kernel")
	for d in "$out"/debs/*.deb; do
		name=$(basename "$d")
		name=${name%%_*}
		case " $(echo $machine_debs) " in
		*" $name "*) dpkg-deb -x "$d" "$out/pkg/$name" ;;
		*) [ "$name" = "$kernel" ] && dpkg-deb -x "$d" "$out/pkg/kernel" ||
			dpkg-deb --fsys-tarfile "$d" | tar x --keep-directory-symlink -C "$out/sysroot" ;;
		esac
	done
	rm -f "$out/.guest"
	ln -sfn "pkg/optee-os-dev/usr/lib/optee-os-dev/$platform" "$out/kit"
	done_with fetch "$key"
}

test_libraries() {
	local key d
	key=$(echo "$suite $test_debs")
	fresh tests "$key" && return
	apt_setup
	say "fetching$(printf ' %s' $test_debs)"
	rm -rf "$out/testdebs" "$out/testroot"
	mkdir -p "$out/testdebs" "$out/testroot"
	apt-get "${private_apt[@]}" update
	# shellcheck disable=SC2086
	(cd "$out/testdebs" && apt-get "${private_apt[@]}" download $test_debs)
	for d in "$out"/testdebs/*.deb; do
		dpkg-deb -x "$d" "$out/testroot"
	done
	done_with tests "$key"
}

# TF-A starts OP-TEE, then Linux directly: no boot loader in between.
firmware() {
	local tee=$out/pkg/optee-os/usr/lib/optee/$platform key
	key="$platform $(cd "$out/debs" && echo optee-os_*.deb)"
	fresh firmware "$key" && return
	say "building TF-A"
	apt_setup
	rm -rf "$out/src" "$out/tfa"
	mkdir -p "$out/src"
	apt-get "${private_apt[@]}" update
	(cd "$out/src" && apt-get "${private_apt[@]}" source --download-only arm-trusted-firmware &&
		tar xf arm-trusted-firmware_*.orig.tar.xz)
	make -s -C "$out"/src/arm-trusted-firmware-*/ -j"$(nproc)" \
		BUILD_BASE="$out/tfa" CROSS_COMPILE=aarch64-linux-gnu- \
		PLAT=qemu SPD=opteed QEMU_USE_GIC_DRIVER=QEMU_GICV3 \
		BL32="$tee/tee-header_v2.bin" BL32_EXTRA1="$tee/tee-pager_v2.bin" \
		BL32_EXTRA2="$tee/tee-pageable_v2.bin" BL32_RAM_LOCATION=tdram \
		ARM_LINUX_KERNEL_AS_BL33=1 PRELOADED_BL33_BASE=0x44000000 \
		DEBUG=0 LOG_LEVEL=20 all fip >"$out/tfa.log" 2>&1 ||
		{ tail -20 "$out/tfa.log" >&2; return 1; }
	cp "$out/tfa/qemu/release/bl1.bin" "$out/flash.bin"
	dd if="$out/tfa/qemu/release/fip.bin" of="$out/flash.bin" bs=4096 \
		seek=64 conv=notrunc status=none
	done_with firmware "$key"
}

# pack TREE ARCHIVE: an initrd; same tree, same bytes
pack() {
	(cd "$1" && find . -print0 | LC_ALL=C sort -z |
		cpio --null -o -H newc --quiet -R 0:0 --reproducible) >"$2"
}

guest() {
	local g=$out/guest r=$out/pkg lib=usr/lib/aarch64-linux-gnu key m
	key="$(echo $modules $guest_libs) $(sha256sum <"$top/optee/guest/init")"
	fresh guest "$key" && return
	say "packing the guest"
	rm -rf "$g"
	mkdir -p "$g"/{dev,proc,sys,tmp,run,root,etc,job} "$g"/usr/{bin,sbin} \
		"$g/$lib" "$g"/usr/lib/{modules,optee_armtz,tee-supplicant/plugins} \
		"$g/var/lib/optee-client/data/tee"
	ln -s usr/bin "$g/bin"
	ln -s usr/sbin "$g/sbin"
	ln -s usr/lib "$g/lib"
	cp "$r/busybox-static/usr/bin/busybox" "$g/usr/bin/"
	cp "$r/tee-supplicant/usr/sbin/tee-supplicant" "$g/usr/sbin/"
	for m in $guest_libs; do
		cp "$(realpath "$out/sysroot/$lib/$m")" "$g/$lib/$m"
	done
	ln -s aarch64-linux-gnu/ld-linux-aarch64.so.1 "$g/usr/lib/ld-linux-aarch64.so.1"
	cp "$r"/kernel/boot/vmlinuz-* "$out/Image"
	for m in $modules; do
		find "$r/kernel/usr/lib/modules" -name "$m.ko.xz" -exec xz -dc {} + >"$g/usr/lib/modules/$m.ko"
	done
	echo "$modules" >"$g/etc/modules"
	install -m 755 "$top/optee/guest/init" "$g/init"
	pack "$g" "$out/base.cpio"
	done_with guest "$key"
}

# Second cross file for Meson, beside cross/aarch64.ini. The libraries may want
# a newer libc than the compiler's; the guest has it.
sysroot_ini() {
	local s=$out/sysroot lib
	lib=$s/usr/lib/aarch64-linux-gnu
	cat >"$out/sysroot.ini.new" <<-INI
		[constants]
		include = ['-isystem', '$s/usr/include', '-isystem', '$s/usr/include/aarch64-linux-gnu']
		link = ['-L$lib', '-Wl,--allow-shlib-undefined']
		[properties]
		sys_root = '$s'
		pkg_config_libdir = '$lib/pkgconfig'
		[built-in options]
		c_args = include
		c_link_args = link
	INI
	# a new time stamp would make Meson configure again
	cmp -s "$out/sysroot.ini.new" "$out/sysroot.ini" || mv "$out/sysroot.ini.new" "$out/sysroot.ini"
	rm -f "$out/sysroot.ini.new"
}

host_packages
fetch
test_libraries
firmware
guest
sysroot_ini
say "ready in ${out#"$top/"}"
