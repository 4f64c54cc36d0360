"""Every report of the ledger under its name: what it may be asked for, and how it is made."""
