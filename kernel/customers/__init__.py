"""Customers: registration, identification, relations, restraints and merges."""
