//! `openbell._core`: thin bindings, no logic.

#![allow(clippy::doc_markdown, reason = "docstrings are read by Python people, in NumPy style")]
#![allow(clippy::needless_pass_by_value, reason = "PyO3 hands over extracted arguments as owned values")]
#![allow(clippy::trivially_copy_pass_by_ref, reason = "Python methods take their object by reference")]

#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod arrays;
mod bar;
mod error;
mod event;
mod indicators;
mod interval;
mod report;
mod session;
mod tick;
mod time;

use pyo3::prelude::*;

#[pymodule]
mod _core {
    use super::time::TimeArg;
    use super::{Bound, PyResult, Python};
    use super::{error, pyfunction};
    use numpy::PyArray1;

    #[pymodule_export]
    use super::arrays::{PyArrayFunction, compute};
    #[pymodule_export]
    use super::bar::{PyBar, PyBars, restore_bar, restore_bars};
    #[pymodule_export]
    use super::event::{PyEvent, PyEvents};
    #[pymodule_export]
    use super::indicators::{
        PyIndicatorStream, indicator_key, indicator_warmup, list_custom_indicators, list_indicators,
    };
    #[pymodule_export]
    use super::interval::PyInterval;
    #[pymodule_export]
    use super::report::{PyCoverage, PyReport, check_bars};
    #[pymodule_export]
    use super::session::custom::register_indicator;
    #[pymodule_export]
    use super::session::gather::PyGather;
    #[pymodule_export]
    use super::session::indicator::PyIndicatorData;
    #[pymodule_export]
    use super::session::read::PyMetrics;
    #[pymodule_export]
    use super::session::{PyFeed, SessionCore};
    #[pymodule_export]
    use super::tick::{PyQuote, PyTrade, PyTradeReport};

    /// The version of the extension module and whether it is a debug build.
    #[pyfunction]
    fn build_info() -> (&'static str, bool) {
        (env!("CARGO_PKG_VERSION"), cfg!(debug_assertions))
    }

    /// The ticker in upper case; ``SymbolError`` if it is not one.
    #[pyfunction]
    fn parse_symbol(text: &str) -> PyResult<String> {
        openbell_core::symbol::parse_symbol(text).map_err(error::to_py)
    }

    /// A time in nanoseconds since 1970 UTC: of those, of a datetime with a zone, or of a datetime64.
    #[pyfunction]
    fn as_ns(ts: TimeArg) -> i64 {
        ts.0
    }

    /// Times in nanoseconds since 1970, and whether they name their offset from UTC, of texts of ``width`` bytes each, joined.
    ///
    /// None if they are not ISO 8601 to the second, all written alike.
    #[pyfunction]
    fn parse_times<'py>(
        py: Python<'py>,
        texts: &str,
        width: usize,
    ) -> Option<(Bound<'py, PyArray1<i64>>, bool)> {
        let (times, zoned) = py.detach(|| openbell_core::time::read_alike(texts.as_bytes(), width))?;
        Some((PyArray1::from_vec(py, times), zoned))
    }
}
