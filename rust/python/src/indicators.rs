//! The catalogue, keys, and indicators over arrays.

use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1};
use openbell_core::bar::Bar;
use openbell_core::error::Error;
use openbell_core::indicator::plan::{Block, Plan};
use openbell_core::indicator::registry::SPECS;
use openbell_core::indicator::{Columns, Definition, Source, Spec, Tick, custom};
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
const COLUMNS: [&str; 6] = ["open", "high", "low", "close", "volume", "other"];

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
