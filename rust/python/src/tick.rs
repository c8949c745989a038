//! `Trade`, `Quote` and `TradeReport`: copies out of the engine.

use openbell_core::session::TradeCounts;
use openbell_core::trade::{Quote, Trade};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// One print of the tape.
#[pyclass(frozen, name = "Trade", module = "openbell")]
#[derive(Debug, Clone)]
pub(crate) struct PyTrade(pub(crate) Trade);

#[pymethods]
impl PyTrade {
    /// Time of the trade, nanoseconds since 1970 UTC.
    #[getter]
    fn ts(&self) -> i64 {
        self.0.ts
    }

    #[getter]
    fn price(&self) -> f64 {
        self.0.price
    }

    #[getter]
    fn size(&self) -> f64 {
        self.0.size
    }

    /// The tape's number of it, ``None`` if it gave none.
    #[getter]
    fn id(&self) -> Option<u64> {
        Some(self.0.id).filter(|&id| id != 0)
    }

    /// Sale conditions as a bit mask.
    #[getter]
    fn conditions(&self) -> u64 {
        self.0.conditions
    }

    fn __repr__(&self) -> String {
        format!("Trade(ts={}, price={}, size={})", self.0.ts, self.0.price, self.0.size)
    }
}

/// Best bid and offer. A side that nobody quotes is ``None``.
#[pyclass(frozen, name = "Quote", module = "openbell")]
#[derive(Debug, Clone)]
pub(crate) struct PyQuote(pub(crate) Quote);

#[pymethods]
impl PyQuote {
    /// Time of the quote, nanoseconds since 1970 UTC.
    #[getter]
    fn ts(&self) -> i64 {
        self.0.ts
    }

    #[getter]
    fn bid(&self) -> Option<f64> {
        Some(self.0.bid).filter(|p| !p.is_nan())
    }

    #[getter]
    fn ask(&self) -> Option<f64> {
        Some(self.0.ask).filter(|p| !p.is_nan())
    }

    #[getter]
    fn bid_size(&self) -> f64 {
        self.0.bid_size
    }

    #[getter]
    fn ask_size(&self) -> f64 {
        self.0.ask_size
    }

    fn __repr__(&self) -> String {
        let quote = &self.0;
        format!(
            "Quote(ts={}, bid={}, ask={}, bid_size={}, ask_size={})",
            quote.ts, quote.bid, quote.ask, quote.bid_size, quote.ask_size
        )
    }
}

/// What became of a batch of trades: counts by kind, and every refused row with its reason.
#[pyclass(frozen, name = "TradeReport", module = "openbell")]
#[derive(Debug)]
pub(crate) struct PyTradeReport {
    pub(crate) counts: TradeCounts,
    pub(crate) refused: Vec<(usize, String, i64, &'static str)>,
}

impl PyTradeReport {
    fn count(&self, name: &str) -> u64 {
        self.counts.entries().find(|(n, _)| *n == name).map_or(0, |(_, count)| count)
    }
}

#[pymethods]
impl PyTradeReport {
    /// Trades that were stored.
    #[getter]
    fn added(&self) -> u64 {
        self.count("added")
    }

    /// Trades that were there already, by their number: ignored.
    #[getter]
    fn identical(&self) -> u64 {
        self.count("identical")
    }

    /// Trades that were taken back.
    #[getter]
    fn cancelled(&self) -> u64 {
        self.count("cancelled")
    }

    /// Trades that were given other values.
    #[getter]
    fn corrected(&self) -> u64 {
        self.count("corrected")
    }

    /// Cancels and corrections of trades that are not among those of the window.
    #[getter]
    fn unknown(&self) -> u64 {
        self.count("unknown")
    }

    /// Trades whose bar cannot be made again any more: dropped.
    #[getter]
    fn too_old(&self) -> u64 {
        self.count("too_old")
    }

    /// Trades in no session of the symbol's calendar: dropped.
    #[getter]
    fn outside_session(&self) -> u64 {
        self.count("outside_session")
    }

    /// Rows that are no trades.
    #[getter]
    fn refused(&self) -> u64 {
        self.count("refused")
    }

    /// The refused rows: ``(row, symbol, ts, reason)``.
    #[getter]
    fn refused_rows(&self) -> Vec<(usize, String, i64, &'static str)> {
        self.refused.clone()
    }

    /// All counts by name.
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let result = PyDict::new(py);
        for (name, count) in self.counts.entries() {
            result.set_item(name, count)?;
        }
        Ok(result)
    }

    fn __repr__(&self) -> String {
        let counts = self.counts.entries().filter(|(_, count)| *count > 0);
        let counts: Vec<String> = counts.map(|(name, count)| format!("{name}={count}")).collect();
        format!("TradeReport({})", counts.join(", "))
    }
}
