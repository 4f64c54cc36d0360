"""Deposits: interest by balance-days, term, notice and agreement deposits. Pure."""
