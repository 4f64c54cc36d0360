"""Products: versions of terms, drafted by one person, published by another, pinned by contracts."""
