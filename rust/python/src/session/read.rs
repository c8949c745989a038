//! What is asked of a session.

use std::sync::Arc;

use numpy::PyArray1;
use openbell_core::interval::Interval;
use openbell_core::series::Series;
use openbell_core::session::{SymbolView, Total};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::SessionCore;
use super::indicator::PyIndicatorData;
use crate::bar::{PyBar, PyBars};
use crate::error::to_py;
use crate::interval::IntervalArg;
use crate::report::{PyCoverage, counts_dict};
use crate::time::TimeArg;

/// The figures of the running session of one symbol. Those without a prefix are of the regular session.
#[pyclass(frozen, get_all, name = "SessionMetrics", module = "openbell")]
#[derive(Debug)]
pub(crate) struct PyMetrics {
    /// First price, ``None`` before the first bar.
    open: Option<f64>,
    high: Option<f64>,
    low: Option<f64>,
    /// Last price.
    last: Option<f64>,
    volume: f64,
    /// Volume-weighted average price from the bars' own vwaps, ``None`` if the source gives none.
    session_vwap: Option<f64>,
    /// Last price of the last session that had one.
    prev_close: Option<f64>,
    /// Open against the previous close, in percent.
    gap_pct: Option<f64>,
    bar_count: u64,
    extended_high: Option<f64>,
    extended_low: Option<f64>,
    extended_last: Option<f64>,
    extended_volume: f64,
    extended_bar_count: u64,
    /// Open time of the newest bar, nanoseconds since 1970 UTC.
    last_update: Option<i64>,
}

pub(super) fn some(value: f64) -> Option<f64> {
    Some(value).filter(|v| !v.is_nan())
}

impl PyMetrics {
    fn new(view: &SymbolView<'_>) -> Self {
        let metrics = view.metrics();
        let (day, extended) = (metrics.regular.bar(), metrics.extended.bar());
        let volume = |total: &Total| total.bar().map_or(0.0, |b| b.volume);
        Self {
            open: day.map(|b| b.open),
            high: day.map(|b| b.high),
            low: day.map(|b| b.low),
            last: day.map(|b| b.close),
            volume: volume(&metrics.regular),
            session_vwap: day.and_then(|b| some(b.vwap())),
            prev_close: some(metrics.previous_close),
            gap_pct: some(metrics.gap_percent()),
            bar_count: metrics.regular.count,
            extended_high: extended.map(|b| b.high),
            extended_low: extended.map(|b| b.low),
            extended_last: extended.map(|b| b.close),
            extended_volume: volume(&metrics.extended),
            extended_bar_count: metrics.extended.count,
            last_update: view.series(view.base_interval()).ok().and_then(|s| s.newest().map(|b| b.ts)),
        }
    }
}

#[pymethods]
impl PyMetrics {
    fn __repr__(&self) -> String {
        let price = |value: Option<f64>| value.map_or_else(|| "None".to_owned(), |v| v.to_string());
        format!(
            "SessionMetrics(open={}, high={}, low={}, last={}, volume={}, prev_close={}, bar_count={})",
            price(self.open),
            price(self.high),
            price(self.low),
            price(self.last),
            self.volume,
            price(self.prev_close),
            self.bar_count
        )
    }
}

