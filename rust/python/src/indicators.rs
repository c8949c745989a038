//! The catalogue, keys, and indicators over arrays.

use numpy::{PyArray1, PyReadonlyArray1};
use openbell_core::bar::Bar;
use openbell_core::error::Error;
use openbell_core::indicator::plan::{Block, Plan};
use openbell_core::indicator::registry::SPECS;
use openbell_core::indicator::{Columns, Definition, Source, Spec, Tick, custom};
use parking_lot::Mutex;
use pyo3::exceptions::PyValueError;
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

/// One indicator that is given one bar after the other.
#[pyclass(frozen, name = "IndicatorStream", module = "openbell")]
pub(crate) struct PyIndicatorStream {
    plan: Plan,
    block: Mutex<Block>,
}

/// One value alone, several as a tuple.
fn value(py: Python<'_>, outputs: &[f64]) -> PyResult<Py<PyAny>> {
    let one = |value: f64| (!value.is_nan()).then_some(value);
    if let [value] = outputs {
        return Ok(one(*value).into_pyobject(py)?.unbind());
    }
    Ok(PyTuple::new(py, outputs.iter().map(|&value| one(value)))?.into_any().unbind())
}

#[pymethods]
impl PyIndicatorStream {
    #[new]
    fn new(name: &str, params: std::collections::BTreeMap<String, f64>) -> PyResult<Self> {
        let plan = Plan::new(vec![definition(name, &params.into_iter().collect())?]);
        let block = Mutex::new(plan.block());
        Ok(Self { plan, block })
    }

    /// Takes a bar; gives the value, or one an output, ``None`` where there is none.
    #[pyo3(signature = (open, high, low, close, volume, session=0, regular=true, since_open=0, ts=0, other=f64::NAN, /))]
    #[expect(clippy::too_many_arguments, reason = "a bar has this many columns")]
    fn update(
        &self,
        py: Python<'_>,
        open: f64,
        high: f64,
        low: f64,
        close: f64,
        volume: f64,
        session: i32,
        regular: bool,
        since_open: i64,
        ts: i64,
        other: f64,
    ) -> PyResult<Py<PyAny>> {
        let mut block = self.block.lock();
        let place = Place { session, regular, since_open, ts, other };
        self.plan.update(&mut block, &tick([open, high, low, close], volume, &place)?);
        value(py, self.plan.outputs(&block))
    }

    /// Gives what `update` would, and changes nothing.
    #[pyo3(signature = (open, high, low, close, volume, session=0, regular=true, since_open=0, ts=0, other=f64::NAN, /))]
    #[expect(clippy::too_many_arguments, reason = "a bar has this many columns")]
    fn peek(
        &self,
        py: Python<'_>,
        open: f64,
        high: f64,
        low: f64,
        close: f64,
        volume: f64,
        session: i32,
        regular: bool,
        since_open: i64,
        ts: i64,
        other: f64,
    ) -> PyResult<Py<PyAny>> {
        let place = Place { session, regular, since_open, ts, other };
        let tick = tick([open, high, low, close], volume, &place)?;
        let outputs = self.plan.peek(&self.block.lock(), &tick);
        value(py, &outputs)
    }

    /// The values after the last bar.
    fn last(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        value(py, self.plan.outputs(&self.block.lock()))
    }

    /// How many bars it was given.
    fn seen(&self) -> u64 {
        self.plan.seen(&self.block.lock())
    }

    /// Another that goes on from here.
    fn copy(&self) -> Self {
        Self { plan: self.plan.clone(), block: Mutex::new(self.block.lock().clone()) }
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
    since_open: i64,
    ts: i64,
    other: f64,
}

/// A bar of finite numbers.
fn tick(ohlc: [f64; 4], volume: f64, place: &Place) -> PyResult<Tick> {
    if ohlc.iter().any(|x| !x.is_finite()) || !volume.is_finite() {
        return Err(PyValueError::new_err(format!(
            "{ohlc:?}, volume {volume}: every value must be a finite number"
        )));
    }
    let Place { session, regular, since_open, ts, other } = *place;
    if other.is_infinite() {
        return Err(PyValueError::new_err(format!("{other}: every value must be a finite number")));
    }
    Ok(Tick { bar: Bar::new(ts, ohlc, volume, f64::NAN, f64::NAN), session, regular, since_open, other })
}

/// An indicator over whole arrays of bars: one float64 array an output, NaN before the first value.
///
/// ``session`` numbers the session of each bar (int64, any numbers that differ); without it all bars are one session.
/// ``regular`` says which bars lie in regular hours (bool); without it all do. ``since_open`` and ``ts`` (int64, nanoseconds,
/// since the regular open and since 1970 UTC) say when each bar starts; without them all start at zero.
#[pyfunction]
#[pyo3(signature = (name, params, open, high, low, close, volume, session=None, regular=None, since_open=None, ts=None, other=None))]
#[expect(clippy::too_many_arguments, reason = "a bar has this many columns")]
pub(crate) fn compute<'py>(
    py: Python<'py>,
    name: &str,
    params: std::collections::BTreeMap<String, f64>,
    open: PyReadonlyArray1<'py, f64>,
    high: PyReadonlyArray1<'py, f64>,
    low: PyReadonlyArray1<'py, f64>,
    close: PyReadonlyArray1<'py, f64>,
    volume: PyReadonlyArray1<'py, f64>,
    session: Option<PyReadonlyArray1<'py, i64>>,
    regular: Option<PyReadonlyArray1<'py, bool>>,
    since_open: Option<PyReadonlyArray1<'py, i64>>,
    ts: Option<PyReadonlyArray1<'py, i64>>,
    other: Option<PyReadonlyArray1<'py, f64>>,
) -> PyResult<Bound<'py, PyDict>> {
    let definition = definition(name, &params.into_iter().collect())?;
    let names = definition.spec().outputs;
    let (open, high, low) = (open.as_slice()?, high.as_slice()?, low.as_slice()?);
    let (close, volume) = (close.as_slice()?, volume.as_slice()?);
    let session = session.as_ref().map(|s| s.as_slice()).transpose()?;
    let regular = regular.as_ref().map(|r| r.as_slice()).transpose()?;
    let since_open = since_open.as_ref().map(|s| s.as_slice()).transpose()?;
    let ts = ts.as_ref().map(|t| t.as_slice()).transpose()?;
    let other = other.as_ref().map(|o| o.as_slice()).transpose()?;
    let rows = close.len();
    let given = [session, since_open, ts].map(|column| column.map_or(rows, <[i64]>::len));
    let bars = [open, high, low, volume].map(<[f64]>::len);
    let mut lengths =
        bars.into_iter().chain(given).chain(regular.map(<[bool]>::len)).chain(other.map(<[f64]>::len));
    if lengths.any(|n| n != rows) {
        let reason = format!("all columns must be as long as close, which has {rows} rows");
        return Err(to_py(Error::Columns { reason }));
    }
    let columns = py.detach(|| {
        definition.bulk(&Columns { open, high, low, close, volume, session, regular, since_open, ts, other })
    });
    let result = PyDict::new(py);
    for (name, column) in names.iter().zip(columns) {
        result.set_item(name, PyArray1::from_vec(py, column))?;
    }
    Ok(result)
}
