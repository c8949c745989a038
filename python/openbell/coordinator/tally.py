"""Adding up the figures of a run, session by session."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from openbell.report import HitSummary, RunSummary, ScannerSummary, SessionSummary, SymbolSummary

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from openbell.config import SessionConfig
    from openbell.coordinator.calls import Calls
    from openbell.coordinator.setup import Setup
    from openbell.report import LiveSummary
    from openbell.scanners import ScannerManager
    from openbell.session import SessionData


@dataclass(slots=True)
class _Symbol:
    bars: int = 0
    derived_bars: int = 0
    expected: int = 0
    missing: int = 0
    gaps: int = 0

    @property
    def quality_percent(self) -> float | None:
        return 100.0 * (self.expected - self.missing) / self.expected if self.expected else None

    def add(self, other: _Symbol) -> None:
        self.bars += other.bars
        self.derived_bars += other.derived_bars
        self.expected += other.expected
        self.missing += other.missing
        self.gaps += other.gaps


@dataclass(slots=True)
class Tally:
    """The figures so far."""

    config: SessionConfig
    setup: Setup
    session: SessionData
    symbols: dict[str, _Symbol] = field(default_factory=dict)
    sessions: list[SessionSummary] = field(default_factory=list)
    gone: dict[str, SymbolSummary] = field(default_factory=dict)
    history_bars: int = 0
    elapsed_s: float = 0.0

    def end_of_session(self, date: dt.date, symbols: Sequence[str]) -> None:
        """Add what the session that just ended came to."""
        today = _Symbol()
        for name in symbols:
            base, *derived = self.session.intervals(name)
            symbol = _Symbol(
                bars=self.session.bar_count(name, base),
                derived_bars=sum(self.session.bar_count(name, interval) for interval in derived),
            )
            if (coverage := self.session.get_coverage(name, base)) is not None:
                symbol.expected = coverage.expected
                quality = self.session.quality.session(name, base) if self.session.quality.ledger else None
                if quality is not None:
                    symbol.missing = quality.unknown
                    symbol.gaps = sum(gap.status == "unknown" for gap in quality.gaps)
                elif not self.session.quality.gaps_verified:
                    symbol.missing, symbol.gaps = coverage.expected - coverage.present, coverage.gap_count
            self.symbols.setdefault(name, _Symbol()).add(symbol)
            today.add(symbol)
        trading = self.setup.time_manager.get_trading_session(date)
        self.sessions.append(
            SessionSummary(
                date=date,
                open_ns=trading.open_ns or 0,
                close_ns=trading.close_ns or 0,
                early_close=trading.is_early_close,
                bars=today.bars,
                derived_bars=today.derived_bars,
                quality_percent=today.quality_percent,
            )
        )

    def removed(self, name: str) -> None:
        """Keep the figures of a symbol that is about to be removed."""
        self.gone[name] = self._symbol(name, self.symbols.pop(name, _Symbol()))

    def _failed_indicators(self) -> list[str]:
        """Say which indicators of the user's own have no values, and why: each reason once."""
        failed: dict[tuple[str, str], list[str]] = {}
        for (symbol, key), why in self.session.indicator_errors.items():
            failed.setdefault((key, why), []).append(symbol)
        return [f"{key} of {symbols[0]}{_more(symbols)}: {why}" for (key, why), symbols in failed.items()]

    def summary(self, calls: Calls | None, scanners: ScannerManager, live: LiveSummary | None = None) -> RunSummary:
        """Give the figures of the run so far."""
        source = self.setup.data_manager.source
        refused = dict(source.refused.counts)
        for reason, count in self.session.refusals().items():
            refused[reason] = refused.get(reason, 0) + count
        return RunSummary(
            name=self.config.name,
            mode=self.config.mode,
            exchange=self.config.exchange,
            timezone=self.setup.time_manager.zone.key,
            source=source.capabilities.label,
            base_interval=str(self.setup.layout.base[0]),
            intervals=tuple(str(i) for i in (self.setup.layout.base[0], *(i for i, _ in self.setup.layout.derived))),
            symbols=(*(self._symbol(name, total) for name, total in self.symbols.items()), *self.gone.values()),
            sessions=tuple(self.sessions),
            counts=self.session.counts(),
            refused_by_reason=dict(sorted(refused.items())),
            skipped_symbols=self.setup.skipped,
            warnings=(*(calls.first_errors if calls else ()), *self._failed_indicators()),
            callbacks=calls.count if calls else 0,
            callback_errors=calls.errors if calls else 0,
            history_sessions=len(self.setup.history),
            history_bars=self.history_bars,
            elapsed_s=self.elapsed_s,
            scanners=tuple(
                ScannerSummary(
                    name=s.name,
                    universe=s.universe,
                    left_out=len(s.left_out),
                    runs=s.runs,
                    hits=s.hits,
                    errors=s.errors,
                    overruns=s.overruns,
                    skipped=s.skipped,
                    seconds=s.seconds,
                    problem=s.disabled or s.last_error,
                )
                for s in scanners.stats
            ),
            live=live,
            hits=tuple(HitSummary(h.scanner, h.symbol, h.time_ns, h.rank, h.metadata) for h in scanners.hits()),
        )

    def _symbol(self, name: str, total: _Symbol) -> SymbolSummary:
        counts = self.session.counts(name)
        indicators = self.session.get_all_indicators(name)
        return SymbolSummary(
            symbol=name,
            bars=total.bars,
            derived_bars=total.derived_bars,
            indicators=len(indicators),
            indicators_ready=sum(data.valid for data in indicators.values()),
            expected_bars=total.expected,
            missing_bars=total.missing,
            gaps=total.gaps,
            quality_percent=total.quality_percent,
            corrected=counts["corrected"],
            duplicates=counts["identical"],
            late=counts["inserted"],
            outside_session=counts["outside_session"],
            refused=counts["refused"],
        )


def _more(symbols: list[str]) -> str:
    return f" and {len(symbols) - 1} more" if len(symbols) > 1 else ""
