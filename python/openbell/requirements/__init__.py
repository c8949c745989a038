"""What a set of streams and indicators needs: which bars, and how many days of history."""

from openbell.requirements.analyzer import (
    IndicatorRequirements,
    SessionRequirements,
    analyze_indicator_requirements,
    analyze_session_requirements,
)

__all__ = [
    "IndicatorRequirements",
    "SessionRequirements",
    "analyze_indicator_requirements",
    "analyze_session_requirements",
]
