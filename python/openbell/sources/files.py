"""CSV and Parquet: a file, or a folder of them."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openbell.errors import SourceError
from openbell.sources.columns import NUMBERS
from openbell.sources.table import TableOptions, TableSource, pick

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl


class _FileSource(TableSource):
    """Bars in files, read at first use.

    Parameters
    ----------
    path
        A file, or a folder, whose files are taken in order of name. Without a symbol column, a file's name up to the
        first dot is its symbol.
    options
        As in the config: ``interval``, ``columns``, ``tz``, ``label``, ``unit``, ``on_bad``, ``gaps_verified``.

    Raises
    ------
    SourceError
        If there is nothing to read; at first use, if a column is missing or rows are bad.
    """

    suffixes: tuple[str, ...]

    def __init__(self, path: str | Path, **options: Any) -> None:
        super().__init__(str(path), TableOptions(**options))
        self.path = Path(path)
        if not self.path.exists():
            raise SourceError(f"{self.path}: there is no such file or folder")
        if self.path.is_dir():
            self.files = sorted(p for p in self.path.iterdir() if p.name.lower().endswith(self.suffixes))
            if not self.files:
                raise SourceError(f"{self.path}: there is no {' or '.join(self.suffixes)} file in it")
        else:
            self.files = [self.path]

    def _frames(self) -> Iterator[tuple[str, pl.DataFrame]]:
        import polars as pl

        for file in self.files:
            try:
                yield str(file), self._read(file)
            except (pl.exceptions.PolarsError, OSError) as error:
                raise SourceError(f"{file}: it cannot be read: {str(error).splitlines()[0]}") from None

    @abstractmethod
    def _read(self, file: Path) -> pl.DataFrame:
        """Read the columns that are wanted of a file."""


class CsvSource(_FileSource):
    """Bars in CSV files, plain or gzipped, with a header line."""

    suffixes = (".csv", ".csv.gz")

    def _read(self, file: Path) -> pl.DataFrame:
        import polars as pl

        header = pl.read_csv(file, n_rows=0).columns
        found = pick(header, self.options, str(file))
        types: dict[str, Any] = {column: pl.Float64 for name, column in found.items() if name in NUMBERS}
        # Everything that is not a number is text first: a ticker may be NAN, TRUE or NULL.
        unit = self.options.unit
        # Seconds and the like may be written with a point; only nanoseconds need all the digits of a whole number.
        types[found["ts"]] = pl.String if unit is None else pl.Int64 if unit == "ns" else pl.Float64
        if "symbol" in found:
            types[found["symbol"]] = pl.Categorical
        read = partial(pl.read_csv, file, columns=list(found.values()), schema_overrides=types)
        try:
            return read()
        except pl.exceptions.ComputeError:
            # What cannot be read becomes null, and a null is reported as the bad row it is. It takes longer, and most
            # files have nothing of the kind.
            return read(ignore_errors=True)


class ParquetSource(_FileSource):
    """Bars in Parquet files."""

    suffixes = (".parquet",)

    def _read(self, file: Path) -> pl.DataFrame:
        import polars as pl

        schema = pl.read_parquet_schema(file)
        found = pick(list(schema), self.options, str(file))
        frame = pl.scan_parquet(file).select(list(dict.fromkeys(found.values())))
        symbol = found.get("symbol", "")
        if schema.get(symbol) == pl.String:
            # Each ticker is there many times: they are told apart while other columns are read.
            frame = frame.with_columns(pl.col(symbol).cast(pl.Categorical))
        return frame.collect()
