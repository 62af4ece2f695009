"""The ledger of torch's own documentation: which statements it makes, and which cases prove each.

`extract` reads docstrings and signatures in any interpreter that has torch; `blocks` and `statements`
cut them into statements with a fingerprint each; `ledger` reads what was decided of each statement,
`update` writes new ones down, `coverage` counts what cases prove, `drift` says what another torch words
differently. The sentences themselves stay in torch: a ledger holds positions and fingerprints.
"""
