"""The edges of the kernel: gRPC, command line, database, messages, settings."""
