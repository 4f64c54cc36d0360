"""Words that every area shares: money, dates, ids, legs, facts and refusals. Pure."""
