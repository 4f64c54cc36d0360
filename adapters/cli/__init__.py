"""The ``corebank`` command."""
