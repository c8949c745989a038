//! What changes a session.

use numpy::PyReadonlyArray1;
use openbell_core::bar::Columns;
use openbell_core::session::{EventKind, EventMask, Progress, Report, Row};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::{ColumnsArg, PyFeed, SessionCore};
use crate::bar::PyBar;
use crate::error::to_py;
use crate::event::PyEvents;
use crate::interval::IntervalArg;
use crate::report::PyReport;

/// Rows between which readers get their turn: about a millisecond.
pub(super) const LOT: usize = 8192;

/// The same of a backtest, some milliseconds: the longer each symbol goes on at a time, the less often its state is fetched.
const STRETCH: usize = 32_768;

/// The name of a symbol that is not registered: number `u32::MAX - i` is the `i`-th of the strangers.
pub(super) fn stranger(number: u32, names: &[String]) -> String {
    let name = names.get((u32::MAX - number) as usize);
    name.map_or_else(|| format!("#{number}"), Clone::clone)
}

impl SessionCore {
    /// Applies rows in lots. Rows of symbols that are not registered are reported as refused: number `u32::MAX - i` is
    /// the `i`-th of the strangers' names.
    fn apply_lots(&self, py: Python<'_>, columns: &Columns<'_>, names: &[String], loading: bool) -> PyReport {
        let (known, lot) = self.read(py, |session| (session.symbols().ids_given(), LOT * session.threads()));
        let mut strangers = Vec::new();
        let mut report = Report::default();
        py.detach(|| {
            for start in (0..columns.len()).step_by(lot) {
                let rows = start..(start + lot).min(columns.len());
                let known = |row: &usize| (columns.symbol[*row] as usize) < known;
                let mut session = self.0.write();
                session.set_loading(loading);
                let lot = if rows.clone().all(|row| known(&row)) {
                    session.apply_columns(columns, rows)
                } else {
                    let (those, others): (Vec<usize>, Vec<usize>) = rows.partition(known);
                    strangers.extend(others);
                    let row = |&row: &usize| Row { symbol: columns.symbol[row], bar: columns.bar(row) };
                    let mut lot = session.apply(&those.iter().map(row).collect::<Vec<_>>());
                    lot.refused.iter_mut().for_each(|refused| refused.row = those[refused.row]);
                    lot
                };
                session.set_loading(false);
                drop(session);
                report.counts.add(&lot.counts);
                report.refused.extend(lot.refused);
            }
        });
        self.tell(py);
        let mut report = self.read(py, |session| PyReport::new(report, session.symbols()));
        for row in strangers {
            let number = columns.symbol[row];
            report.refuse(row, stranger(number, names), columns.ts[row], "symbol is not registered");
        }
        report
    }
}

#[pymethods]
impl SessionCore {
    /// Applies columns of base bars in the order given; ``symbol`` are ids (uint32). Of those that are not registered,
    /// ``2**32 - 1 - i`` is reported by the name ``strangers[i]``.
    #[pyo3(signature = (columns, strangers=vec![]))]
    fn apply_columns(
        &self,
        py: Python<'_>,
        columns: ColumnsArg<'_>,
        strangers: Vec<String>,
    ) -> PyResult<PyReport> {
        Ok(self.apply_lots(py, &columns.columns()?, &strangers, false))
    }

    /// The same with a batch that is taken as it is: a dict of one-dimensional, contiguous arrays of the types that columns have.
    /// ``None`` if it is none, and nothing has been done.
    fn apply_plain(&self, py: Python<'_>, batch: &Bound<'_, PyAny>) -> Option<PyReport> {
        let batch = ColumnsArg::plain(batch)?;
        let columns = batch.columns().ok()?;
        Some(self.apply_lots(py, &columns, &[], false))
    }

    /// Applies columns of history: as `apply_columns`, but nothing is evicted and no events come about.
    fn load_columns(&self, py: Python<'_>, columns: ColumnsArg<'_>) -> PyResult<PyReport> {
        Ok(self.apply_lots(py, &columns.columns()?, &[], true))
    }

    /// Raises an IntervalError if the base interval of one of the symbols (ids, uint32) is another.
    fn check_base(
        &self,
        py: Python<'_>,
        symbol: PyReadonlyArray1<'_, u32>,
        interval: IntervalArg,
    ) -> PyResult<()> {
        let ids = symbol.as_slice()?;
        self.read(py, |session| session.check_base(ids.iter().copied(), interval.0)).map_err(to_py)
    }

    /// Applies one base bar.
    ///
    /// Parameters
    /// ----------
    /// symbol : str
    ///     A registered ticker.
    /// interval : str or Interval
    ///     The symbol's base interval.
    /// bar : Bar
    ///     The bar.
    ///
    /// Returns
    /// -------
    /// ApplyReport
    ///     What became of it.
    ///
    /// Raises
    /// ------
    /// SymbolError
    ///     If the symbol is not registered.
    /// IntervalError
    ///     If the interval is not the symbol's base interval.
    fn apply_bar(
        &self,
        py: Python<'_>,
        symbol: &str,
        interval: IntervalArg,
        bar: PyRef<'_, PyBar>,
    ) -> PyResult<PyReport> {
        let bar = bar.bar;
        let apply = |session: &mut openbell_core::session::Session| {
            let id = session.base_of(symbol, interval.0)?;
            let report = session.apply(&[Row { symbol: id, bar }]);
            Ok(PyReport::new(report, session.symbols()))
        };
        // One bar takes less time than detaching does.
        let report = match self.0.try_write() {
            Some(mut session) => apply(&mut session),
            None => py.detach(|| apply(&mut self.0.write())),
        };
        self.tell(py);
        report.map_err(to_py)
    }