/// A symbol and one of its series that may not be there.
fn with_series<R>(
    view: Option<SymbolView<'_>>,
    interval: Interval,
    read: impl FnOnce(SymbolView<'_>) -> R,
) -> Option<R> {
    view.filter(|v| v.intervals().any(|i| i == interval)).map(read)
}

fn wrap(view: &SymbolView<'_>, interval: Interval, bar: openbell_core::bar::Bar) -> PyBar {
    PyBar { bar, symbol: Some(Arc::clone(view.name())), interval: Some(interval) }
}

#[pymethods]
impl SessionCore {
    /// Whether `take_events` has any to give.
    fn has_events(&self, py: Python<'_>) -> bool {
        self.read(py, openbell_core::session::Session::has_events)
    }

    /// The newest closed bar, of the session or, if it has none yet, of history.
    ///
    /// Parameters
    /// ----------
    /// symbol : str
    ///     Ticker, in any case.
    /// interval : str or Interval
    ///     Interval of the bar.
    /// forming : bool
    ///     The bar in progress instead.
    ///
    /// Returns
    /// -------
    /// Bar or None
    ///     ``None`` if there is no such bar, symbol or interval (yet).
    ///
    /// Raises
    /// ------
    /// IntervalError
    ///     If the interval is not one.
    #[pyo3(signature = (symbol, interval, *, forming=false))]
    pub(super) fn get_latest_bar(
        &self,
        py: Python<'_>,
        symbol: &str,
        interval: IntervalArg,
        forming: bool,
    ) -> Option<PyBar> {
        let interval = interval.0;
        self.read(py, |session| {
            let view = session.find_symbol(symbol)?;
            let bar = if forming { view.forming(interval) } else { view.latest(interval) };
            bar.ok().flatten().map(|bar| wrap(&view, interval, bar))
        })
    }

    /// Bars of the running session as columns, oldest first.
    ///
    /// Parameters
    /// ----------
    /// symbol : str
    ///     Ticker, in any case.
    /// interval : str or Interval
    ///     Interval of the bars.
    /// n : int, optional
    ///     The last ``n`` only.
    /// start, end : int, datetime or datetime64, optional
    ///     Only bars that open within ``[start, end)``; nanoseconds since 1970 UTC, aware datetimes, or datetime64 in UTC.
    ///
    /// Returns
    /// -------
    /// Bars
    ///     Empty if there are none, or no such symbol or interval (yet).
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     If ``n`` is less than 0, or a time has no zone.
    #[pyo3(signature = (symbol, interval, n=None, *, start=None, end=None))]
    fn get_bars(
        &self,
        py: Python<'_>,
        symbol: &str,
        interval: IntervalArg,
        n: Option<i64>,
        start: Option<TimeArg>,
        end: Option<TimeArg>,
    ) -> PyResult<PyBars> {
        let interval = interval.0;
        let refused = |n| PyValueError::new_err(format!("n = {n}: it must be 0 or more"));
        let n = n.map(|n| usize::try_from(n).map_err(|_| refused(n))).transpose()?;
        let (start, end) = (start.map_or(i64::MIN, |t| t.0), end.map_or(i64::MAX, |t| t.0));
        let found = self.read(py, |session| {
            with_series(session.find_symbol(symbol), interval, |view| {
                let series = view.series(interval).ok()?;
                let wanted = series.bars().filter(|b| (start..end).contains(&b.ts)).copied();
                let bars: Vec<_> = match n {
                    // Without bounds the last n are at hand.
                    Some(n) if (start, end) == (i64::MIN, i64::MAX) => {
                        let all = series.bars();
                        let skip = all.len().saturating_sub(n);
                        all.skip(skip).copied().collect()
                    }
                    Some(n) => {
                        let mut bars: Vec<_> = wanted.collect();
                        bars.drain(..bars.len().saturating_sub(n));
                        bars
                    }
                    None => wanted.collect(),
                };
                Some((Arc::clone(view.name()), bars))
            })
            .flatten()
        });
        let (name, bars) = found.unwrap_or_else(|| (symbol.to_ascii_uppercase().into(), Vec::new()));
        Ok(PyBars::new(name, interval, bars, Vec::new()))
    }

    /// Bars of earlier sessions as columns, oldest first; ``by_date()`` splits them.
    fn get_historical_bars(&self, py: Python<'_>, symbol: &str, interval: IntervalArg) -> PyBars {
        let interval = interval.0;
        let found = self.read(py, |session| {
            with_series(session.find_symbol(symbol), interval, |view| {
                let (mut bars, mut sessions) = (Vec::new(), Vec::new());
                for past in view.past(interval).ok()? {
                    bars.extend_from_slice(&past.bars);
                    sessions.push((past.date, past.bars.len()));
                }
                Some((Arc::clone(view.name()), bars, sessions))
            })
            .flatten()
        });
        let (name, bars, sessions) =
            found.unwrap_or_else(|| (symbol.to_ascii_uppercase().into(), Vec::new(), Vec::new()));
        PyBars::new(name, interval, bars, sessions)
    }

    /// The state of an indicator by key, ``None`` if the symbol has no such indicator (yet).
    fn get_indicator(&self, py: Python<'_>, symbol: &str, key: &str) -> Option<PyIndicatorData> {
        self.read(py, |session| {
            session.find_symbol(symbol)?.find_indicator(key).map(|view| PyIndicatorData::new(&view))
        })
    }

    /// One output of an indicator.
    ///
    /// Parameters
    /// ----------
    /// symbol : str
    ///     Ticker, in any case.
    /// key : str
    ///     Indicator key, such as ``sma_20_5m``.
    /// field : str, optional
    ///     Name of the output; the first one if not given.
    /// forming : bool
    ///     What it would be if the bar in progress closed now; the committed value if there is no bar in progress.
    ///
    /// Returns
    /// -------
    /// float or None
    ///     ``None`` until there is a value, and for a symbol or key that is not there (yet).
    ///
    /// Raises
    /// ------
    /// IndicatorError
    ///     If the indicator has no such output.
    #[pyo3(signature = (symbol, key, field=None, *, forming=false))]
    fn get_indicator_value(
        &self,
        py: Python<'_>,
        symbol: &str,
        key: &str,
        field: Option<&str>,
        forming: bool,
    ) -> PyResult<Option<f64>> {
        let found = self.read(py, |session| {
            let Some(view) = session.find_symbol(symbol).and_then(|s| s.find_indicator(key)) else {
                return Ok(Err(None));
            };
            let output = view.output(field)?;
            if forming && view.definition().is_custom() {
                return Ok(Ok((output, view.interval())));
            }
            let value = if forming { view.forming()?[output] } else { view.values()[output] };
            Ok(Err(some(value)))
        });
        match found.map_err(to_py)? {
            Ok((output, interval)) => self.forming_custom(py, symbol, key, interval, output),
            Err(value) => Ok(value),
        }
    }

    /// Every indicator of a symbol by key.
    fn get_all_indicators<'py>(&self, py: Python<'py>, symbol: &str) -> PyResult<Bound<'py, PyDict>> {
        let all = self.read(py, |session| {
            session
                .find_symbol(symbol)
                .map_or_else(Vec::new, |s| s.indicators().map(|view| PyIndicatorData::new(&view)).collect())
        });
        let dict = PyDict::new(py);
        for data in all {
            dict.set_item(data.key.clone(), Py::new(py, data)?)?;
        }
        Ok(dict)
    }

    /// Whether an indicator has a value.
    fn is_indicator_ready(&self, py: Python<'_>, symbol: &str, key: &str) -> bool {
        self.read(py, |session| {
            session
                .find_symbol(symbol)
                .and_then(|s| s.find_indicator(key))
                .is_some_and(|view| view.is_valid())
        })
    }

    /// The outputs of an indicator bar by bar over the session's bars: ``(ts, {output: float64 array})``.
    fn trace_indicator<'py>(
        &self,
        py: Python<'py>,
        symbol: &str,
        key: &str,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let (ts, outputs, rows) = self
            .read(py, |session| {
                let symbol = session.symbol(symbol)?;
                let view = symbol.indicator(key)?;
                let ts: Vec<i64> = symbol.series(view.interval())?.held().map(|b| b.ts).collect();
                Ok((ts, view.definition().spec().outputs, view.trace()))
            })
            .map_err(to_py)?;
        let columns = PyDict::new(py);
        for (index, output) in outputs.iter().enumerate() {
            columns.set_item(output, PyArray1::from_iter(py, rows.iter().map(|row| row[index])))?;
        }
        PyTuple::new(py, [PyArray1::from_vec(py, ts).into_any(), columns.into_any()])
    }

    /// The figures of the running session, ``None`` if the symbol is not registered.
    fn get_metrics(&self, py: Python<'_>, symbol: &str) -> Option<PyMetrics> {
        self.read(py, |session| session.find_symbol(symbol).map(|view| PyMetrics::new(&view)))
    }

    /// Expected and present bars of the running session up to the clock, or of those of them that ended by a time
    /// (nanoseconds); ``None`` if there is no session, symbol or interval (yet).
    #[pyo3(signature = (symbol, interval, until_ns=None))]
    fn get_coverage(
        &self,
        py: Python<'_>,
        symbol: &str,
        interval: IntervalArg,
        until_ns: Option<i64>,
    ) -> Option<PyCoverage> {
        let until = until_ns.unwrap_or(i64::MAX);
        self.read(py, |session| {
            let view = session.find_symbol(symbol)?;
            view.coverage_until(interval.0, until).ok().flatten().map(PyCoverage)
        })
    }

    /// Expected and present bars of the earlier sessions that are kept, oldest first.
    fn get_past_coverage(&self, py: Python<'_>, symbol: &str, interval: IntervalArg) -> Vec<PyCoverage> {
        self.read(py, |session| {
            let coverage = session.find_symbol(symbol).and_then(|s| s.past_coverage(interval.0).ok());
            coverage.unwrap_or_default().into_iter().map(PyCoverage).collect()
        })
    }

    /// How often each outcome occurred to bars, of one symbol or of all.
    #[pyo3(signature = (symbol=None))]
    fn counts<'py>(&self, py: Python<'py>, symbol: Option<&str>) -> PyResult<Bound<'py, PyDict>> {
        let counts = self
            .read(py, |session| match symbol {
                Some(symbol) => session.symbol(symbol).map(|view| view.counts()),
                None => Ok(session.counts()),
            })
            .map_err(to_py)?;
        counts_dict(py, &counts)
    }

    /// Why rows were refused, and how often.
    fn refusals<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let refusals: Vec<_> = self.read(py, |session| session.refusals().collect());
        let dict = PyDict::new(py);
        refusals.iter().try_for_each(|(refusal, count)| dict.set_item(refusal.reason(), count))?;
        Ok(dict)
    }

    /// How many bars of an interval closed in the running session, those that left the ring included.
    fn bar_count(&self, py: Python<'_>, symbol: &str, interval: IntervalArg) -> PyResult<usize> {
        self.read(py, |session| session.symbol(symbol)?.series(interval.0).map(Series::count)).map_err(to_py)
    }

    /// When the first bar of the running session opens that is held; ``None`` if there is none.
    fn first_held(&self, py: Python<'_>, symbol: &str, interval: IntervalArg) -> PyResult<Option<i64>> {
        let first = |series: &Series| series.held().next().map(|bar| bar.ts);
        self.read(py, |session| session.symbol(symbol)?.series(interval.0).map(first)).map_err(to_py)
    }

    /// A number that two symbols share only if their bars, derived bars, indicators, metrics and presence are the same,
    /// bit for bit.
    fn digest(&self, py: Python<'_>, symbol: &str) -> PyResult<u64> {
        self.read(py, |session| session.symbol(symbol).map(|view| view.digest())).map_err(to_py)
    }
}
