"""Rate indices: published reference rates, and what was known of them when. Pure."""
