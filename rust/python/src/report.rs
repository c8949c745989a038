//! What became of a batch, and what is missing.

use numpy::PyReadonlyArray1;
use openbell_core::bar;
use openbell_core::error::Error;
use openbell_core::session::{Counts, Coverage, Gap, Report};
use openbell_core::symbol::SymbolTable;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::bar::py_date;
use crate::error::to_py;

/// What became of the rows of a batch: counts by kind, and every refused row with its reason.
#[pyclass(frozen, name = "ApplyReport", module = "openbell")]
#[derive(Debug)]
pub(crate) struct PyReport {
    counts: Counts,
    refused: Vec<(usize, String, i64, &'static str)>,
}

impl PyReport {
    pub(crate) fn new(report: Report, symbols: &SymbolTable) -> Self {
        let refused = report
            .refused
            .iter()
            .map(|r| (r.row, symbols.name(r.symbol).to_string(), r.ts, r.refusal.reason()))
            .collect();
        Self { counts: report.counts, refused }
    }

    /// Puts rows that never reached the engine beside those that it refused.
    pub(crate) fn refuse(&mut self, row: usize, symbol: String, ts: i64, reason: &'static str) {
        self.counts.refused += 1;
        self.refused.push((row, symbol, ts, reason));
        self.refused.sort_by_key(|(row, ..)| *row);
    }
}

#[pymethods]
impl PyReport {
    /// Bars newer than all that were there.
    #[getter]
    fn appended(&self) -> u64 {
        self.counts.appended
    }

    /// Bars that were there already with the same values: ignored.
    #[getter]
    fn identical(&self) -> u64 {
        self.counts.identical
    }

    /// Bars that replaced one with other values.
    #[getter]
    fn corrected(&self) -> u64 {
        self.counts.corrected
    }

    /// Late bars that were put in their place.
    #[getter]
    fn inserted(&self) -> u64 {
        self.counts.inserted
    }

    /// Bars older than what the ring holds, or of an earlier session: dropped.
    #[getter]
    fn too_old(&self) -> u64 {
        self.counts.too_old
    }

    /// Bars in no session of the symbol's calendar: dropped.
    #[getter]
    fn outside_session(&self) -> u64 {
        self.counts.outside_session
    }

    /// Rows that are no bars: refused.
    #[getter]
    fn refused(&self) -> u64 {
        self.counts.refused
    }

    /// Every refused row: ``(row, symbol, ts, reason)``, in order.
    #[getter]
    fn refused_rows(&self) -> Vec<(usize, String, i64, &'static str)> {
        self.refused.clone()
    }

    /// The counts by name.
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counts_dict(py, &self.counts)
    }

    fn __repr__(&self) -> String {
        let parts: Vec<String> = self
            .counts
            .entries()
            .iter()
            .filter(|(_, n)| *n > 0)
            .map(|(name, n)| format!("{name}={n}"))
            .collect();
        format!("ApplyReport({})", parts.join(", "))
    }
}

pub(crate) fn counts_dict<'py>(py: Python<'py>, counts: &Counts) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, count) in counts.entries() {
        dict.set_item(name, count)?;
    }
    Ok(dict)
}

/// Expected and present bars of one session's regular hours, up to the clock.
#[pyclass(frozen, name = "Coverage", module = "openbell")]
#[derive(Debug)]
pub(crate) struct PyCoverage(pub(crate) Coverage);

#[pymethods]
impl PyCoverage {
    /// The session.
    #[getter]
    fn date<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py_date(py, self.0.date)
    }

    /// Bars that should be there.
    #[getter]
    fn expected(&self) -> usize {
        self.0.expected
    }

    /// Bars that are there.
    #[getter]
    fn present(&self) -> usize {
        self.0.present
    }

    /// How many ranges of missing bars there are.
    #[getter]
    fn gap_count(&self) -> usize {
        self.0.gaps.len()
    }

    /// Present in percent of expected, ``None`` before anything was expected.
    #[getter]
    fn percent(&self) -> Option<f64> {
        self.0.percent()
    }

    /// Missing ranges ``(start_ns, end_ns, bars)``, end exclusive.
    #[getter]
    fn gaps(&self) -> Vec<(i64, i64, usize)> {
        ranges(&self.0.gaps)
    }

    /// How many of the first ranges are those of another, and the ranges behind them.
    fn gaps_behind(&self, other: PyRef<'_, Self>) -> (usize, Vec<(i64, i64, usize)>) {
        let same = self.0.same_gaps(&other.0);
        (same, ranges(&self.0.gaps[same..]))
    }

    fn __repr__(&self) -> String {
        format!("Coverage({} of {} bars, {} gaps)", self.0.present, self.0.expected, self.0.gaps.len())
    }
}

fn ranges(gaps: &[Gap]) -> Vec<(i64, i64, usize)> {
    gaps.iter().map(|gap| (gap.start, gap.end, gap.bars)).collect()
}

/// The rows that are no bars, and why: ``(rows, reasons)``. All times must be whole multiples of ``step`` nanoseconds.
///
/// What else alignment to the session asks for is not checked here: it needs a calendar.
#[pyfunction]
#[pyo3(signature = (ts, open, high, low, close, volume, vwap=None, trade_count=None, *, step=1))]
#[expect(clippy::too_many_arguments, reason = "a bar has this many columns")]
pub(crate) fn check_bars<'py>(
    py: Python<'py>,
    ts: PyReadonlyArray1<'py, i64>,
    open: PyReadonlyArray1<'py, f64>,
    high: PyReadonlyArray1<'py, f64>,
    low: PyReadonlyArray1<'py, f64>,
    close: PyReadonlyArray1<'py, f64>,
    volume: PyReadonlyArray1<'py, f64>,
    vwap: Option<PyReadonlyArray1<'py, f64>>,
    trade_count: Option<PyReadonlyArray1<'py, f64>>,
    step: i64,
) -> PyResult<(Bound<'py, numpy::PyArray1<u32>>, Vec<&'static str>)> {
    let symbol = vec![0; ts.len()?];
    let columns = bar::Columns {
        symbol: &symbol,
        ts: ts.as_slice()?,
        open: open.as_slice()?,
        high: high.as_slice()?,
        low: low.as_slice()?,
        close: close.as_slice()?,
        volume: volume.as_slice()?,
        vwap: vwap.as_ref().map(|c| c.as_slice()).transpose()?,
        trade_count: trade_count.as_ref().map(|c| c.as_slice()).transpose()?,
    };
    columns.check().map_err(|error: Error| to_py(error))?;
    if step < 1 {
        return Err(PyValueError::new_err(format!("step = {step}: it must be at least 1")));
    }
    let bad = py.detach(|| columns.refused(step));
    let rows = numpy::PyArray1::from_iter(py, bad.iter().map(|(row, _)| *row));
    Ok((rows, bad.iter().map(|(_, refusal)| refusal.reason()).collect()))
}
