"""``python -m adapters.cli`` is ``corebank``."""

from adapters.cli.main import app

app()
