//! `openbell._core`: thin bindings, no logic.

mod error;
mod indicators;
mod interval;

use pyo3::prelude::*;

#[pymodule]
mod _core {
    use super::PyResult;
    use super::{error, pyfunction};

    #[pymodule_export]
    use super::indicators::{compute, indicator_key, indicator_warmup, list_indicators};
    #[pymodule_export]
    use super::interval::PyInterval;

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
}
