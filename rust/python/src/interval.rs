//! `Interval`: a bar length as a Python value.

use openbell_core::interval::Interval;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::error::to_py;

/// A bar length such as ``"5m"``, in its shortest spelling (``"60s"`` is ``"1m"``), ordered by length.
///
/// Parameters
/// ----------
/// text : str or Interval
///     A count and a unit of ``s``, ``m``, ``h``, ``d`` or ``w``.
///
/// Raises
/// ------
/// IntervalError
///     If the text is not an interval.
///
/// Examples
/// --------
/// >>> from openbell import Interval
/// >>> Interval("60m")
/// Interval('1h')
/// >>> Interval("5m") < Interval("1d"), str(Interval("5m")), Interval("5m").seconds
/// (True, '5m', 300)
#[pyclass(frozen, eq, ord, hash, name = "Interval", module = "openbell")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PyInterval(pub(crate) Interval);

#[pymethods]
impl PyInterval {
    #[new]
    fn new(text: IntervalArg) -> Self {
        Self(text.0)
    }

    /// How many units.
    #[getter]
    fn count(&self) -> u32 {
        self.0.count()
    }

    /// One of ``s m h d w``.
    #[getter]
    fn unit(&self) -> char {
        self.0.unit().letter()
    }

    /// Nominal length in seconds; a day counts 24 hours whatever its session.
    #[getter]
    fn seconds(&self) -> i64 {
        self.0.nanos() / 1_000_000_000
    }

    /// Nominal length in nanoseconds.
    #[getter]
    fn nanos(&self) -> i64 {
        self.0.nanos()
    }

    /// Whether bars of this interval lie within one session.
    #[getter]
    fn is_intraday(&self) -> bool {
        self.0.is_intraday()
    }

    /// Whether bars of this interval can be put together from ``base`` bars.
    fn is_derivable_from(&self, base: IntervalArg) -> bool {
        self.0.check_derivable_from(base.0).is_ok()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("Interval('{}')", self.0)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyAny>, (String,)) {
        (slf.get_type().into_any(), (slf.get().0.to_string(),))
    }
}

/// An interval where a string or an `Interval` may be given.
pub(crate) struct IntervalArg(pub(crate) Interval);

impl<'py> FromPyObject<'_, 'py> for IntervalArg {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(text) = value.cast::<PyString>() {
            return text.to_str()?.parse().map(Self).map_err(to_py);
        }
        Ok(Self(value.cast::<PyInterval>()?.get().0))
    }
}
