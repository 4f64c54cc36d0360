"""Closing the day: steps over all contracts, beside live business, that can be cut off anywhere."""
