"""`python -m conformance` is the command line."""

from conformance.cli import main

main()
