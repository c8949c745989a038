//! What a reader is told of an indicator.

use openbell_core::indicator::Source;
use openbell_core::interval::Interval;
use openbell_core::session::IndicatorView;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::interval::PyInterval;

/// The state of one indicator of one symbol.
#[pyclass(frozen, name = "IndicatorData", module = "openbell")]
#[derive(Debug)]
pub(crate) struct PyIndicatorData {
    pub(super) key: String,
    name: &'static str,
    family: &'static str,
    interval: Interval,
    params: Vec<(&'static str, f64)>,
    source: Option<String>,
    against: Option<String>,
    values: Vec<(&'static str, f64)>,
    last_updated: Option<i64>,
    valid: bool,
    warm: bool,
    historical: bool,
}

impl PyIndicatorData {
    pub(super) fn new(view: &IndicatorView<'_>) -> Self {
        let (spec, definition) = (view.definition().spec(), view.definition());
        Self {
            key: view.key().to_owned(),
            name: spec.name,
            family: spec.family.name(),
            interval: view.interval(),
            params: spec
                .params
                .iter()
                .map(|p| p.name)
                .zip(definition.params().values().iter().copied())
                .collect(),
            source: definition.other_source().map(Source::text),
            against: definition.other().map(ToString::to_string),
            values: spec.outputs.iter().copied().zip(view.values().iter().copied()).collect(),
            last_updated: view.last_bar(),
            valid: view.is_valid(),
            warm: view.is_warm(),
            historical: view.is_historical(),
        }
    }
}

#[pymethods]
impl PyIndicatorData {
    /// Name, parameters and interval, such as ``sma_20_5m``.
    #[getter]
    fn key(&self) -> &str {
        &self.key
    }

    #[getter]
    fn name(&self) -> &str {
        self.name
    }

    /// What it reads in the place of its own: a field of the bars, or another indicator without its interval.
    #[getter]
    fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// The symbol that it compares with, if it compares.
    #[getter]
    fn against(&self) -> Option<&str> {
        self.against.as_deref()
    }

    /// ``trend``, ``momentum``, ``volatility``, ``volume`` or ``session``.
    #[getter(r#type)]
    fn family(&self) -> &str {
        self.family
    }

    #[getter]
    fn interval(&self) -> PyInterval {
        PyInterval(self.interval)
    }

    /// Every parameter by name.
    #[getter]
    fn params<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        self.params.iter().try_for_each(|(name, value)| dict.set_item(name, value))?;
        Ok(dict)
    }

    /// The first output, ``None`` until there is a value.
    #[getter]
    fn current_value(&self) -> Option<f64> {
        self.values.first().map(|(_, value)| *value).filter(|v| !v.is_nan())
    }

    /// Every output by name, ``None`` until there is a value.
    #[getter]
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        self.values
            .iter()
            .try_for_each(|(name, value)| dict.set_item(name, Some(*value).filter(|v| !v.is_nan())))?;
        Ok(dict)
    }

    /// Open time of the newest bar it has seen, nanoseconds since 1970 UTC.
    #[getter]
    fn last_updated(&self) -> Option<i64> {
        self.last_updated
    }

    /// Whether it has a value.
    #[getter]
    fn valid(&self) -> bool {
        self.valid
    }

    /// Whether its start no longer matters: two different starts would agree to 1e-9.
    #[getter]
    fn warm(&self) -> bool {
        self.warm
    }

    /// Whether it is computed from completed earlier sessions and fixed during a session.
    #[getter]
    fn historical(&self) -> bool {
        self.historical
    }

    fn __repr__(&self) -> String {
        let value = self.current_value().map_or_else(|| "None".to_owned(), |v| v.to_string());
        format!("IndicatorData({}, {value})", self.key)
    }
}
