"""Payments: transfers, cash, two-phase payments, reversals, bulk and standing orders."""
