"""The log: one order of facts, how they are stored and read. The only home of the eventsourcing library."""
