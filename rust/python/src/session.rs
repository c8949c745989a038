//! `SessionCore`: the engine behind one lock. Writers detach from the interpreter and let go of the lock between lots of
//! rows; readers copy out.

mod columns;
pub(crate) mod custom;
pub(crate) mod gather;
pub(crate) mod indicator;
pub(crate) mod read;
mod ticks;
mod write;

use std::sync::OnceLock;

use numpy::PyReadonlyArray1;
use openbell_core::calendar::{Calendar, Segment};
use openbell_core::derive::Align;
use openbell_core::error::Error;
use openbell_core::session::{Feed, IndicatorRequest, IntervalRequest, Layout, Session, Settings};
use parking_lot::{Mutex, RwLock};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::error::to_py;
use crate::indicators::whole;
use crate::interval::{IntervalArg, PyInterval};
pub(crate) use columns::ColumnsArg;

/// The engine of one session. Use it through ``openbell.SessionData``.
#[pyclass(frozen, subclass, name = "SessionCore", module = "openbell._core")]
#[derive(Debug)]
pub(crate) struct SessionCore(RwLock<Session>, OnceLock<Py<PyAny>>);

/// Base bars in the order in which a backtest plays them; made by ``SessionCore.feed``.
#[pyclass(frozen, name = "Feed", module = "openbell._core")]
#[derive(Debug)]
pub(crate) struct PyFeed(Mutex<Feed>);

#[pymethods]
impl PyFeed {
    /// Rows that are still to come.
    #[getter]
    fn remaining(&self) -> usize {
        self.0.lock().remaining()
    }

    /// Symbols that it has rows of, played or not.
    #[getter]
    fn symbols(&self) -> usize {
        self.0.lock().lanes()
    }

    fn __len__(&self) -> usize {
        self.0.lock().len()
    }
}

impl SessionCore {
    /// Reads under the lock. The common case, no writer, costs no detaching.
    fn read<R: Send>(&self, py: Python<'_>, read: impl FnOnce(&Session) -> R + Send) -> R {
        if let Some(session) = self.0.try_read() {
            return read(&session);
        }
        py.detach(|| read(&self.0.read()))
    }

    /// Writes under the lock, detached from the interpreter.
    fn write<R: Send>(&self, py: Python<'_>, write: impl FnOnce(&mut Session) -> R + Send) -> R {
        let (result, untold) = py.detach(|| {
            let mut session = self.0.write();
            (write(&mut session), session.has_custom_logs())
        });
        if untold {
            self.tell(py);
        }
        result
    }
}

#[pymethods]
impl SessionCore {
    #[new]
    #[pyo3(signature = (capacity=5000, align="session"))]
    fn new(capacity: usize, align: &str) -> PyResult<Self> {
        let align = match align {
            "session" => Align::Session,
            "clock" => Align::Clock,
            "epoch" => Align::Epoch,
            _ => {
                let message = format!("align = {align:?}: it must be \"session\", \"clock\" or \"epoch\"");
                return Err(PyValueError::new_err(message));
            }
        };
        if capacity == 0 {
            return Err(PyValueError::new_err("capacity = 0: a ring holds at least one bar"));
        }
        Ok(Self(RwLock::new(Session::new(Settings { capacity, align })), OnceLock::new()))
    }

    /// Adds a calendar given as one row a segment; gives its index.
    #[expect(clippy::too_many_arguments, reason = "a calendar has this many columns")]
    fn add_calendar(
        &self,
        py: Python<'_>,
        name: &str,
        date: PyReadonlyArray1<'_, i32>,
        open_ns: PyReadonlyArray1<'_, i64>,
        close_ns: PyReadonlyArray1<'_, i64>,
        regular: PyReadonlyArray1<'_, bool>,
        utc_offset_ns: PyReadonlyArray1<'_, i64>,
    ) -> PyResult<usize> {
        let (date, open, close) = (date.as_slice()?, open_ns.as_slice()?, close_ns.as_slice()?);
        let (regular, offset) = (regular.as_slice()?, utc_offset_ns.as_slice()?);
        if [open.len(), close.len(), regular.len(), offset.len()].iter().any(|&n| n != date.len()) {
            let reason = "its columns must be of one length".to_owned();
            return Err(to_py(Error::Calendar { calendar: name.to_owned(), reason }));
        }
        let segments = (0..date.len())
            .map(|i| Segment {
                date: date[i],
                open: open[i],
                close: close[i],
                regular: regular[i],
                utc_offset: offset[i],
            })
            .collect();
        let calendar = Calendar::new(name, segments).map_err(to_py)?;
        Ok(self.write(py, |session| session.add_calendar(calendar)))
    }

    /// Registers symbols with their base interval, longer intervals and indicators; gives how many are new.
    ///
    /// ``intervals`` are ``(interval, sessions of history to keep)``, ``indicators`` are
    /// ``(name, params, interval, historical)``.
    fn register(
        &self,
        py: Python<'_>,
        names: Vec<String>,
        calendar: usize,
        base: (IntervalArg, usize),
        intervals: Vec<(IntervalArg, usize)>,
        indicators: Vec<IndicatorArg>,
    ) -> PyResult<usize> {
        let request = |(interval, keep_sessions): &(IntervalArg, usize)| IntervalRequest {
            interval: interval.0,
            keep_sessions: *keep_sessions,
        };
        let intervals: Vec<IntervalRequest> = intervals.iter().map(request).collect();
        let indicators = requests(indicators)?;
        let base = request(&base);
        self.write(py, |session| {
            let layout = Layout::new(base, &intervals, &indicators, session.settings().align)?;
            session.register(names.iter().map(String::as_str), calendar, &layout)
        })
        .map_err(to_py)
    }

