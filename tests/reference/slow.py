"""Indicators that TA-Lib has not, written anew from their published definitions: slow, in plain NumPy, bar by bar."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import talib

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Columns = dict[str, Floats]


def rolling(x: Floats, n: int, of: Callable[[Floats], float], start: int = 0) -> Floats:
    """A function of each window of n values, from the first that lies wholly behind ``start``."""
    out = np.full(len(x), np.nan)
    for end in range(start + n, len(x) + 1):
        out[end - 1] = of(x[end - n : end])
    return out


def ema(x: Floats, n: int, *, from_mean: bool = True, factor: float | None = None) -> Floats:
    """From the first value on: as the mean of the first n, or as the first."""
    out = np.full(len(x), np.nan)
    k = 2 / (n + 1) if factor is None else factor
    first = int(np.argmax(~np.isnan(x)))
    begin = first + n - 1 if from_mean else first
    value = math.fsum(x[first : begin + 1]) / (begin + 1 - first)
    out[begin] = value
    for i in range(begin + 1, len(x)):
        value += k * (x[i] - value)
        out[i] = value
    return out


def wilder(x: Floats, n: int) -> Floats:
    return ema(x, n, factor=1 / n)


def true_range(c: Columns) -> Floats:
    last = np.concatenate([[np.nan], c["close"][:-1]])
    ranges: Floats = np.maximum(c["high"], last) - np.minimum(c["low"], last)
    return ranges


def atr(c: Columns, n: int) -> Floats:
    return wilder(true_range(c), n)


def shift(x: Floats, n: int) -> Floats:
    return np.concatenate([np.full(n, np.nan), x[: len(x) - n]]) if n else x


def alligator(c: Columns) -> tuple[Floats, ...]:
    x = (c["high"] + c["low"]) / 2
    return tuple(shift(wilder(x, n), by) for n, by in ((13, 8), (8, 5), (5, 3)))


def alma(c: Columns, n: int, offset: float, sigma: float) -> Floats:
    m, s = offset * (n - 1), n / sigma
    w = np.exp(-((np.arange(n) - m) ** 2) / (2 * s * s))
    return rolling(c["close"], n, lambda v: float((v * w).sum() / w.sum()))


def atr_trailing_stop(c: Columns, n: int, width: float) -> tuple[Floats, Floats]:
    a, close = atr(c, n), c["close"]
    stop, side = np.full(len(a), np.nan), np.full(len(a), np.nan)
    for i in range(n, len(a)):
        below, above = close[i] - width * a[i], close[i] + width * a[i]
        if i == n:
            stop[i], side[i] = below, 1
        elif side[i - 1] > 0:
            crossed = close[i] < stop[i - 1]
            stop[i], side[i] = (above, -1) if crossed else (max(stop[i - 1], below), 1)
        else:
            crossed = close[i] > stop[i - 1]
            stop[i], side[i] = (below, 1) if crossed else (min(stop[i - 1], above), -1)
    return stop, side


def autocorrelation(c: Columns, n: int, lag: int) -> Floats:
    x = c["close"]
    out = np.full(len(x), np.nan)
    for end in range(n + lag, len(x) + 1):
        a, b = x[end - n : end], x[end - n - lag : end - lag]
        a, b = a - a.mean(), b - b.mean()
        size = math.sqrt(float((a * a).sum()) * float((b * b).sum()))
        out[end - 1] = float((a * b).sum()) / size if size > 0 else 0.0
    return out


def chandelier_exit(c: Columns, n: int, width: float) -> tuple[Floats, Floats]:
    a = atr(c, n)
    return rolling(c["high"], n, np.max) - width * a, rolling(c["low"], n, np.min) + width * a


def chop(c: Columns, n: int) -> Floats:
    last = np.concatenate([[np.nan], c["close"][:-1]])
    high, low, path = np.maximum(c["high"], last), np.minimum(c["low"], last), true_range(c)
    out = np.full(len(last), np.nan)
    for end in range(n + 1, len(last) + 1):
        way = high[end - n : end].max() - low[end - n : end].min()
        total = math.fsum(path[end - n : end])
        out[end - 1] = 100 * math.log10(total / way) / math.log10(n) if way > 0 and total > 0 else 0.0
    return out


def rsi_of(change: Floats, n: int) -> Floats:
    gain, loss = wilder(np.maximum(change, 0), n), wilder(np.maximum(-change, 0), n)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(gain + loss == 0, 50.0, 100 * gain / (gain + loss))


def connors_rsi(c: Columns, n: int, m: int, rank: int) -> Floats:
    x = c["close"]
    streak = np.zeros(len(x))
    for i in range(1, len(x)):
        if x[i] > x[i - 1]:
            streak[i] = max(streak[i - 1], 0) + 1
        elif x[i] < x[i - 1]:
            streak[i] = min(streak[i - 1], 0) - 1
    moved = np.concatenate([[np.nan], np.diff(x)])
    streaks = np.concatenate([[np.nan, np.nan], np.diff(streak)[1:]])
    change = np.concatenate([[np.nan], x[1:] / x[:-1] - 1])
    below = np.full(len(x), np.nan)
    for i in range(rank + 1, len(x)):
        below[i] = 100 * np.count_nonzero(change[i - rank : i] < change[i]) / rank
    mean: Floats = (rsi_of(moved, n) + rsi_of(streaks, m) + below) / 3
    return mean


def eom(c: Columns, n: int) -> Floats:
    middle = (c["high"] + c["low"]) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        ease = np.diff(middle, prepend=np.nan) * (c["high"] - c["low"]) / (c["volume"] / 1e8)
    ease = np.where(c["volume"] > 0, ease, 0.0)
    return rolling(ease, n, lambda v: math.fsum(v) / n, 1)


def fisher(c: Columns, n: int) -> tuple[Floats, Floats]:
    price = (c["high"] + c["low"]) / 2
    value, trigger = np.full(len(price), np.nan), np.full(len(price), np.nan)
    x = last = 0.0
    for i in range(n - 1, len(price)):
        window = price[i + 1 - n : i + 1]
        low, high = window.min(), window.max()
        place = (price[i] - low) / (high - low) - 0.5 if high > low else 0.0
        x = min(max(0.66 * place + 0.67 * x, -0.999), 0.999)
        trigger[i] = last
        last = value[i] = 0.5 * math.log((1 + x) / (1 - x)) + 0.5 * last
    return value, trigger


def hv_close(c: Columns, n: int, year: float) -> Floats:
    return rolling(np.diff(np.log(c["close"]), prepend=np.nan), n, lambda v: 100 * math.sqrt(v.var(ddof=1) * year), 1)


def logs(c: Columns) -> tuple[Floats, Floats, Floats]:
    return np.log(c["high"] / c["open"]), np.log(c["low"] / c["open"]), np.log(c["close"] / c["open"])


def hv_parkinson(c: Columns, n: int, year: float) -> Floats:
    u, d, _ = logs(c)
    return rolling((u - d) ** 2 / (4 * math.log(2)), n, lambda v: 100 * math.sqrt(math.fsum(v) / n * year))


def hv_garman_klass(c: Columns, n: int, year: float) -> Floats:
    u, d, e = logs(c)
    term = 0.5 * (u - d) ** 2 - (2 * math.log(2) - 1) * e**2
    return rolling(term, n, lambda v: 100 * math.sqrt(max(0.0, math.fsum(v) / n) * year))


def hv_rogers_satchell(c: Columns, n: int, year: float) -> Floats:
    u, d, e = logs(c)
    return rolling(u * (u - e) + d * (d - e), n, lambda v: 100 * math.sqrt(max(0.0, math.fsum(v) / n) * year))


def hv_yang_zhang(c: Columns, n: int, year: float) -> Floats:
    u, d, e = logs(c)
    overnight = np.concatenate([[np.nan], np.log(c["open"][1:] / c["close"][:-1])])
    k = 0.34 / (1.34 + (n + 1) / (n - 1))
    within = u * (u - e) + d * (d - e)
    parts = (
        rolling(overnight, n, lambda v: float(v.var(ddof=1)), 1),
        rolling(e, n, lambda v: float(v.var(ddof=1))),
        rolling(within, n, lambda v: math.fsum(v) / n),
    )
    return 100 * np.sqrt((parts[0] + k * parts[1] + (1 - k) * parts[2]) * year)


def ichimoku(c: Columns) -> tuple[Floats, ...]:
    def middle(n: int) -> Floats:
        return (rolling(c["high"], n, np.max) + rolling(c["low"], n, np.min)) / 2

    conversion, base = middle(9), middle(26)
    return conversion, base, shift((conversion + base) / 2, 26), shift(middle(52), 26)


def kst(c: Columns, signal: int) -> tuple[Floats, Floats]:
    x = c["close"]
    total = np.zeros(len(x))
    for weight, n, smooth in ((1, 10, 10), (2, 15, 10), (3, 20, 10), (4, 30, 15)):
        change = (x / shift(x, n) - 1) * 100
        total += weight * rolling(change, smooth, lambda v: math.fsum(v) / len(v), n)
    return total, rolling(total, signal, lambda v: math.fsum(v) / signal, 44)


def moment(v: Floats, power: int) -> float:
    return float(((v - v.mean()) ** power).mean())


def kurtosis(c: Columns, n: int) -> Floats:
    return rolling(c["close"], n, lambda v: moment(v, 4) / moment(v, 2) ** 2 - 3 if np.ptp(v) else 0.0)


def skew(c: Columns, n: int) -> Floats:
    return rolling(c["close"], n, lambda v: moment(v, 3) / moment(v, 2) ** 1.5 if np.ptp(v) else 0.0)


def median(c: Columns, n: int) -> Floats:
    return rolling(c["close"], n, np.median)


def rvi(c: Columns, n: int) -> tuple[Floats, Floats]:
    def smooth(x: Floats) -> Floats:
        return (x + 2 * shift(x, 1) + 2 * shift(x, 2) + shift(x, 3)) / 6

    body = rolling(smooth(c["close"] - c["open"]), n, math.fsum, 3)
    height = rolling(smooth(c["high"] - c["low"]), n, math.fsum, 3)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.where(height == 0, 0.0, body / height)
    return value, smooth(value)


def smi(c: Columns) -> tuple[Floats, Floats]:
    high, low = rolling(c["high"], 13, np.max), rolling(c["low"], 13, np.min)
    away, width = c["close"] - (high + low) / 2, high - low
    for n in (25, 2):
        away, width = ema(away, n, from_mean=False), ema(width, n, from_mean=False)
    value = np.where(width == 0, 0.0, 100 * away / (width / 2))
    return value, ema(value, 3, from_mean=False)


def line_end(v: Floats) -> float:
    places = np.arange(len(v)) - (len(v) - 1) / 2
    return float(v.mean() + (places * (v - v.mean())).sum() / (places**2).sum() * places[-1])


def squeeze(c: Columns, n: int, band: float, channel: float) -> tuple[Floats, Floats]:
    x = c["close"]
    width = channel * rolling(true_range(c), n, lambda v: math.fsum(v) / n, 1)
    on = np.where(np.isnan(width), np.nan, (band * rolling(x, n, np.std) < width).astype(float))
    middle = (rolling(c["high"], n, np.max) + rolling(c["low"], n, np.min)) / 2
    value = x - (middle + rolling(x, n, lambda v: math.fsum(v) / n)) / 2
    return on, rolling(value, n, line_end, n - 1)


def starc(c: Columns, n: int, m: int, width: float) -> tuple[Floats, ...]:
    middle, half = rolling(c["close"], n, lambda v: math.fsum(v) / n), width * atr(c, m)
    middle = np.where(np.isnan(half), np.nan, middle)
    return middle + half, middle, middle - half


def stc(c: Columns, fast: int, slow: int, cycle: int) -> Floats:
    value = ema(c["close"], fast) - ema(c["close"], slow)
    for _ in range(2):
        out, raw, smooth = np.full(len(value), np.nan), 0.0, math.nan
        first = int(np.argmax(~np.isnan(value)))
        for i in range(first + cycle - 1, len(value)):
            window = value[i + 1 - cycle : i + 1]
            low, high = window.min(), window.max()
            raw = 100 * (value[i] - low) / (high - low) if high > low else raw
            smooth = raw if math.isnan(smooth) else smooth + 0.5 * (raw - smooth)
            out[i] = smooth
        value = out
    return value


def ulcer(c: Columns, n: int) -> Floats:
    def of(v: Floats) -> float:
        highest = np.maximum.accumulate(v)
        return math.sqrt(float(((100 * (v - highest) / highest) ** 2).sum()) / n)

    return rolling(c["close"], n, of)


def vidya(c: Columns, n: int, m: int) -> Floats:
    x = c["close"]
    change = np.diff(x, prepend=np.nan)
    out, value = np.full(len(x), np.nan), x[m - 1]
    for i in range(m, len(x)):
        moves = change[i + 1 - m : i + 1]
        total = math.fsum(np.abs(moves))
        index = abs(math.fsum(moves)) / total if total > 0 else 0.0
        value += 2 / (n + 1) * index * (x[i] - value)
        out[i] = value
    return out


def zscore(c: Columns, n: int) -> Floats:
    return rolling(c["close"], n, lambda v: float((v[-1] - v.mean()) / v.std()) if np.ptp(v) else 0.0)


def stddev(c: Columns, n: int) -> Floats:
    """Two passes a window; TA-Lib's one pass loses digits at large prices and small deviations."""
    exact = rolling(c["close"], n, lambda v: float(np.sqrt(((v - v.mean()) ** 2).mean())))
    theirs = talib.STDDEV(c["close"], n)
    np.testing.assert_allclose(exact[n - 1 :], theirs[n - 1 :], rtol=1e-5, atol=1e-6)
    return exact


