//! Columns of bars as Python has them.

use numpy::{PyReadonlyArray1, PyUntypedArray};
use openbell_core::bar::Columns;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::to_py;

/// Borrowed NumPy columns of a batch.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct ColumnsArg<'py> {
    symbol: PyReadonlyArray1<'py, u32>,
    ts: PyReadonlyArray1<'py, i64>,
    open: PyReadonlyArray1<'py, f64>,
    high: PyReadonlyArray1<'py, f64>,
    low: PyReadonlyArray1<'py, f64>,
    close: PyReadonlyArray1<'py, f64>,
    volume: PyReadonlyArray1<'py, f64>,
    #[pyo3(default)]
    vwap: Option<PyReadonlyArray1<'py, f64>>,
    #[pyo3(default)]
    trade_count: Option<PyReadonlyArray1<'py, f64>>,
}

impl<'py> ColumnsArg<'py> {
    /// Those of a dict in which all are arrays as they are taken; none of any other.
    pub(super) fn plain(batch: &Bound<'py, PyAny>) -> Option<Self> {
        let batch = batch.cast_exact::<PyDict>().ok()?;
        // What is derived from an array, such as a masked one, may mean something else by its values.
        let is_array = |value: &Bound<'_, PyAny>| value.is_exact_instance_of::<PyUntypedArray>();
        let is_plain = batch.iter().all(|(_, value)| is_array(&value) || value.is_none());
        if is_plain { batch.extract().ok() } else { None }
    }

    pub(super) fn columns(&self) -> PyResult<Columns<'_>> {
        let columns = Columns {
            symbol: self.symbol.as_slice()?,
            ts: self.ts.as_slice()?,
            open: self.open.as_slice()?,
            high: self.high.as_slice()?,
            low: self.low.as_slice()?,
            close: self.close.as_slice()?,
            volume: self.volume.as_slice()?,
            vwap: self.vwap.as_ref().map(|c| c.as_slice()).transpose()?,
            trade_count: self.trade_count.as_ref().map(|c| c.as_slice()).transpose()?,
        };
        columns.check().map_err(to_py)?;
        Ok(columns)
    }
}
