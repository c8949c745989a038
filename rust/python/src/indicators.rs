//! The catalogue, keys, and indicators over arrays.

use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1};
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
/// Only the columns that it reads need be given, one of them at least. They begin with their first row of finite numbers; what
/// comes behind it must be finite. ``session`` numbers the session of each bar (int64, any numbers that differ); without it
/// all bars are one session. ``regular`` says which bars lie in regular hours (bool); without it all do. ``since_open`` and
/// ``ts`` (int64, nanoseconds, since the regular open and since 1970 UTC) say when each bar starts; without them all start at
/// zero.
#[pyfunction]
#[pyo3(signature = (
    name, params, open=None, high=None, low=None, close=None, volume=None,
    session=None, regular=None, since_open=None, ts=None, other=None
))]
#[expect(clippy::too_many_arguments, reason = "a bar has this many columns")]
pub(crate) fn compute<'py>(
    py: Python<'py>,
    name: &str,
    params: std::collections::BTreeMap<String, f64>,
    open: Option<PyReadonlyArray1<'py, f64>>,
    high: Option<PyReadonlyArray1<'py, f64>>,
    low: Option<PyReadonlyArray1<'py, f64>>,
    close: Option<PyReadonlyArray1<'py, f64>>,
    volume: Option<PyReadonlyArray1<'py, f64>>,
    session: Option<PyReadonlyArray1<'py, i64>>,
    regular: Option<PyReadonlyArray1<'py, bool>>,
    since_open: Option<PyReadonlyArray1<'py, i64>>,
    ts: Option<PyReadonlyArray1<'py, i64>>,
    other: Option<PyReadonlyArray1<'py, f64>>,
) -> PyResult<Bound<'py, PyDict>> {
    let definition = definition(name, &params.into_iter().collect())?;
    let given = [
        ("open", slice(open.as_ref())?),
        ("high", slice(high.as_ref())?),
        ("low", slice(low.as_ref())?),
        ("close", slice(close.as_ref())?),
        ("volume", slice(volume.as_ref())?),
        ("other", slice(other.as_ref())?),
    ];
    let refused = |reason: String| to_py(Error::Columns { reason });
    let one = given.iter().find_map(|(_, column)| *column);
    let one = one.ok_or_else(|| refused(format!("{name}: a column is missing")))?;
    let rows = one.len();
    let (session, regular) = (slice(session.as_ref())?, slice(regular.as_ref())?);
    let (since_open, ts) = (slice(since_open.as_ref())?, slice(ts.as_ref())?);
    let numbers = given.iter().filter_map(|(_, column)| column.map(<[f64]>::len));
    let places = [session, since_open, ts].into_iter().flatten().map(<[i64]>::len);
    if numbers.chain(places).chain(regular.map(<[bool]>::len)).any(|n| n != rows) {
        return Err(refused(format!("{name}: all columns must be of one length")));
    }
    // What comes of another indicator begins without any value.
    let finite = |row: &usize| given.iter().all(|(_, column)| column.is_none_or(|c| c[*row].is_finite()));
    let start = (0..rows).find(finite).unwrap_or(rows);
    // What is not read may be anything that is there.
    let column = |i: usize| &given[i].1.unwrap_or(one)[start..];
    let columns = Columns {
        open: column(0),
        high: column(1),
        low: column(2),
        close: column(3),
        volume: column(4),
        session: session.map(|s| &s[start..]),
        regular: regular.map(|r| &r[start..]),
        since_open: since_open.map(|s| &s[start..]),
        ts: ts.map(|t| &t[start..]),
        other: given[5].1.map(|o| &o[start..]),
    };
    // numpy's own memory comes in large pages, which are there sooner.
    let empty = py.import("numpy")?.getattr("empty")?;
    let names = definition.spec().outputs;
    let arrays: Vec<Bound<'py, PyArray1<f64>>> =
        names.iter().map(|_| Ok(empty.call1((rows,))?.cast_into()?)).collect::<PyResult<_>>()?;
    {
        let mut writable: Vec<_> = arrays.iter().map(PyArrayMethods::readwrite).collect();
        let mut outputs: Vec<&mut [f64]> =
            writable.iter_mut().map(|array| array.as_slice_mut()).collect::<std::result::Result<_, _>>()?;
        let computed = py.detach(|| {
            let mut rest: Vec<&mut [f64]> = Vec::with_capacity(outputs.len());
            for output in &mut outputs {
                let (before, behind) = output.split_at_mut(start);
                before.fill(f64::NAN);
                rest.push(behind);
            }
            definition.bulk(&columns, &mut rest)
        });
        if let Err(row) = computed {
            let row = start + row;
            let values: Vec<String> = given
                .iter()
                .filter_map(|(name, column)| column.map(|column| format!("'{name}': {}", column[row])))
                .collect();
            return Err(refused(format!(
                "{name}: row {row} is {{{}}}; values must be finite numbers, but for the first ones",
                values.join(", ")
            )));
        }
    }
    let result = PyDict::new(py);
    for (name, array) in names.iter().zip(arrays) {
        result.set_item(name, array)?;
    }
    Ok(result)
}

fn slice<'a, T: numpy::Element>(column: Option<&'a PyReadonlyArray1<'_, T>>) -> PyResult<Option<&'a [T]>> {
    Ok(column.map(|column| column.as_slice()).transpose()?)
}
