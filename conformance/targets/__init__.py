"""Targets: an engine on a device.

`adapter` is the contract that engines implement, `torch_engine` and `reference` are the two built in,
`registry` reads `ENGINE:DEVICE[+MODE]` on the harness's side, where no engine is ever imported.
"""
