"""The kernel of the bank: pure rules at the bottom, the log and the engine above them."""
