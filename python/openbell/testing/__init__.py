"""Feeds that fail as live feeds do, for tests of whatever is built on openbell."""

from openbell.testing.faulty import Fault, FaultyFeed, FaultySource, random_faults

__all__ = ["Fault", "FaultyFeed", "FaultySource", "random_faults"]
