"""Proofs over a whole ledger, made from the log alone and compared with everything computed live."""
