"""Bookkeeping: the chart of accounts, dated posting rules, and journals made from facts. Pure."""
