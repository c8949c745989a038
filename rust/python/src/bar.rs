//! `Bar` and `Bars`: copies out of the engine.

use std::sync::Arc;

use numpy::PyArray1;
use openbell_core::bar;
use openbell_core::interval::Interval;
use openbell_core::time::Day;
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::slice::PySliceIndices;
use pyo3::types::{PyBytes, PyDict, PyIterator, PyList, PySlice, PySliceMethods};

use crate::interval::{IntervalArg, PyInterval};
use crate::time::TimeArg;

/// One bar. ``ts`` is its open time in nanoseconds since 1970 UTC; membership is ``[ts, end)``.
///
/// Parameters
/// ----------
/// ts : int, datetime or datetime64
///     Open time: nanoseconds since 1970 UTC, or a datetime with a zone.
/// open, high, low, close : float
///     Prices.
/// volume : float
///     Traded quantity.
/// vwap : float, optional
///     The bar's own volume-weighted average price, as the source gives it.
/// trade_count : float, optional
///     Number of trades.
#[pyclass(frozen, name = "Bar", module = "openbell")]
#[derive(Debug, Clone)]
pub(crate) struct PyBar {
    pub(crate) bar: bar::Bar,
    pub(crate) symbol: Option<Arc<str>>,
    pub(crate) interval: Option<Interval>,
}

#[pymethods]
impl PyBar {
    #[new]
    #[pyo3(signature = (ts, open, high, low, close, volume, vwap=None, trade_count=None))]
    #[expect(clippy::too_many_arguments, reason = "a bar has this many fields")]
    fn new(
        ts: TimeArg,
        open: f64,
        high: f64,
        low: f64,
        close: f64,
        volume: f64,
        vwap: Option<f64>,
        trade_count: Option<f64>,
    ) -> Self {
        let (vwap, trade_count) = (vwap.unwrap_or(f64::NAN), trade_count.unwrap_or(f64::NAN));
        let bar = bar::Bar::new(ts.0, [open, high, low, close], volume, vwap, trade_count);
        Self { bar, symbol: None, interval: None }
    }

    /// Ticker, or ``None`` for a bar that was not read from a session.
    #[getter]
    fn symbol(&self) -> Option<&str> {
        self.symbol.as_deref()
    }

    /// Interval, or ``None`` for a bar that was not read from a session.
    #[getter]
    fn interval(&self) -> Option<PyInterval> {
        self.interval.map(PyInterval)
    }

    /// Open time, nanoseconds since 1970 UTC.
    #[getter]
    fn ts(&self) -> i64 {
        self.bar.ts
    }

    #[getter]
    fn open(&self) -> f64 {
        self.bar.open
    }

    #[getter]
    fn high(&self) -> f64 {
        self.bar.high
    }

    #[getter]
    fn low(&self) -> f64 {
        self.bar.low
    }

    #[getter]
    fn close(&self) -> f64 {
        self.bar.close
    }

    #[getter]
    fn volume(&self) -> f64 {
        self.bar.volume
    }

    /// The bar's own volume-weighted average price (notional / volume), ``None`` if the source gave none.
    #[getter]
    fn vwap(&self) -> Option<f64> {
        Some(self.bar.vwap()).filter(|v| !v.is_nan())
    }

    /// Number of trades, ``None`` if the source gave none.
    #[getter]
    fn trade_count(&self) -> Option<f64> {
        Some(self.bar.trade_count).filter(|v| !v.is_nan())
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.bar.same(&other.bar) && self.symbol == other.symbol && self.interval == other.interval
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Kept<'py, (Option<&str>, Option<String>)>> {
        let interval = self.interval.map(|interval| interval.to_string());
        kept(py, "restore_bar", (self.symbol.as_deref(), interval), &[self.bar])
    }

    fn __hash__(&self) -> u64 {
        (self.bar.ts as u64) ^ self.bar.close.to_bits().rotate_left(32)
    }

