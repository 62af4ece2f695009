"""The gate: results held against waivers, policy and baseline.

`fields` reads the reviewed YAML files; `waivers`, `policy` and `baseline` say what is in them; `gate`
decides.
"""
