"""Benchmarks: ratios against something measured in the same run, on the same server."""
