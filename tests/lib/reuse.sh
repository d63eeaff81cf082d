# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# tests/run --unchanged: a case that passed is not run again where every byte it depends on is still the same,
# and is said to be one of those.  Kept in $MDX_CACHE/passed, a file for each: its name is the hash of all
# that went into that run, its text the day.  Only who ran cleanly is kept: a pass, in a machine that had
# nothing to report to its end.

# What runs a case and judges it, beside the library and the helpers next to the cases.
readonly HARNESS=(tests/run tests/lib tests/vm scripts/lib)

# What the hash of a case does not depend on: other cases.
not_another_case() {
	grep -zvE '/[0-9]{3}$'
}

# hash_harness: of all that is common to the cases.
hash_harness() {
	{
		(cd "$MDX_TOP" && sources_of "${HARNESS[@]}" | xargs -0 -r sha256sum)
		(cd "$results/cases" && find . -type f -print0 | not_another_case | LC_ALL=C sort -z | xargs -0 sha256sum)
		env | grep '^MDX_' | grep -v '^MDX_CACHE=' | LC_ALL=C sort || :
	} | hash_of
}

# read_inputs: hashes of what cases depend on beside themselves, into the array inputs: of the harness, of the
# project's sources, and by "ROW DRIVER PACKAGES" of the machines, or "" where one cannot be made.
read_inputs() {
	local place row driver machine option
	local -a packages
	declare -gA inputs=()
	inputs[harness]=$(hash_harness)
	inputs[sources]=$(hash_sources .)
	for place in "${places[@]}"; do
		read_header "${place##* }"
		read -r row driver _ <<<"$place"
		machine="$row $driver $h_packages"
		[[ -z ${inputs[$machine]+known} ]] || continue
		packages=()
		for option in $h_packages; do
			packages+=(--package "$option")
		done
		inputs[$machine]=$("$MDX_TOP/tests/vm/run" --row "$row" --driver "$driver" "${packages[@]}" --inputs \
			2>>"$results/inputs.err" | hash_of) || inputs[$machine]=""
	done
}

# key_of "ROW DRIVER NAME": the hash of all that a run of it there depends on; "" when that is not known.
key_of() {
	local row driver name
	read -r row driver name <<<"$1"
	read_header "$name"
	[[ -n ${inputs[$row $driver $h_packages]} ]] || return 0
	{
		printf '%s\n' "$1" "${inputs[harness]}" "${inputs[$row $driver $h_packages]}"
		[[ -z $h_source ]] || printf '%s\n' "${inputs[sources]}"
		sha256sum <"$results/cases/$name"
	} | hash_of
}

# read_keys: key_of each place, into the array keys.
read_keys() {
	local place
	declare -gA keys=()
	mkdir -p "$MDX_CACHE/passed"
	read_inputs
	for place in "${places[@]}"; do
		keys[$place]=$(key_of "$place")
	done
}

# reuse_passes: what passed as it is now is said to have passed, and taken off the places.
reuse_passes() {
	local place key row driver name
	local -a left=()
	find "$MDX_CACHE/passed" -type f -mtime +6 -delete
	for place in "${places[@]}"; do
		key=${keys[$place]}
		if [[ -n $key && -s $MDX_CACHE/passed/$key ]]; then
			read -r row driver name <<<"$place"
			reused=$((reused + 1))
			result SAME "$row" "$driver" "$name" 0 "unchanged since $(<"$MDX_CACHE/passed/$key")"
		else
			left+=("$place")
		fi
	done
	places=("${left[@]}")
}

# keep_passes: those of this run, unless somebody changed meanwhile what they depend on.  What failed has not
# passed, whatever an earlier run said.
keep_passes() {
	local place key
	local -A before=()
	while IFS= read -r place; do
		key=${keys[$place]:-}
		[[ -z $key ]] || rm -f "$MDX_CACHE/passed/$key"
	done < <(sed -n 's/^FAIL //p' "$results/lines")
	for place in "${!keys[@]}"; do
		before[$place]=${keys[$place]}
	done
	read_keys
	while IFS= read -r place; do
		key=${keys[$place]:-}
		[[ -n $key && $key == "${before[$place]}" ]] || continue
		date '+%Y-%m-%d %H:%M' >"$MDX_CACHE/passed/.$key.$$"
		mv "$MDX_CACHE/passed/.$key.$$" "$MDX_CACHE/passed/$key"
	done <"$results/clean"
}
