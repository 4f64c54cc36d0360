"""Loans: terms, the fold over events, schedules, allocation and what a loan costs. Pure."""
