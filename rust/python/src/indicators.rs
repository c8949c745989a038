//! The catalogue, keys, and indicators over arrays.

use openbell_core::bar::Bar;
use openbell_core::indicator::plan::{Block, Plan};
use openbell_core::indicator::registry::SPECS;
use openbell_core::indicator::{Definition, Source, Spec, Tick, custom};
use parking_lot::Mutex;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

use crate::error::to_py;
use crate::interval::IntervalArg;

/// Parameters as a caller names them.
pub(crate) type ParamArgs = Vec<(String, f64)>;

/// The definition of a named indicator with these parameters.
pub(crate) fn definition(name: &str, params: &ParamArgs) -> PyResult<Definition> {
    Definition::new(name, params.iter().map(|(name, value)| (name.as_str(), *value))).map_err(to_py)
}

/// As `definition`, over a source that [`Source::parse`] reads, against another symbol.
pub(crate) fn whole(
    name: &str,
    params: &ParamArgs,
    source: Option<&str>,
    against: Option<&str>,
) -> PyResult<Definition> {
    let mut definition = definition(name, params)?;
    if let Some(source) = source {
        definition = definition.of(Source::parse(source).map_err(to_py)?).map_err(to_py)?;
    }
    if let Some(symbol) = against {
        definition = definition.against(symbol).map_err(to_py)?;
    }
    Ok(definition)
}

/// One dictionary an indicator: what its SPEC says, and what it needs with the default parameters.
#[pyfunction]
pub(crate) fn list_indicators(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    describe(py, SPECS.iter())
}

/// As `list_indicators`, of those that were registered.
#[pyfunction]
pub(crate) fn list_custom_indicators(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    describe(py, custom::listed().into_iter().map(|listed| listed.spec))
}

fn describe(py: Python<'_>, specs: impl Iterator<Item = &'static Spec>) -> PyResult<Bound<'_, PyList>> {
    let list = PyList::empty(py);
    for spec in specs {
        let default = Definition::new(spec.name, []).map_err(to_py)?;
        let params = PyList::empty(py);
        for param in spec.params {
            let entry = PyDict::new(py);
            entry.set_item("name", param.name)?;
            entry.set_item("default", param.default)?;
            entry.set_item("minimum", param.min)?;
            entry.set_item("maximum", param.max)?;
            entry.set_item("integer", param.integer)?;
            params.append(entry)?;
        }
        let entry = PyDict::new(py);
        entry.set_item("name", spec.name)?;
        entry.set_item("title", spec.title)?;
        entry.set_item("family", spec.family.name())?;
        entry.set_item("params", params)?;
        entry.set_item("outputs", spec.outputs)?;
        entry.set_item("on_price", spec.on_price)?;
        entry.set_item("formula", spec.formula)?;
        entry.set_item("source", spec.source)?;
        entry.set_item("first", default.first())?;
        entry.set_item("warm", default.warm())?;
        entry.set_item("sessions", default.sessions())?;
        entry.set_item("takes_source", default.kernel().takes_source())?;
        entry.set_item("is_pair", default.kernel().is_pair())?;
        list.append(entry)?;
    }
    Ok(list)
}

/// The key of an indicator, such as ``sma_20_5m``; defaults stand in for parameters not given.
#[pyfunction]
#[pyo3(signature = (name, params, interval, source=None, against=None))]
pub(crate) fn indicator_key(
    name: &str,
    params: std::collections::BTreeMap<String, f64>,
    interval: IntervalArg,
    source: Option<&str>,
    against: Option<&str>,
) -> PyResult<String> {
    Ok(whole(name, &params.into_iter().collect(), source, against)?.key(interval.0))
}

/// Bars until the first value and until convergence, and earlier sessions needed, with these parameters.
#[pyfunction]
#[pyo3(signature = (name, params, source=None))]
pub(crate) fn indicator_warmup(
    name: &str,
    params: std::collections::BTreeMap<String, f64>,
    source: Option<&str>,
) -> PyResult<(usize, usize, usize)> {
    let definition = whole(name, &params.into_iter().collect(), source, None)?;
    Ok((definition.first(), definition.warm(), definition.sessions()))
}

/// One indicator that is given one bar after the other: of each what it reads.
#[pyclass(frozen, subclass, name = "IndicatorStream", module = "openbell")]
pub(crate) struct PyIndicatorStream {
    plan: Plan,
    block: Mutex<Block>,
    reads: Reads,
    /// Makes a named tuple of several outputs.
    make: Option<Py<PyAny>>,
}

/// What an indicator reads of a bar.
struct Reads {
    /// The columns of its values, in order.
    inputs: Vec<usize>,
    minute: bool,
    ts: bool,
}

/// The columns by name, as `Reads` counts them.
pub(crate) const COLUMNS: [&str; 6] = ["open", "high", "low", "close", "volume", "other"];

impl Reads {
    fn new(columns: &[String]) -> Self {
        let inputs = columns.iter().filter_map(|name| COLUMNS.iter().position(|c| c == name)).collect();
        let has = |name: &str| columns.iter().any(|column| column == name);
        Self { inputs, minute: has("minute"), ts: has("ts") }
    }

