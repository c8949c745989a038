"""The catalogue as a page of the documentation: ``python -m openbell.indicators.page > docs/indicators.md``."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from openbell.indicators.catalogue import IndicatorType, list_indicators

if TYPE_CHECKING:
    from openbell.indicators.catalogue import IndicatorInfo

HEAD = """# Indicators

This page is made from the registry (`make docs`); `openbell indicators NAME` prints an entry. A key is the name, the
parameters in the order given here, and the interval: `sma_20_5m`, `macd_12_26_9_5m`; an output that is not the first is
read by its name, `get_indicator_value("SPY", "macd_12_26_9_5m", "signal")`, and is a column of a snapshot with it,
`macd_12_26_9_5m_signal`.

`first` is the number of bars until there is a value, `warm` until its start no longer matters (to 1e-9), with the
defaults; `sessions` is how many earlier ones it needs besides. Each takes constant time a bar (where windows are
searched or weighed term by term, the entry says so), is the same bit for bit in bulk and bar by bar, and is put right
when a bar is corrected. Where TA-Lib has an indicator, ours equals it to 1e-9 from the first value on; what we say
differently is in the formula.

What takes a `source` may read something else in its place: another field (`open`, `high`, `low`, `close`, `volume`,
`hl2`, `hlc3`, `ohlc4`, `hlcc4`), or another indicator over the same bars by its key, an output that is not the first
behind it. `{"name": "ema", "period": 9, "interval": "5m", "source": "rsi_14_5m"}` has the key `ema_9_of_rsi_14_5m`,
with `"source": "macd_12_26_9_5m_signal"` it has `ema_9_of_macd_12_26_9_signal_5m`. The other is worked out once,
whether it was asked for besides or not; a bar at which it has no value is no bar for what reads it.

`correlation` and `beta` compare with another symbol of the session:
`{"name": "beta", "params": {"period": 20}, "interval": "5m", "against": "SPY"}` has the key `beta_20_vs_SPY_5m`. They
run over the newest bars that both have at the same time, those of earlier sessions that are kept too, and follow when
either is corrected. That symbol must be one of the session's.

## Your own

A class with `update(bar)` is an indicator once it is registered; its parameters are the arguments of `__init__`, a
number as default each. It has a key, is warmed up from history (`first` says how many bars it needs), is put right
when a bar is corrected, has forming values, is a column of snapshots and of scanners' filters. It may not be the
source of another, and runs in the session only. If its `update` fails, that is logged, it has no value until the bar
is corrected, and `SessionData.indicator_errors` says why. A name keeps its meaning in a process, unless
`replace=True` gives it another.

```python
import openbell as ob


@ob.register_indicator("up_share", title="Share of bars that closed higher than they opened")
class UpShare:
    def __init__(self, period: int = 20) -> None:
        self.first, self.up = period, []

    def update(self, bar):
        self.up = [*self.up, bar.close > bar.open][-self.first :]
        return sum(self.up) / self.first if len(self.up) == self.first else None


config = ob.SessionConfig(
    backtest={"start": "2024-11-27", "end": "2024-11-27"},
    source={"kind": "simulator", "symbols": ["AAPL"]},
    session_data_config={
        "symbols": ["AAPL"],
        "streams": ["1m", "5m"],
        "indicators": {"session": [{"name": "up_share", "period": 10, "interval": "5m"}]},
    },
)
print(ob.SessionCoordinator(config).run().session_data.get_indicator_value("AAPL", "up_share_10_5m"))
```

Faster, and without code: an expression over fields and other indicators, named without the interval. It is computed
by the engine, may be fixed during a session (`historical`) and may be the source of another. `register_expression` has
the grammar.

```python
import openbell as ob

stretch = {"name": "stretch", "expression": "(close - sma_20) / stddev_20", "interval": "5m"}
config = ob.SessionConfig(
    backtest={"start": "2024-11-27", "end": "2024-11-27"},
    source={"kind": "simulator", "symbols": ["AAPL", "MSFT"]},
    session_data_config={
        "symbols": ["AAPL", "MSFT"],
        "streams": ["1m", "5m"],
        "indicators": {"session": [stretch, {"name": "ema", "period": 9, "interval": "5m", "source": "stretch_5m"}]},
    },
)
session = ob.SessionCoordinator(config).run().session_data
print(session.snapshot(["stretch_5m", "ema_9_of_stretch_5m"]).to_polars())
```

## Without a session

On arrays of your own, arguments in TA-Lib's order, and value by value; of those that compare two, the other comes
first: `ta.beta(market, close, 20)`. What depends on sessions takes `session` and `regular` besides, what reads the time
`minute` (since the regular open) or `ts`.

```python
import numpy as np

from openbell import indicators as ta

close = 100 + np.cumsum(np.random.default_rng(1).normal(size=500))
high, low = close + 0.5, close - 0.5
print(ta.rsi(close, 14)[-1], ta.macd(close).signal[-1], ta.atr(high, low, close, 14)[-1])
live = ta.RSI(14)  # live.update(x), live.peek(x), live.copy(); it can be pickled
for x in close:
    value = live.update(x)
print(value, live.peek(close[-1] + 1))
```
"""


def entry(info: IndicatorInfo) -> str:
    """Give one indicator's part of the page."""
    params = ", ".join(f"`{p.name}` = {p.default:g}" for p in info.params) or "none"
    sessions = f", sessions {info.sessions}" if info.sessions else ""
    takes = " Takes a `source`." if info.takes_source else ""
    outputs = ", ".join(f"`{output}`" for output in info.outputs)
    return (
        f"### {info.name}\n\n{info.title}. {info.formula[0].upper() + info.formula[1:]}.\n\n"
        f"Parameters: {params}. Outputs: {outputs}. First {info.first}, warm {info.warm}{sessions}.{takes} "
        f"Reference: {info.source}.\n"
    )


def page() -> str:
    """Give the whole page."""
    parts = [HEAD]
    catalogue = (info for info in list_indicators() if info.type is not IndicatorType.CUSTOM)
    for family, members in itertools.groupby(catalogue, key=lambda info: info.type):
        parts.append(f"## {family.value.capitalize()}\n")
        parts += [entry(info) for info in members]
    return "\n".join(parts)


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201  # this is what it is for
