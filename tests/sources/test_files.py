"""Files and frames: names, times, labels, folders, and every way in which a row can be bad."""

from __future__ import annotations

import datetime as dt
import gzip
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pytest

import openbell as ob
from openbell.errors import SourceError
from openbell.sources import Columns, CsvSource, FrameSource, ParquetSource, Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T0 = int(dt.datetime(2024, 11, 25, 14, 30, tzinfo=dt.UTC).timestamp()) * 1_000_000_000
MINUTE = 60_000_000_000
HEADER = "symbol,ts,open,high,low,close,volume\n"
EVER = (0, 2**62)


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def all_rows(source: Source) -> Columns:
    return source.history(None, *EVER)


def test_a_ticker_is_text_whatever_it_spells(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv",
        HEADER + "".join(f"{s},2024-11-25T14:30:00Z,1,1,1,1,1\n" for s in ("NAN", "true", "NULL", "INF")),
    )
    assert CsvSource(path).symbols() == ("INF", "NAN", "NULL", "TRUE")


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("2024-11-25T14:30:00Z", {}),
        ("2024-11-25 14:30:00", {}),
        ("2024-11-25 14:30", {}),
        ("2024-11-25T09:30:00-05:00", {}),
        ("2024-11-25 09:30:00", {"tz": "America/New_York"}),
        ("2024-11-25 09:31:00", {"tz": "America/New_York", "label": "close"}),
        (str(T0 // 10**9), {"unit": "s"}),
        (str(T0 // 10**6), {"unit": "ms"}),
        (str(T0), {"unit": "ns"}),
    ],
)
def test_times_may_be_written_in_many_ways(tmp_path: Path, text: str, options: dict[str, Any]) -> None:
    path = write(tmp_path / "a.csv", HEADER + f"A,{text},1,1,1,1,1\n")
    assert all_rows(CsvSource(path, **options)).ts.tolist() == [T0]


def test_an_hour_that_the_clocks_repeat_has_no_one_time(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEADER + "A,2024-11-03 01:30:00,1,1,1,1,1\nA,2024-11-03 03:30:00,1,1,1,1,1\n")
    source = CsvSource(path, tz="America/New_York", on_bad="skip")
    assert len(all_rows(source)) == 1
    assert source.refused.counts == {"time cannot be read": 1}


BAD = {
    "A,x,1,1,1,1,1": "time cannot be read",
    "A,2024-11-25T14:30:17Z,1,1,1,1,1": "time not aligned to the interval",
    "a b,2024-11-25T14:30:00Z,1,1,1,1,1": "symbol is not a ticker",
    ",2024-11-25T14:30:00Z,1,1,1,1,1": "symbol is not a ticker",
    "A,2024-11-25T14:30:00Z,,,,,": "open is not finite",
    "A,2024-11-25T14:30:00Z,1,1,1,abc,1": "close is not finite",
    "A,2024-11-25T14:30:00Z,1,1,1,inf,1": "close is not finite",
    "A,2024-11-25T14:30:00Z,1,1,2,1,1": "high below low",
    "A,2024-11-25T14:30:00Z,3,2,1,1,1": "open outside low..high",
    "A,2024-11-25T14:30:00Z,1,2,1,3,1": "close outside low..high",
    "A,2024-11-25T14:30:00Z,1,1,1,1,-1": "negative volume",
}


@pytest.mark.parametrize("row", BAD)
def test_a_bad_row_is_named(tmp_path: Path, row: str) -> None:
    path = write(tmp_path / "a.csv", HEADER + f"B,2024-11-25T14:30:00Z,1,1,1,1,1\n{row}\n")
    with pytest.raises(SourceError, match=f"1 bad rows .1 {BAD[row]}.*on_bad") as caught:
        CsvSource(path).symbols()
    assert f"{path}:3: " in str(caught.value)
    source = CsvSource(path, on_bad="skip")
    assert len(all_rows(source)) == 1
    assert source.refused.counts == {BAD[row]: 1}
    assert source.refused.rows[0].line == 3


def test_many_bad_rows_show_the_first_ten(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEADER + "".join(f"{row}\n" for row in list(BAD) * 20))
    with pytest.raises(SourceError, match="220 bad rows") as caught:
        CsvSource(path).symbols()
    assert str(caught.value).count("\n") == 10
    source = CsvSource(path, on_bad="skip")
    assert source.symbols() == ("A",)
    assert source.refused.total == 220
    assert len(source.refused.rows) == 100


def test_columns_are_mapped_and_others_ignored(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "o,h,l,c,v,when,what,rest\n1,2,0.5,1.5,7,2024-11-25T14:30:00Z,a,zzz\n")
    names = {"open": "o", "high": "h", "low": "l", "close": "c", "volume": "v", "ts": "when", "symbol": "what"}
    rows = all_rows(CsvSource(path, columns=names))
    assert (rows.names, rows.close.tolist(), rows.vwap) == (("A",), [1.5], None)


@pytest.mark.parametrize("name", ["Symbol", "SYMBOL", "ticker"])
def test_tickers_by_another_name_are_not_passed_over(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "bars.csv", f"{name},ts,open,high,low,close,volume\nA,2024-11-25T14:30:00Z,1,2,0.5,1.5,7\n")
    with pytest.raises(SourceError, match=f'no column \'symbol\', but .*columns = {{"symbol": "{name}"}}'):
        CsvSource(path).symbols()
    assert CsvSource(path, columns={"symbol": name}).symbols() == ("A",)


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_columns_that_no_comma_parts(tmp_path: Path, mark: str) -> None:
    path = write(tmp_path / "a.csv", mark.join(("symbol", "ts", "open", "high", "low", "close", "volume")) + "\n")
    with pytest.raises(SourceError, match="there must be commas between them") as refused:
        CsvSource(path).symbols()
    assert repr(mark) in str(refused.value)
    path = write(tmp_path / "b.csv", f"\x03{mark}\x07\n")
    with pytest.raises(SourceError, match="it has no column 'ts', 'open'"):
        CsvSource(path).symbols()


def test_a_missing_column_says_what_is_there(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "symbol,ts_utc,open,high,low,close,volume\n")
    with pytest.raises(SourceError, match=r"no column 'ts', but symbol, ts_utc, .*did you mean 'ts_utc'"):
        CsvSource(path).symbols()
    path = write(tmp_path / "yahoo.csv", "Date,Open,High,Low,Close,Volume\n")
    with pytest.raises(
        SourceError, match=r"no column 'ts', 'open', .*columns = {\"ts\": \"Date\", \"open\": \"Open\", "
    ):
        CsvSource(path).symbols()
    path = write(tmp_path / "b.csv", "symbol,\x1b[31mred,\x07\n")
    with pytest.raises(SourceError) as refused:
        CsvSource(path).symbols()
    assert str(refused.value).isprintable()


def test_whole_numbers_need_a_unit() -> None:
    with pytest.raises(SourceError, match="say their unit"):
        FrameSource(
            {"symbol": ["A"], "ts": [1], **{name: [1.0] for name in ("open", "high", "low", "close", "volume")}}
        ).symbols()


def test_a_folder_of_files_named_by_symbol(tmp_path: Path) -> None:
    row = "ts,open,high,low,close,volume\n2024-11-25T14:30:00Z,1,1,1,1,1\n"
    write(tmp_path / "msft.csv", row)
    with gzip.open(tmp_path / "AAPL.csv.gz", "wt") as file:
        file.write(row)
    write(tmp_path / "notes.txt", "not a bar")
    source = CsvSource(tmp_path)
    assert source.symbols() == ("AAPL", "MSFT")
    rows = all_rows(source)
    assert sorted(rows.names[i] for i in rows.symbol) == ["AAPL", "MSFT"]


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        CsvSource(tmp_path / "none.csv")
    with pytest.raises(SourceError, match=r"no .parquet file in it"):
        ParquetSource(tmp_path)
    with pytest.raises(SourceError, match="cannot be read"):
        ParquetSource(write(tmp_path / "a.parquet", "not parquet")).symbols()


def frame() -> pl.DataFrame:
    times = pl.datetime_range(
        dt.datetime(2024, 11, 25, 14, 30, tzinfo=dt.UTC),
        dt.datetime(2024, 11, 25, 14, 34, tzinfo=dt.UTC),
        "1m",
        eager=True,
    )
    return pl.DataFrame(
        {
            "symbol": ["B", "A", "B", "A", "B"],
            "ts": times,
            **{name: [1.0, 2.0, 3.0, 4.0, 5.0] for name in ("open", "high", "low", "close", "volume")},
            "vwap": [1.0, None, 3.0, 4.0, 5.0],
        }
    )


def as_dict(frame: pl.DataFrame) -> dict[str, Any]:
    return {name: frame[name].to_list() for name in frame.columns}


@pytest.mark.parametrize("convert", [lambda f: f, pl.DataFrame.to_pandas, pl.DataFrame.to_arrow, as_dict])
def test_any_frame_will_do(convert: Callable[[pl.DataFrame], Any]) -> None:
    rows = all_rows(FrameSource(convert(frame())))
    assert rows.names == ("A", "B")
    assert rows.symbol.tolist() == [1, 0, 1, 0, 1]
    assert rows.ts.tolist() == [T0 + i * MINUTE for i in range(5)]
    assert rows.vwap is not None
    np.testing.assert_array_equal(rows.vwap, [1.0, np.nan, 3.0, 4.0, 5.0])


@pytest.mark.parametrize("index", ["ts", "symbol", ["symbol", "ts"], None])
def test_an_index_of_pandas_is_columns(index: Any) -> None:
    whole = frame().to_pandas()
    indexed = whole.set_index(index or "ts")
    indexed = indexed if index else indexed.rename_axis(None)
    want = all_rows(FrameSource(whole))
    got = all_rows(FrameSource(indexed))
    assert (got.names, got.ts.tolist(), got.close.tolist()) == (want.names, want.ts.tolist(), want.close.tolist())
    session = ob.SessionData()
    for name in want.names:
        session.register_symbol(name, "1m")
    assert session.apply(indexed).appended == len(want)
    # One that only counts rows says nothing.
    assert len(all_rows(FrameSource(whole.iloc[::-1]))) == len(want)


def test_a_pandas_frame_in_local_time() -> None:
    local = frame().to_pandas()
    local["ts"] = pd.to_datetime(local["ts"]).dt.tz_convert("America/New_York").dt.tz_localize(None)
    assert all_rows(FrameSource(local, tz="America/New_York")).ts[0] == T0


def test_what_is_no_frame() -> None:
    with pytest.raises(SourceError, match=r"builtins.int is not a frame"):
        FrameSource(3)


def test_parquet_says_the_same_as_the_frame(tmp_path: Path) -> None:
    frame().write_parquet(tmp_path / "a.parquet")
    got, want = all_rows(ParquetSource(tmp_path / "a.parquet")), all_rows(FrameSource(frame()))
    for name in ("symbol", "ts", "open", "vwap"):
        np.testing.assert_array_equal(getattr(got, name), getattr(want, name))


def test_rows_come_by_time_and_symbol_in_file_order() -> None:
    shuffled = frame()[[4, 0, 3, 1, 2]]
    source = FrameSource(shuffled)
    rows = source.history(["B", "NONE"], T0, T0 + 3 * MINUTE)
    assert rows.close.tolist() == [1.0, 3.0]
    assert source.history(None, T0, T0 + 5 * MINUTE).close.tolist() == [5.0, 1.0, 4.0, 2.0, 3.0]
    assert source.span() == (T0, T0 + 4 * MINUTE)
    assert len(source.history([], *EVER)) == 0


def test_a_few_symbols_among_many_come_in_the_same_order() -> None:
    names = [f"S{i % 50:02}" for i in range(500)]
    ones = {name: np.arange(500.0) + 1 for name in ("open", "high", "low", "close", "volume")}
    source = FrameSource({"symbol": names[::-1], "ts": T0 + np.arange(500) * MINUTE, **ones}, unit="ns")
    some = source.history(["S07", "S03", "NONE"], T0 + 100 * MINUTE, T0 + 400 * MINUTE)
    want = source.history(None, T0 + 100 * MINUTE, T0 + 400 * MINUTE).select(["S03", "S07"])
    assert len(some) == 12
    for name in ("ts", "symbol", "close"):
        np.testing.assert_array_equal(getattr(some, name), getattr(want, name))


def test_every_source_is_a_source(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEADER + "A,2024-11-25T14:30:00Z,1,1,1,1,1\n")
    for source in (CsvSource(path), FrameSource(frame())):
        assert isinstance(source, Source)


def test_the_universe_file_and_its_documented_quirks(data_dir: Path) -> None:
    path = data_dir / "universe_1m/yahoo_us_2019-12-26_2020-01-03.csv.gz"
    source = CsvSource(path, columns={"ts": "ts_utc"}, on_bad="skip")
    assert len(source.symbols()) == 739
    assert source.refused.counts == {"open is not finite": 64}
    assert len(all_rows(source)) == 437_794 - 64
    with pytest.raises(SourceError, match="64 bad rows"):
        CsvSource(path, columns={"ts": "ts_utc"}).symbols()


def test_close_labels_in_local_time(data_dir: Path) -> None:
    source = CsvSource(
        data_dir / "us_equity/eqker_2019_1min.csv.gz",
        columns={"ts": "ts_local_bar_end"},
        tz="America/New_York",
        label="close",
    )
    rows = source.history(["AMZN"], *EVER)
    first = dt.datetime.fromtimestamp(rows.ts.min() / 1e9, ZoneInfo("America/New_York"))
    last = dt.datetime.fromtimestamp(rows.ts.max() / 1e9, ZoneInfo("America/New_York"))
    assert (first, last) == (
        dt.datetime(2019, 2, 11, 9, 30, tzinfo=ZoneInfo("America/New_York")),
        dt.datetime(2019, 2, 15, 15, 59, tzinfo=ZoneInfo("America/New_York")),
    )
