"""The lifecycle of a run: history, warm-up, the clock, sessions, callbacks."""

from openbell.coordinator.coordinator import SessionCoordinator
from openbell.coordinator.loading import load_strategy
from openbell.coordinator.result import RunResult
from openbell.coordinator.strategy import Strategy

__all__ = ["RunResult", "SessionCoordinator", "Strategy", "load_strategy"]
