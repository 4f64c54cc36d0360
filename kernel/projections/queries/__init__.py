"""Questions to the read models; each takes ``as_of`` and ``known_at``, answered or refused."""
