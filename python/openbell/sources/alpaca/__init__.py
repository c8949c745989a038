"""Alpaca's market data for US stocks, on alpaca-py."""

from openbell.sources.alpaca.source import AlpacaSource
from openbell.sources.alpaca.stream import AlpacaFeed

__all__ = ["AlpacaFeed", "AlpacaSource"]
