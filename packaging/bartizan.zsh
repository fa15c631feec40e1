#compdef bartizan
# SPDX-License-Identifier: Apache-2.0
# zsh completion for bartizan: what may come next says the program itself.

local -a next
next=(${(f)"$(${words[1]} --complete ${words[2,CURRENT]} 2>/dev/null)"})
if (( ${#next} )); then
	compadd -- $next
else
	_files
fi
