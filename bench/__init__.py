"""Measurements, not tests: `make bench` runs them on this machine and writes the table in docs/benchmarks.md."""
