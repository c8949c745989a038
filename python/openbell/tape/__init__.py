"""How trades of the tape are read."""

from openbell.tape.conditions import SaleConditions, TapeRules

__all__ = ["SaleConditions", "TapeRules"]
