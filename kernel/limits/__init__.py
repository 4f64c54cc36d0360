"""Limits: the tree of limits and its headroom. Pure."""
