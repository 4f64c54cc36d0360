"""Accounts: classes and caps, holds, restraints, overdraft, opening and closing."""