def by_session(c: Columns, of: Callable[[Columns, Columns | None], Any]) -> tuple[Floats, ...]:
    """What a function of the session so far and of the one before gives at each bar; NaN where it gives nothing."""
    rows, last = [], None
    for session in dict.fromkeys(c["session"].tolist()):
        here = np.flatnonzero(c["session"] == session)
        rows += [of({key: values[here[: k + 1]] for key, values in c.items()}, last) for k in range(len(here))]
        last = {key: values[here] for key, values in c.items()}
    width = max(len(row) for row in rows if row is not None)
    table = np.array([(math.nan,) * width if row is None else row for row in rows])
    return tuple(table[:, place] for place in range(width))


def previous(field: str) -> Callable[[Columns], tuple[Floats, ...]]:
    pick: dict[str, Callable[[Floats], Any]] = {"high": np.max, "low": np.min, "close": lambda v: v[-1]}
    return lambda c: by_session(c, lambda _, last: None if last is None else (pick[field](last[field]),))


def gap_pct(c: Columns) -> tuple[Floats, ...]:
    return by_session(
        c, lambda now, last: None if last is None else (100 * (now["open"][0] / last["close"][-1] - 1),)
    )  # fmt: skip


def day_change_pct(c: Columns) -> tuple[Floats, ...]:
    return by_session(
        c, lambda now, last: None if last is None else (100 * (now["close"][-1] / last["close"][-1] - 1),)
    )  # fmt: skip


