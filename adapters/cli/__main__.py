"""``python -m adapters.cli`` is ``corebank``."""

from adapters.cli.main import app

if __name__ == "__main__":
    app()
