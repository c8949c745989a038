//! Events as Python values.

use std::sync::Arc;

use openbell_core::session::Event;
use openbell_core::symbol::SymbolTable;
use pyo3::prelude::*;

use crate::bar::PyBar;

/// Something that happened in a step.
///
/// ``kind`` is ``"bar_closed"``, ``"bar_revised"`` (with ``old``, ``None`` if the bar was missing) or
/// ``"indicator_valid"`` (with ``key``).
#[pyclass(frozen, name = "Event", module = "openbell")]
#[derive(Debug)]
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
    fn kind(&self) -> &'static str {
        self.event.kind.name()
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