def bars_since_high(c: Columns) -> tuple[Floats, ...]:
    return by_session(c, lambda now, _: (float(np.argmax(now["high"][::-1])),))


def pivots(kind: str) -> Callable[[Columns], tuple[Floats, ...]]:
    def of(now: Columns, last: Columns | None) -> tuple[float, ...] | None:
        if last is None:
            return None
        h, low, c, o = last["high"].max(), last["low"].min(), last["close"][-1], now["open"][0]
        r, pp = h - low, (h + low + c) / 3
        if kind == "fibonacci":
            return (pp, *(pp + k * r for k in (0.382, 0.618, 1)), *(pp - k * r for k in (0.382, 0.618, 1)))
        if kind == "camarilla":
            steps = [1.1 * r / k for k in (12, 6, 4)]
            return (c, *(c + s for s in steps), *(c - s for s in steps))
        if kind == "woodie":
            pp = (h + low + 2 * o) / 4
        return pp, 2 * pp - low, pp + r, h + 2 * (pp - low), 2 * pp - h, pp - r, low - 2 * (h - pp)

    return lambda c: by_session(c, of)


def vwap_bands(c: Columns, width: float) -> tuple[Floats, ...]:
    def of(now: Columns, _: Columns | None) -> tuple[float, ...] | None:
        total = now["volume"].sum()
        if total == 0:
            return None
        typical = (now["high"] + now["low"] + now["close"]) / 3
        middle = typical[0] + ((typical - typical[0]) * now["volume"]).sum() / total
        half = width * math.sqrt(((typical - middle) ** 2 * now["volume"]).sum() / total)
        return middle, middle + half, middle - half

    return by_session(c, of)


