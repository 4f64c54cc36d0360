"""Collateral: haircuts, lendable value, allocation of cover to claims, shortfall. Pure."""