    /// Adds indicators to a symbol, as `register` takes them, and gives how many are new. They are warmed up with
    /// ``history``, columns by interval, or with the earlier sessions that are kept, and then with the session's bars.
    fn add_indicators(
        &self,
        py: Python<'_>,
        symbol: &str,
        indicators: Vec<IndicatorArg>,
        history: Vec<(IntervalArg, ColumnsArg<'_>)>,
    ) -> PyResult<usize> {
        let indicators = requests(indicators)?;
        let mut warm = Vec::with_capacity(history.len());
        for (interval, columns) in &history {
            let columns = columns.columns()?;
            warm.push((interval.0, (0..columns.len()).map(|row| columns.bar(row)).collect()));
        }
        self.write(py, |session| session.add_indicators(symbol, &indicators, &warm)).map_err(to_py)
    }

    /// Adds an interval to a symbol, from the base bars that it holds; ``False`` if it is there already.
    fn add_interval(
        &self,
        py: Python<'_>,
        symbol: &str,
        interval: IntervalArg,
        keep_sessions: usize,
    ) -> PyResult<bool> {
        let request = IntervalRequest { interval: interval.0, keep_sessions };
        self.write(py, |session| session.add_interval(symbol, request)).map_err(to_py)
    }

    /// Puts bars of earlier sessions in the place of those that are kept of an interval, and keeps that many sessions
    /// from now on.
    fn put_history(
        &self,
        py: Python<'_>,
        symbol: &str,
        interval: IntervalArg,
        columns: ColumnsArg<'_>,
        keep_sessions: usize,
    ) -> PyResult<()> {
        let columns = columns.columns()?;
        let bars: Vec<_> = (0..columns.len()).map(|row| columns.bar(row)).collect();
        self.write(py, |session| session.put_history(symbol, interval.0, &bars, keep_sessions)).map_err(to_py)
    }

    /// Takes indicators of a symbol away, and longer intervals with all that is over them.
    fn reduce(
        &self,
        py: Python<'_>,
        symbol: &str,
        keys: Vec<String>,
        intervals: Vec<IntervalArg>,
    ) -> PyResult<()> {
        let intervals: Vec<_> = intervals.into_iter().map(|i| i.0).collect();
        self.write(py, |session| session.reduce(symbol, &keys, &intervals)).map_err(to_py)
    }

    /// Gives a symbol what it has in another engine with the same calendars; what the other has of it is gone.
    fn adopt(&self, py: Python<'_>, symbol: &str, other: &Self) -> PyResult<()> {
        if std::ptr::eq(self, other) {
            return Err(PyValueError::new_err("a session cannot adopt from itself"));
        }
        self.write(py, |session| session.adopt(symbol, &mut other.0.write())).map_err(to_py)
    }

    /// Takes all indicators of a symbol away.
    fn remove_indicators(&self, py: Python<'_>, symbol: &str) -> PyResult<()> {
        self.write(py, |session| session.remove_indicators(symbol)).map_err(to_py)
    }

    /// Tickers in order of registration.
    fn symbol_names(&self, py: Python<'_>) -> Vec<String> {
        self.read(py, |session| session.symbols().known().map(|(name, _)| name.to_string()).collect())
    }

    /// How many there are.
    fn symbol_count(&self, py: Python<'_>) -> usize {
        self.read(py, |session| session.symbols().known().count())
    }

    /// Whether a ticker, in any case, is registered.
    fn has_symbol(&self, py: Python<'_>, symbol: &str) -> bool {
        self.read(py, |session| session.find_symbol(symbol).is_some())
    }

    /// Takes a symbol away with everything that it has; gives its id, which the name keeps if it comes again.
    fn remove(&self, py: Python<'_>, symbol: &str) -> PyResult<u32> {
        self.write(py, |session| session.remove(symbol)).map_err(to_py)
    }

    /// Base interval and longer intervals of a symbol, shortest first; empty if it is not registered.
    fn intervals(&self, py: Python<'_>, symbol: &str) -> Vec<PyInterval> {
        self.read(py, |session| {
            session
                .find_symbol(symbol)
                .map_or_else(Vec::new, |view| view.intervals().map(PyInterval).collect())
        })
    }

    /// How often symbols came or went.
    #[getter]
    fn changes(&self, py: Python<'_>) -> u64 {
        self.read(py, Session::changes)
    }

    /// The clock in nanoseconds since 1970 UTC, ``None`` before it was first set.
    #[getter]
    fn now_ns(&self, py: Python<'_>) -> Option<i64> {
        self.read(py, |session| Some(session.now()).filter(|&now| now != i64::MIN))
    }
}

/// ``(name, params, source, against, interval, historical)``.
type IndicatorArg =
    (String, std::collections::BTreeMap<String, f64>, Option<String>, Option<String>, IntervalArg, bool);

fn requests(indicators: Vec<IndicatorArg>) -> PyResult<Vec<IndicatorRequest>> {
    indicators
        .into_iter()
        .map(|(name, params, source, against, interval, historical)| {
            let definition =
                whole(&name, &params.into_iter().collect(), source.as_deref(), against.as_deref())?;
            Ok(IndicatorRequest { definition, interval: interval.0, historical })
        })
        .collect()
}
