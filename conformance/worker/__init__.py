"""The program that runs beside an engine. Standard library only, Python 3.9 and later.

`main` talks, `execute` runs one case, `observe` looks at values without touching them, `clean` brings the
engine back to its start, `limits` bounds the process, `sandbox` and `helpers` are what programs stand on.
"""
