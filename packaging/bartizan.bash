# SPDX-License-Identifier: Apache-2.0
# bash completion for bartizan: nouns, verbs and options as --help prints them.

_bartizan_words() { # heading, words before --help
	local heading=$1
	shift
	bartizan "$@" --help 2>/dev/null | sed -n "/^$heading/,/^\$/p" | sed 1d |
		grep -oE '^ +[a-z][a-z-]*|--[a-z][a-z0-9-]*'
}

_bartizan() {
	local cur=${COMP_WORDS[COMP_CWORD]} words=() i
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--home) ((i++)) ;;
		-*) ;;
		*) words+=("${COMP_WORDS[i]}") ;;
		esac
	done
	if [[ ${COMP_WORDS[COMP_CWORD - 1]} == --home ]]; then
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
	elif [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_bartizan_words Options: "${words[@]:0:2}")" -- "$cur")
	elif ((${#words[@]} == 0)); then
		mapfile -t COMPREPLY < <(compgen -W "$(_bartizan_words Nouns:)" -- "$cur")
	elif ((${#words[@]} == 1)); then
		mapfile -t COMPREPLY < <(compgen -W "$(_bartizan_words Verbs: "${words[0]}")" -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	fi
}
complete -F _bartizan bartizan
