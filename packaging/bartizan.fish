# SPDX-License-Identifier: Apache-2.0
# fish completion for bartizan: what may come next says the program itself.
function __bartizan_next
	set -l words (commandline -opc) (commandline -ct)
	$words[1] --complete $words[2..-1] 2>/dev/null
end
complete -c bartizan -a '(__bartizan_next)'
