# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the schemas of the specification say, in jq.

# assert_state JSON: a state as state-schema.json has it
assert_state()
{
	jq -e '
		type == "object"
		and (.ociVersion | type == "string" and test("^1\\.[0-9]+\\.[0-9]+"))
		and (.id | type == "string")
		and (.status | IN("creating", "created", "running", "stopped"))
		and (if has("pid") then (.pid | type == "number" and floor == . and . >= 0) else true end)
		and (if .status | IN("created", "running") then .pid > 0 else true end)
		and (.bundle | type == "string" and startswith("/"))
		and (if has("annotations") then .annotations | type == "object" and all(.[]; type == "string") else true end)
	' >/dev/null <<<"$1" || die "not a state: $1"
}
