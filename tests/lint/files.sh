# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Which files a check looks at. Every list ends each name with a zero byte.

# all_files [PATHSPEC...] - tracked, or new and not ignored; and still there.
all_files() {
	local file
	while IFS= read -r -d '' file; do
		if [[ -f $file && ! -L $file ]]; then
			printf '%s\0' "$file"
		fi
	done < <(git -c 'safe.directory=*' ls-files -z --cached --others --exclude-standard -- "$@" | sort -zu)
}

c_files() {
	all_files 'drivers/*.[ch]' 'include/*.h' 'proc/*.[ch]' 'tests/modules/*.[ch]'
}

cxx_files() {
	all_files '*.cpp' '*.hpp'
}

# Shell by name, first line or directive.
shell_files() {
	all_files | xargs -0r awk '
		FNR > 3 { nextfile }
		(FNR == 1 && (FILENAME ~ /\.sh$/ || /^#!.*[\/ ](ba|da)?sh( |$)/)) || /^# shellcheck shell=/ {
			printf "%s%c", FILENAME, 0
			nextfile
		}'
}
