"""Use cases and the engine: what the bank does with a command. The only home of clock and ids."""
