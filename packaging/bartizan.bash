# SPDX-License-Identifier: Apache-2.0
# bash completion for bartizan. What may come next says the program itself, from
# its table of commands; where it says nothing, files are offered.

_bartizan() {
	local line
	COMPREPLY=()
	while IFS= read -r line; do
		COMPREPLY+=("$line")
	done < <("${COMP_WORDS[0]}" --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _bartizan bartizan
