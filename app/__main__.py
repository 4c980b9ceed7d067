"""`python -m app`."""

from app.cli import cli

cli()
