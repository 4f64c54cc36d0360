"""The business date: opened and advanced by command; the booking date of everything."""
