"""The log: one order of facts, stored and read. The only home of the eventsourcing library."""
