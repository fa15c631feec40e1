# SPDX-License-Identifier: Apache-2.0
# bash completion for bartizan. What may come next says the program itself, from
# its table of commands; where it says nothing, files are offered.

# Bash splits a word at its colons (pkcs11:NAME): they are put together for the
# question, and the answer is what comes behind the last.
_bartizan() {
	local line word part='' join=0 joined=0
	local -a words=()
	COMPREPLY=()
	for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
		if [[ $word == : || $join == 1 ]] && ((${#words[@]} > 0)); then
			words[-1]+=$word
			joined=1
		else
			words+=("$word")
			joined=0
		fi
		[[ $word == : ]] && join=1 || join=0
	done
	((joined)) && part=${words[-1]%:*}:
	while IFS= read -r line; do
		COMPREPLY+=("${line#"$part"}")
	done < <("${COMP_WORDS[0]}" --complete "${words[@]}" 2>/dev/null)
}
complete -o default -F _bartizan bartizan
