"""The command line: ``openbell``."""

from openbell.cli.app import main

__all__ = ["main"]