def percent_b(c: Columns, n: int, width: float) -> Floats:
    def of(v: Floats) -> float:
        half = width * float(v.std()) if np.ptp(v) else 0.0
        return float(v[-1] - v.mean() + half) / (2 * half) if half else 0.5

    return rolling(c["close"], n, of)


def bandwidth(c: Columns, n: int, width: float) -> Floats:
    return rolling(c["close"], n, lambda v: 2 * width * float(v.std()) / float(v.mean()) if np.ptp(v) else 0.0)


def kvo(c: Columns, fast: int, slow: int, signal: int) -> tuple[Floats, Floats]:
    total, ranges = c["high"] + c["low"] + c["close"], c["high"] - c["low"]
    trend = np.where(np.diff(total, prepend=math.inf) > 0, 1, -1)
    force, path, last = np.full(len(total), np.nan), 0.0, 0.0
    for i in range(2, len(total)):
        path = ranges[i] + (path if trend[i] == trend[i - 1] else ranges[i - 1])
        if ranges[i] == path or c["volume"][i] == 0:
            last = 0.0
        elif path != 0:
            last = 100 * c["volume"][i] * trend[i] * abs(2 * (ranges[i] / path - 1))
        force[i] = last
    value = ema(force, fast) - ema(force, slow)
    return value, ema(value, signal)