    /// The bar of these values; what is not read may be anything that is there.
    fn tick(&self, name: &str, values: &Bound<'_, PyTuple>, place: &Place) -> PyResult<Tick> {
        let count = self.inputs.len();
        if values.len() != count {
            let names: Vec<&str> = self.inputs.iter().map(|&column| COLUMNS[column]).collect();
            let (names, given) = (names.join(", "), values.len());
            return Err(PyTypeError::new_err(format!("{name} reads {names}: {count} values, not {given}")));
        }
        let mut missing = Vec::new();
        if self.minute && place.minute.is_none() {
            missing.push("minute");
        }
        if self.ts && place.ts.is_none() {
            missing.push("ts");
        }
        if !missing.is_empty() {
            let missing = missing.join(", ");
            return Err(PyTypeError::new_err(format!("{name} reads the time: {missing} is missing")));
        }
        let first: f64 = values.get_item(0)?.extract()?;
        let mut row = [first; COLUMNS.len()];
        for (i, &column) in self.inputs.iter().enumerate() {
            row[column] = if i == 0 { first } else { values.get_item(i)?.extract()? };
        }
        if row.iter().any(|x| !x.is_finite()) {
            let given = values.repr()?;
            return Err(PyValueError::new_err(format!(
                "{name}: {given}: every value must be a finite number"
            )));
        }
        let [open, high, low, close, volume, other] = row;
        let since_open = (place.minute.unwrap_or(0.0) * MINUTE_NS).round_ties_even() as i64;
        Ok(Tick {
            bar: Bar::new(place.ts.unwrap_or(0), [open, high, low, close], volume, f64::NAN, f64::NAN),
            session: place.session,
            regular: place.regular,
            since_open,
            other,
        })
    }
}

const MINUTE_NS: f64 = 60e9;

/// One value alone, several as a tuple.
fn value(py: Python<'_>, outputs: &[f64]) -> PyResult<Py<PyAny>> {
    let one = |value: f64| (!value.is_nan()).then_some(value);
    if let [value] = outputs {
        return Ok(one(*value).into_pyobject(py)?.unbind());
    }
    Ok(PyTuple::new(py, outputs.iter().map(|&value| one(value)))?.into_any().unbind())
}

impl PyIndicatorStream {
    fn name(&self) -> &'static str {
        self.plan.definitions()[0].spec().name
    }

    fn shown(&self, py: Python<'_>, outputs: &[f64]) -> PyResult<Py<PyAny>> {
        let value = value(py, outputs)?;
        match &self.make {
            Some(make) => make.call1(py, (value,)),
            None => Ok(value),
        }
    }
}

#[pymethods]
impl PyIndicatorStream {
    #[new]
    fn new(
        name: &str,
        params: std::collections::BTreeMap<String, f64>,
        reads: Vec<String>,
        make: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let plan = Plan::new(vec![definition(name, &params.into_iter().collect())?]);
        let block = Mutex::new(plan.block());
        Ok(Self { plan, block, reads: Reads::new(&reads), make })
    }

    /// Take what the indicator reads of a bar; give the value, or one an output; None where there is none.
    ///
    /// Raises
    /// ------
    /// TypeError
    ///     If there are too many or too few values, or the time is missing.
    /// ValueError
    ///     If a value is not a finite number; nothing changes then.
    #[pyo3(signature = (*values, session=0, regular=true, minute=None, ts=None))]
    fn update(
        &self,
        values: &Bound<'_, PyTuple>,
        session: i32,
        regular: bool,
        minute: Option<f64>,
        ts: Option<i64>,
    ) -> PyResult<Py<PyAny>> {
        let tick = self.reads.tick(self.name(), values, &Place { session, regular, minute, ts })?;
        let mut block = self.block.lock();
        self.plan.update(&mut block, &tick);
        self.shown(values.py(), self.plan.outputs(&block))
    }

    /// Give what `update` would, and change nothing.
    #[pyo3(signature = (*values, session=0, regular=true, minute=None, ts=None))]
    fn peek(
        &self,
        values: &Bound<'_, PyTuple>,
        session: i32,
        regular: bool,
        minute: Option<f64>,
        ts: Option<i64>,
    ) -> PyResult<Py<PyAny>> {
        let tick = self.reads.tick(self.name(), values, &Place { session, regular, minute, ts })?;
        let outputs = self.plan.peek(&self.block.lock(), &tick);
        self.shown(values.py(), &outputs)
    }

    /// What the last `update` gave.
    #[getter]
    fn value(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.shown(py, self.plan.outputs(&self.block.lock()))
    }

    /// How many bars it was given.
    #[getter]
    fn seen(&self) -> u64 {
        self.plan.seen(&self.block.lock())
    }

    /// The state as bytes, with a version and the layout.
    fn save<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.plan.save(&self.block.lock()))
    }

    /// Goes on from what `save` gave; bytes of another version, indicator or parameters are refused.
    fn restore(&self, saved: &[u8]) -> PyResult<()> {
        *self.block.lock() = self.plan.restore(saved).map_err(to_py)?;
        Ok(())
    }
}

/// Where a bar stands.
struct Place {
    session: i32,
    regular: bool,
    minute: Option<f64>,
    ts: Option<i64>,
}