    fn __repr__(&self) -> String {
        let bar = &self.bar;
        let whose = match (&self.symbol, self.interval) {
            (Some(symbol), Some(interval)) => format!("{symbol} {interval} "),
            _ => String::new(),
        };
        format!(
            "Bar({whose}ts={}, open={}, high={}, low={}, close={}, volume={})",
            bar.ts, bar.open, bar.high, bar.low, bar.close, bar.volume
        )
    }
}

/// Date and number of bars of each session.
type Sessions = Vec<(Day, usize)>;

/// What pickle keeps: a function that makes the same again, whose bars they are, and the bars.
type Kept<'py, T> = (Bound<'py, PyAny>, (T, Bound<'py, PyBytes>));

fn kept<'py, T>(py: Python<'py>, function: &str, whose: T, bars: &[bar::Bar]) -> PyResult<Kept<'py, T>> {
    let restore = py.import("openbell._core")?.getattr(function)?;
    Ok((restore, (whose, PyBytes::new(py, &bar::save(bars)))))
}

fn restored(saved: &[u8]) -> PyResult<Vec<bar::Bar>> {
    bar::restore(saved).ok_or_else(|| PyValueError::new_err("these are no bars that this version has saved"))
}

/// The bar that pickle has kept.
#[pyfunction]
pub(crate) fn restore_bar(whose: (Option<String>, Option<IntervalArg>), saved: &[u8]) -> PyResult<PyBar> {
    let [bar] = restored(saved)?[..] else { return Err(PyValueError::new_err("this is not one bar")) };
    let (symbol, interval) = whose;
    Ok(PyBar { bar, symbol: symbol.map(Into::into), interval: interval.map(|interval| interval.0) })
}

/// The bars that pickle has kept.
#[pyfunction]
pub(crate) fn restore_bars(whose: (String, IntervalArg, Sessions), saved: &[u8]) -> PyResult<PyBars> {
    let (bars, (symbol, interval, sessions)) = (restored(saved)?, whose);
    if sessions.iter().map(|(_, count)| *count).sum::<usize>() > bars.len() {
        return Err(PyValueError::new_err("there are fewer bars than their sessions have"));
    }
    Ok(PyBars::new(symbol.into(), interval.0, bars, sessions))
}

/// Bars as columns: NumPy arrays of equal length, made when they are first asked for and never changed afterwards.
///
/// ``ts`` is int64 (open time, nanoseconds since 1970 UTC), the others are float64; ``vwap`` and ``trade_count`` are NaN
/// where the source gave none. ``len()``, indexing and iteration give ``Bar`` objects, slices ``Bars``.
#[pyclass(frozen, name = "Bars", module = "openbell", sequence)]
pub(crate) struct PyBars {
    symbol: Arc<str>,
    interval: Interval,
    bars: Vec<bar::Bar>,
    /// Date and number of bars of each session, for historical bars.
    sessions: Sessions,
    columns: [PyOnceLock<Py<PyAny>>; 8],
}

impl PyBars {
    pub(crate) fn new(symbol: Arc<str>, interval: Interval, bars: Vec<bar::Bar>, sessions: Sessions) -> Self {
        Self { symbol, interval, bars, sessions, columns: [const { PyOnceLock::new() }; 8] }
    }

    fn column<'py>(
        &self,
        py: Python<'py>,
        index: usize,
        of: fn(&bar::Bar) -> f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let make = || {
            let array = PyArray1::from_iter(py, self.bars.iter().map(of));
            read_only(array.as_any())?;
            Ok::<_, PyErr>(array.into_any().unbind())
        };
        Ok(self.columns[index].get_or_try_init(py, make)?.bind(py).clone())
    }

    /// Some of them, in that order; of each session that has any, as many.
    fn some(&self, rows: impl Iterator<Item = usize>) -> Self {
        let (mut bars, mut sessions) = (Vec::new(), Sessions::new());
        let dates: Vec<Day> =
            self.sessions.iter().flat_map(|&(date, count)| std::iter::repeat_n(date, count)).collect();
        for row in rows {
            bars.push(self.bars[row]);
            match (dates.get(row), sessions.last_mut()) {
                (Some(date), Some((last, count))) if last == date => *count += 1,
                (Some(date), _) => sessions.push((*date, 1)),
                (None, _) => {}
            }
        }
        Self::new(Arc::clone(&self.symbol), self.interval, bars, sessions)
    }

    fn bar(&self, index: usize) -> PyBar {
        PyBar { bar: self.bars[index], symbol: Some(Arc::clone(&self.symbol)), interval: Some(self.interval) }
    }
}

