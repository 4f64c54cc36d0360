"""Proofs over a whole ledger: made from the log alone, compared with everything live."""