    /// How many threads take part in large changes: batches of some thousand rows, and backtests without callbacks.
    ///
    /// One unless this says otherwise. The session is the same, bit for bit, for any number.
    ///
    /// Parameters
    /// ----------
    /// threads : int
    ///     At least 1.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     If there is none.
    fn set_threads(&self, py: Python<'_>, threads: i64) -> PyResult<()> {
        if threads < 1 {
            return Err(PyValueError::new_err(format!("threads = {threads}: it takes at least one")));
        }
        self.write(py, |session| session.set_threads(threads as usize));
        Ok(())
    }

    /// Lets readers know of a time without closing bars that ended by then; it never goes back.
    fn observe_ns(&self, py: Python<'_>, now_ns: i64) {
        self.write(py, |session| session.observe(now_ns));
    }

    /// Moves the clock (nanoseconds since 1970 UTC): bars in progress that ended by then are closed.
    fn advance_ns(&self, py: Python<'_>, now_ns: i64) -> PyResult<()> {
        self.write(py, |session| session.advance(now_ns)).map_err(to_py)
    }

    /// Begins the session of a date (days since 1970) for all symbols of a calendar.
    fn begin_session(&self, py: Python<'_>, calendar: usize, date: i32) -> PyResult<()> {
        self.write(py, |session| session.begin_session(calendar, date)).map_err(to_py)
    }

    /// Closes the session of a date (days since 1970) at a time before its own.
    fn close_early(&self, py: Python<'_>, calendar: usize, date: i32, at_ns: i64) -> PyResult<()> {
        self.write(py, |session| session.close_early(calendar, date, at_ns)).map_err(to_py)
    }

    /// Puts columns in the order in which `run` plays them. Rows in no session are counted and left out.
    fn feed(&self, py: Python<'_>, columns: ColumnsArg<'_>) -> PyResult<PyFeed> {
        let columns = columns.columns()?;
        Ok(PyFeed(self.write(py, |session| session.feed(&columns)).into()))
    }

    /// Puts more columns into a feed that is being played; all of their bars end after the clock.
    fn extend_feed(&self, py: Python<'_>, feed: &PyFeed, columns: ColumnsArg<'_>) -> PyResult<()> {
        let columns = columns.columns()?;
        // The feed's lock first, as when it is played.
        py.detach(|| {
            let mut feed = feed.0.lock();
            self.0.write().extend(&mut feed, &columns);
        });
        Ok(())
    }

    /// Drops the bars of a symbol (by id) from a feed.
    #[staticmethod]
    fn drop_from_feed(feed: &PyFeed, symbol: u32) {
        feed.0.lock().drop_symbol(symbol);
    }

    /// Begins the session of a date (days since 1970) for one symbol, which came later than the others.
    fn begin_symbol_session(&self, py: Python<'_>, symbol: &str, date: i32) -> PyResult<()> {
        self.write(py, |session| session.begin_symbol_session(symbol, date)).map_err(to_py)
    }

    /// Plays a feed up to a time (nanoseconds since 1970 UTC), or to the end of the first step that left events.
    /// ``True`` if there are events; ``False`` if the clock stands at ``until_ns``.
    fn run(&self, py: Python<'_>, feed: &PyFeed, until_ns: i64) -> PyResult<bool> {
        let there_are = py.detach(|| {
            let mut feed = feed.0.lock();
            loop {
                let mut session = self.0.write();
                let most = STRETCH * session.threads();
                match session.run(&mut feed, until_ns, most)? {
                    Progress::Events => return Ok(true),
                    Progress::Until => return Ok(false),
                    Progress::More => {}
                }
            }
        });
        self.tell(py);
        there_are.map_err(to_py)
    }

    /// Chooses which events are kept: kinds by name, and bars of which intervals (none: all).
    fn subscribe_events(
        &self,
        py: Python<'_>,
        kinds: Vec<String>,
        intervals: Vec<IntervalArg>,
    ) -> PyResult<()> {
        let kinds = kinds
            .iter()
            .map(|name| {
                EventKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
                    let known = EventKind::ALL.map(EventKind::name).join(", ");
                    PyValueError::new_err(format!("{name:?} is not an event; there are {known}"))
                })
            })
            .collect::<PyResult<Vec<_>>>()?;
        let mask = EventMask::new(&kinds, intervals.iter().map(|i| i.0).collect());
        self.write(py, |session| session.subscribe(mask));
        Ok(())
    }

    /// The events since the last call: shorter intervals first, then by symbol name.
    fn take_events(&self, py: Python<'_>) -> PyEvents {
        self.write(py, |session| {
            let events = session.take_events();
            PyEvents::new(events, session.symbols())
        })
    }

    /// Ids (uint32) of tickers; 2^32 - 1 for those that are not registered.
    fn symbol_ids<'py>(&self, py: Python<'py>, names: Vec<String>) -> Bound<'py, numpy::PyArray1<u32>> {
        let ids: Vec<u32> = self
            .read(py, |session| names.iter().map(|n| session.symbols().get(n).unwrap_or(u32::MAX)).collect());
        numpy::PyArray1::from_vec(py, ids)
    }
}
