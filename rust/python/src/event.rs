//! Events as Python values.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use numpy::{Element, PyArray1};
use openbell_core::session::{Event, EventKind};
use openbell_core::symbol::SymbolTable;
use pyo3::exceptions::PyIndexError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::bar::PyBar;

/// Something that happened in a step.
///
/// ``kind`` is ``"bar_closed"``, ``"bar_revised"`` (with ``old``, ``None`` if the bar was missing),
/// ``"bar_withdrawn"`` (``bar`` as it was: all its trades were cancelled) or ``"indicator_valid"`` (with ``key``).
#[pyclass(frozen, name = "Event", module = "openbell")]
#[derive(Debug, Clone)]
pub(crate) struct PyEvent {
    symbol: Arc<str>,
    event: Event,
}

impl PyEvent {
    pub(crate) fn new(event: Event, symbols: &SymbolTable) -> Self {
        Self { symbol: Arc::clone(symbols.name(event.symbol)), event }
    }

    fn wrap(&self, bar: openbell_core::bar::Bar) -> PyBar {
        PyBar { bar, symbol: Some(Arc::clone(&self.symbol)), interval: Some(self.event.interval) }
    }
}

#[pymethods]
impl PyEvent {
    #[getter]
    fn kind<'py>(&self, py: Python<'py>) -> &Bound<'py, PyString> {
        // Each made once, so that who compares them looks no further.
        match self.event.kind {
            EventKind::BarClosed => intern!(py, EventKind::BarClosed.name()),
            EventKind::BarRevised => intern!(py, EventKind::BarRevised.name()),
            EventKind::IndicatorValid => intern!(py, EventKind::IndicatorValid.name()),
            EventKind::BarWithdrawn => intern!(py, EventKind::BarWithdrawn.name()),
        }
    }

    /// Ticker.
    #[getter]
    fn symbol(&self) -> &str {
        &self.symbol
    }

    /// The bar as it is now.
    #[getter]
    fn bar(&self) -> PyBar {
        self.wrap(self.event.bar)
    }

    /// The bar as it was before a revision.
    #[getter]
    fn old(&self) -> Option<PyBar> {
        self.event.old.map(|bar| self.wrap(bar))
    }

    /// The key of the indicator.
    #[getter]
    fn key(&self) -> Option<&str> {
        self.event.key.as_deref()
    }

    fn __repr__(&self) -> String {
        format!("Event({} {} {})", self.event.kind.name(), self.symbol, self.event.interval)
    }
}

/// What happened, in the order in which callbacks run: a sequence of ``Event``, and the same as columns.
///
/// ``kind`` is uint8, an index into ``kinds``; ``symbol`` uint32, as ``symbol_ids`` gives them; ``interval_ns`` and ``ts``
/// int64; ``open high low close volume`` float64, of the bar as it is now. Each access makes a new array.
#[pyclass(frozen, name = "Events", module = "openbell", sequence)]
#[derive(Debug)]
pub(crate) struct PyEvents(Vec<PyEvent>);

impl PyEvents {
    pub(crate) fn new(events: Vec<Event>, symbols: &SymbolTable) -> Self {
        Self(events.into_iter().map(|event| PyEvent::new(event, symbols)).collect())
    }

    fn column<'py, T: Element>(&self, py: Python<'py>, of: impl Fn(&Event) -> T) -> Bound<'py, PyArray1<T>> {
        PyArray1::from_iter(py, self.0.iter().map(|e| of(&e.event)))
    }
}

#[pymethods]
impl PyEvents {
    /// What the numbers of ``kind`` stand for.
    #[getter]
    #[expect(clippy::unused_self, reason = "it stands beside the column that it explains")]
    fn kinds(&self) -> Vec<&'static str> {
        EventKind::ALL.iter().map(|kind| kind.name()).collect()
    }

    #[getter]
    fn kind<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u8>> {
        self.column(py, |e| e.kind as u8)
    }

    #[getter]
    fn symbol<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u32>> {
        self.column(py, |e| e.symbol)
    }

    #[getter]
    fn interval_ns<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        self.column(py, |e| e.interval.nanos())
    }

    #[getter]
    fn ts<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        self.column(py, |e| e.bar.ts)
    }

    #[getter]
    fn open<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.column(py, |e| e.bar.open)
    }

    #[getter]
    fn high<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.column(py, |e| e.bar.high)
    }

    #[getter]
    fn low<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.column(py, |e| e.bar.low)
    }

    #[getter]
    fn close<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.column(py, |e| e.bar.close)
    }

    #[getter]
    fn volume<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.column(py, |e| e.bar.volume)
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __getitem__(&self, index: isize) -> PyResult<PyEvent> {
        let place = if index < 0 { index + self.0.len() as isize } else { index };
        let event = usize::try_from(place).ok().and_then(|place| self.0.get(place));
        event.cloned().ok_or_else(|| PyIndexError::new_err(format!("event {index} of {}", self.0.len())))
    }

    fn __iter__(slf: Bound<'_, Self>) -> PyEventsIter {
        PyEventsIter { events: slf.unbind(), next: AtomicUsize::new(0) }
    }
}

/// Makes one event after the other: whoever is told of the first does not wait for the last.
#[pyclass(frozen, name = "EventsIter", module = "openbell")]
pub(crate) struct PyEventsIter {
    events: Py<PyEvents>,
    next: AtomicUsize,
}

#[pymethods]
impl PyEventsIter {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self) -> Option<PyEvent> {
        self.events.get().0.get(self.next.fetch_add(1, Ordering::Relaxed)).cloned()
    }
}