def since(c: Columns, rows: Any) -> Floats:
    """The average price of some bars so far, session by session or all at once."""
    typical, volume = (c["high"] + c["low"] + c["close"]) / 3, c["volume"] * rows
    with np.errstate(invalid="ignore"):
        return np.where(rows, np.cumsum(typical * volume) / np.cumsum(volume), np.nan)


def vwap_time(c: Columns, minutes: int) -> Floats:
    out = np.full(len(c["close"]), np.nan)
    for session in np.unique(c["session"]).tolist():
        rows = c["session"] == session
        day = {key: values[rows] for key, values in c.items()}
        out[rows] = since(day, day["since_open"] >= minutes * 60e9)
    return out


def vwap_anchored(c: Columns, seconds: int) -> Floats:
    return since(c, c["ts"] >= seconds * 10**9)


def opening_range(c: Columns, minutes: int) -> tuple[Floats, Floats]:
    high, low = np.full(len(c["close"]), np.nan), np.full(len(c["close"]), np.nan)
    for i, session in enumerate(c["session"].tolist()):
        rows = (c["session"][: i + 1] == session) & (c["since_open"][: i + 1] < minutes * 60e9)
        if rows.any():
            high[i], low[i] = c["high"][: i + 1][rows].max(), c["low"][: i + 1][rows].min()
    return high, low


def rvol(c: Columns, sessions: int, minutes: int) -> Floats:
    minute = (c["since_open"] // 60e9).astype(int)
    there = list(dict.fromkeys(c["session"].tolist()))
    volume = dict(zip(zip(c["session"].tolist(), minute.tolist(), strict=True), c["volume"].tolist(), strict=True))
    out = np.full(len(minute), np.nan)
    for i, (session, slot) in enumerate(zip(c["session"].tolist(), minute.tolist(), strict=True)):
        before = there[: there.index(session)][-sessions:]
        mean = sum(volume.get((day, slot), 0.0) for day in before) / sessions
        if len(before) == sessions and slot < minutes and mean > 0:
            out[i] = c["volume"][i] / mean
    return out


def volume_profile(c: Columns, rows: int, percent: float) -> tuple[Floats, Floats, Floats]:
    """Each bar's profile from nothing: all bars of the session so far, spread over the rows that it takes by then."""
    out = np.full((3, len(c["close"])), np.nan)
    for session in np.unique(c["session"]).tolist():
        places = np.flatnonzero((c["session"] == session) & (c["volume"] > 0))
        low, high, volume = (c[key][places] for key in ("low", "high", "volume"))
        height = max(abs(high[0] + low[0]) / 2 * 0.02, 1e-6) / rows
        base = (high[0] + low[0]) / 2 - (rows + 1) / 2 * height
        for i, place in enumerate(places.tolist()):
            while low[i] < base:
                base, height = base - rows * height, height * 2
            while high[i] >= base + rows * height:
                height *= 2
            edges = base + np.arange(rows + 1) * height
            profile = np.zeros(rows)
            for bottom, top, traded in zip(low[: i + 1], high[: i + 1], volume[: i + 1], strict=True):
                if top > bottom:
                    profile += traded * np.diff(np.clip(edges, bottom, top)) / (top - bottom)
                else:
                    profile[min(int((bottom - base) / height), rows - 1)] += traded
            first = last = int(np.argmax(profile))
            out[0, place] = (edges[first] + edges[first + 1]) / 2
            while profile[first : last + 1].sum() < percent / 100 * profile.sum() * (1 - 1e-12):
                below = profile[first - 1] if first else -1.0
                above = profile[last + 1] if last + 1 < rows else -1.0
                first, last = (first - 1, last) if below > above else (first, last + 1)
            out[1:, place] = edges[last + 1], edges[first]
        # Bars without volume change nothing.
        for place in np.flatnonzero((c["session"] == session) & (c["volume"] == 0)).tolist():
            if place and c["session"][place - 1] == session:
                out[:, place] = out[:, place - 1]
    return out[0], out[1], out[2]


def vwap_week(c: Columns) -> Floats:
    typical = (c["high"] + c["low"] + c["close"]) / 3
    weeks = (c["session"] + 3) // 7
    out = np.full(len(typical), np.nan)
    for week in dict.fromkeys(weeks.tolist()):
        rows = weeks == week
        with np.errstate(invalid="ignore"):
            out[rows] = np.cumsum(typical[rows] * c["volume"][rows]) / np.cumsum(c["volume"][rows])
    return out
