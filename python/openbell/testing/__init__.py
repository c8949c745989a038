"""For the tests of strategies and adapters: feeds that misbehave by script."""

from openbell.testing.faulty import Fault, FaultyFeed, random_faults

__all__ = ["Fault", "FaultyFeed", "random_faults"]
