"""Read models in SQL: computed from the log by a follower, droppable and rebuildable."""