fn read_only(array: &Bound<'_, PyAny>) -> PyResult<()> {
    let flags = PyDict::new(array.py());
    flags.set_item("write", false)?;
    array.call_method("setflags", (), Some(&flags)).map(drop)
}

#[pymethods]
impl PyBars {
    /// Ticker.
    #[getter]
    fn symbol(&self) -> &str {
        &self.symbol
    }

    #[getter]
    fn interval(&self) -> PyInterval {
        PyInterval(self.interval)
    }

    /// Open times, int64 nanoseconds since 1970 UTC.
    #[getter]
    fn ts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let make = || {
            let array = PyArray1::from_iter(py, self.bars.iter().map(|b| b.ts));
            read_only(array.as_any())?;
            Ok::<_, PyErr>(array.into_any().unbind())
        };
        Ok(self.columns[0].get_or_try_init(py, make)?.bind(py).clone())
    }

    #[getter]
    fn open<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.column(py, 1, |b| b.open)
    }

    #[getter]
    fn high<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.column(py, 2, |b| b.high)
    }

    #[getter]
    fn low<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.column(py, 3, |b| b.low)
    }

    #[getter]
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.column(py, 4, |b| b.close)
    }

    #[getter]
    fn volume<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.column(py, 5, |b| b.volume)
    }

    /// The bars' own volume-weighted average prices (notional / volume), NaN where the source gave none.
    #[getter]
    fn vwap<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.column(py, 6, bar::Bar::vwap)
    }

    /// Numbers of trades, NaN where the source gave none.
    #[getter]
    fn trade_count<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.column(py, 7, |b| b.trade_count)
    }

    fn __len__(&self) -> usize {
        self.bars.len()
    }

    fn __getitem__<'py>(&self, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (py, len) = (index.py(), self.bars.len() as isize);
        if let Ok(slice) = index.cast::<PySlice>() {
            let PySliceIndices { start, step, slicelength, .. } = slice.indices(len)?;
            let rows = (0..slicelength as isize).map(|k| (start + k * step) as usize);
            return Ok(Bound::new(py, self.some(rows))?.into_any());
        }
        let index: isize = index.extract()?;
        let place = if index < 0 { index + len } else { index };
        if !(0..len).contains(&place) {
            return Err(PyIndexError::new_err(format!("bar {index} of {len}")));
        }
        Ok(Bound::new(py, self.bar(place as usize))?.into_any())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Kept<'py, (&str, String, Sessions)>> {
        kept(py, "restore_bars", (&self.symbol, self.interval.to_string(), self.sessions.clone()), &self.bars)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        PyList::new(py, (0..self.bars.len()).map(|index| self.bar(index)))?.try_iter()
    }

    /// The bars of each session: ``{datetime.date: Bars}``, oldest first. Empty for bars of the running session.
    fn by_date<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let result = PyDict::new(py);
        let mut start = 0;
        for &(date, count) in &self.sessions {
            let bars = self.bars[start..start + count].to_vec();
            start += count;
            let bars = Self::new(Arc::clone(&self.symbol), self.interval, bars, vec![(date, count)]);
            result.set_item(py_date(py, date)?, Py::new(py, bars)?)?;
        }
        Ok(result)
    }

    fn __repr__(&self) -> String {
        format!("Bars({} {}, {} bars)", self.symbol, self.interval, self.bars.len())
    }
}

/// A `datetime.date` of days since 1970-01-01.
pub(crate) fn py_date(py: Python<'_>, day: Day) -> PyResult<Bound<'_, PyAny>> {
    const ORDINAL_OF_1970: i32 = 719_163;
    py.import("datetime")?.getattr("date")?.call_method1("fromordinal", (day + ORDINAL_OF_1970,))
}
