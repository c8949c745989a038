"""The backtest of `benches.speed` in NautilusTrader, where it is installed: same bars and 5m bars, same indicators."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


def run(columns: Mapping[str, Any], symbols: NDArray[Any]) -> tuple[float, dict[str, float]]:
    """Play bars; give how many a second, and each symbol's last simple average.

    Parameters
    ----------
    columns
        Arrays of one length: ``symbol`` (tickers), ``ts``, ``open``, ``high``, ``low``, ``close``, ``volume``.
    symbols
        The tickers.
    """
    from nautilus_trader import indicators as ta
    from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
    from nautilus_trader.config import LoggingConfig, StrategyConfig
    from nautilus_trader.model.currencies import USD
    from nautilus_trader.model.data import Bar, BarType
    from nautilus_trader.model.enums import AccountType, OmsType
    from nautilus_trader.model.identifiers import Venue
    from nautilus_trader.model.objects import Money, Price, Quantity
    from nautilus_trader.test_kit.providers import TestInstrumentProvider
    from nautilus_trader.trading.strategy import Strategy

    minute, ns = "1-MINUTE-LAST-EXTERNAL", 60_000_000_000

    class Indicators(Strategy):  # type: ignore[misc]
        def on_start(self) -> None:
            self.averages: dict[str, Any] = {}
            for name in symbols:
                one = BarType.from_str(f"{name}.XNAS-{minute}")
                fast = ta.SimpleMovingAverage(20)
                self.averages[str(name)] = fast
                rest = (
                    ta.ExponentialMovingAverage(20),
                    ta.RelativeStrengthIndex(14),
                    ta.MovingAverageConvergenceDivergence(12, 26),
                    ta.BollingerBands(20, 2.0),
                    ta.AverageTrueRange(14),
                    ta.OnBalanceVolume(),
                    ta.VolumeWeightedAveragePrice(),
                )
                for indicator in (fast, *rest):
                    self.register_indicator_for_bars(one, indicator)
                self.subscribe_bars(one)
                self.subscribe_bars(BarType.from_str(f"{name}.XNAS-5-MINUTE-LAST-INTERNAL@1-MINUTE-EXTERNAL"))

    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(
        Venue("XNAS"), OmsType.NETTING, AccountType.CASH, base_currency=USD, starting_balances=[Money(1_000_000, USD)]
    )
    types = {}
    for name in symbols:
        instrument = TestInstrumentProvider.equity(symbol=str(name), venue="XNAS")
        engine.add_instrument(instrument)
        types[str(name)] = BarType.from_str(f"{name}.XNAS-{minute}")
    rows = zip(
        *(columns[name].tolist() for name in ("symbol", "ts", "open", "high", "low", "close", "volume")), strict=True
    )
    bars = [
        Bar(
            types[symbol], Price(o, 2), Price(h, 2), Price(lo, 2), Price(c, 2), Quantity(max(v, 1.0), 0),
            ts + ns, ts + ns,
        )
        for symbol, ts, o, h, lo, c, v in rows
    ]  # fmt: skip
    engine.add_data(bars)
    strategy = Indicators(StrategyConfig())
    engine.add_strategy(strategy)
    started = time.perf_counter()
    engine.run()
    seconds = time.perf_counter() - started
    last = {name: average.value for name, average in strategy.averages.items()}
    engine.dispose()
    return len(bars) / seconds, last
