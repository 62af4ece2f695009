"""Registers the pytest plugin, nothing else."""

pytest_plugins = ["conformance.pytest_plugin"]
