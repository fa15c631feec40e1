# SPDX-License-Identifier: Apache-2.0
# Part of check.sh: power cuts. QEMU is killed while the guest makes and
# destroys keys and signs checkpoints, then starts again with the same disk and
# TPM. CUT_SEED repeats the moments of a run.

cut_job() { # DIR: as job
	cp "$top/optee/guest/disk" "$1/job/before"
	[ "${CUT_EARLY:-}" != 1 ] || : >"$1/job/early"
	cat "$work"/cuts/*.console.log 2>/dev/null | tr -d '\r' |
		grep -E '^(ACK|TRIED) .* \.$' >"$1/job/acked" || :
}

# Every third cut falls into the start, the others into the work.
machine_cuts() { # N
	local i part=cutfirst n=$1
	mkdir -p "$work/cuts"
	RANDOM=${CUT_SEED:=$((RANDOM + 1))}
	echo "# power cuts: CUT_SEED=$CUT_SEED" >"$work/cuts/seed"
	truncate -s 128M "$work/cuts/disk"
	mkfs.ext4 -q -F "$work/cuts/disk"
	for ((i = 1; i <= n; i++)); do
		CUT_EARLY=$((i % 3 == 0)) CUT=$((RANDOM % 6)).$((RANDOM % 10)) OBEY=1 \
			DISK="$work/cuts/disk" boot "$work/cuts" "$part" 2>/dev/null
		part=cut$i
	done
	DISK="$work/cuts/disk" boot "$work/cuts" cutlast
}

# A cut boot has no plan of its own end: its status is that of a kill.
report_cuts() { # N
	local i
	cat "$work/cuts/seed"
	report "$work/cuts" cutfirst 137
	for ((i = 1; i < $1; i++)); do
		report "$work/cuts" "cut$i" 137
	done
	report "$work/cuts" cutlast
}
