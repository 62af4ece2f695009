"""Ratios and counts, measured on demand: never a timed test."""
