#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs what build, demo and tests need, from Debian; only what is missing.
set -euo pipefail
packages="build-essential meson ninja-build pkg-config python3 git libevent-dev libseccomp-dev
libsqlite3-dev libinih-dev libjansson-dev libqrencode-dev libcmocka-dev libmbedtls-dev libssl-dev apache2 apache2-dev
libtss2-dev
swtpm swtpm-tools curl openssl universal-ctags clang clang-tidy clang-format libclang-rt-14-dev
litmus groff-base procps iproute2 openvpn nftables libnftables-dev libp11-kit-dev softhsm2 zsh fish
protobuf-c-compiler libprotobuf-c-dev"
missing=
for p in $packages; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q '^install ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
	echo "These Debian packages are missing:$missing" >&2
	echo "Install them as root: apt-get install$missing" >&2
	exit 1
fi
echo "installing:$missing"
apt-get update -qq
# the packages' own services stay off: everything runs as children of `bartizan up`
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod +x $policy
	trap 'rm -f $policy' EXIT
fi
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
