//! Indicators over whole arrays.

use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1, PyUntypedArray};
use openbell_core::error::Error;
use openbell_core::indicator::{Columns, Definition};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};

use crate::error::to_py;
use crate::indicators::{COLUMNS, ParamArgs, definition};

/// An indicator over whole arrays of bars: one float64 array an output, NaN before the first value.
///
/// Only the columns that it reads need be given: any stands for one that is missing, which only the caller can know. They begin
/// with their first row of finite numbers; what comes behind it must be finite. ``session`` numbers the session of each bar
/// (int64, any numbers that differ); without it all bars are one session. ``regular`` says which bars lie in regular hours
/// (bool); without it all do. ``since_open`` and ``ts`` (int64, nanoseconds, since the regular open and since 1970 UTC) say
/// when each bar starts; without them all start at zero.
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
    let given = [&open, &high, &low, &close, &volume, &other];
    let mut numbers: Numbers<'_> = Default::default();
    for (column, given) in numbers.iter_mut().zip(given) {
        *column = slice(given.as_ref())?;
    }
    let (session, regular) = (slice(session.as_ref())?, slice(regular.as_ref())?);
    let (since_open, ts) = (slice(since_open.as_ref())?, slice(ts.as_ref())?);
    let arrays = fill(py, &definition, &numbers, &Places { session, regular, since_open, ts })?;
    let result = PyDict::new(py);
    for (name, array) in definition.spec().outputs.iter().zip(arrays) {
        result.set_item(name, array)?;
    }
    Ok(result)
}

/// The columns of numbers, as [`COLUMNS`] counts them.
type Numbers<'a> = [Option<&'a [f64]>; COLUMNS.len()];

/// Where bars stand.
#[derive(Default)]
struct Places<'a> {
    session: Option<&'a [i64]>,
    regular: Option<&'a [bool]>,
    since_open: Option<&'a [i64]>,
    ts: Option<&'a [i64]>,
}

/// `numpy.empty`, once it was asked for.
static EMPTY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// One array an output.
fn fill<'py>(
    py: Python<'py>,
    definition: &Definition,
    given: &Numbers<'_>,
    places: &Places<'_>,
) -> PyResult<Vec<Bound<'py, PyArray1<f64>>>> {
    let name = definition.spec().name;
    let refused = |reason: String| to_py(Error::Columns { reason });
    let one = given.iter().find_map(|column| *column);
    let one = one.ok_or_else(|| refused(format!("{name}: a column is missing")))?;
    if definition.kernel().is_pair() && given[5].is_none() {
        return Err(refused(format!("{name} compares with another series: other is missing")));
    }
    let rows = one.len();
    let Places { session, regular, since_open, ts } = *places;
    let numbers = given.iter().filter_map(|column| column.map(<[f64]>::len));
    let wheres = [session, since_open, ts].into_iter().flatten().map(<[i64]>::len);
    if numbers.chain(wheres).chain(regular.map(<[bool]>::len)).any(|n| n != rows) {
        return Err(refused(format!("{name}: all columns must be of one length")));
    }
    // What comes of another indicator begins without any value.
    let finite = |row: &usize| given.iter().all(|column| column.is_none_or(|c| c[*row].is_finite()));
    let start = (0..rows).find(finite).unwrap_or(rows);
    // What is not read may be anything that is there.
    let column = |i: usize| &given[i].unwrap_or(one)[start..];
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
        other: given[5].map(|o| &o[start..]),
    };
    // numpy's own memory comes in large pages, which are there sooner.
    let empty = EMPTY.import(py, "numpy", "empty")?;
    let outputs = definition.spec().outputs.iter();
    let arrays: Vec<Bound<'py, PyArray1<f64>>> =
        outputs.map(|_| Ok(empty.call1((rows,))?.cast_into()?)).collect::<PyResult<_>>()?;
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
            let named = COLUMNS.iter().zip(given);
            let values: Vec<String> = named
                .filter_map(|(name, column)| column.map(|column| format!("'{name}': {}", column[row])))
                .collect();
            return Err(refused(format!(
                "{name}: row {row} is {{{}}}; values must be finite numbers, but for the first ones",
                values.join(", ")
            )));
        }
    }
    Ok(arrays)
}

fn slice<'a, T: numpy::Element>(column: Option<&'a PyReadonlyArray1<'_, T>>) -> PyResult<Option<&'a [T]>> {
    Ok(column.map(|column| column.as_slice()).transpose()?)
}

/// An indicator as a function of arrays, for the plain case: the columns that it reads as arrays of float64, then parameters, and
/// nothing about sessions and times.
#[pyclass(frozen, name = "ArrayFunction", module = "openbell")]
pub(crate) struct PyArrayFunction {
    name: String,
    /// The columns in order, as [`COLUMNS`] counts them.
    inputs: Vec<usize>,
    params: Vec<String>,
    default: Definition,
    /// Makes a named tuple of several outputs.
    make: Option<Py<PyAny>>,
}

#[pymethods]
impl PyArrayFunction {
    #[new]
    fn new(
        name: String,
        inputs: Vec<String>,
        params: Vec<String>,
        make: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let default = definition(&name, &Vec::new())?;
        let inputs = inputs.iter().filter_map(|input| COLUMNS.iter().position(|c| c == input)).collect();
        Ok(Self { name, inputs, params, default, make })
    }

    /// Give the array, or the named tuple of arrays; None if this is not the plain case.
    #[pyo3(signature = (*args, **kwargs))]
    fn __call__(
        &self,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Option<Py<PyAny>>> {
        let (py, count) = (args.py(), self.inputs.len());
        let Some(params) = self.params(args, kwargs) else { return Ok(None) };
        // A masked array is an array too, of which some values are none.
        let plain = |column: &Bound<'_, PyAny>| column.is_exact_instance_of::<PyUntypedArray>();
        let columns = args.iter().take(count).map(|column| {
            plain(&column).then(|| column.extract::<PyReadonlyArray1<'_, f64>>().ok()).flatten()
        });
        let Some(columns) = columns.collect::<Option<Vec<_>>>() else { return Ok(None) };
        let mut numbers: Numbers<'_> = Default::default();
        for (&input, column) in self.inputs.iter().zip(&columns) {
            // One that is not in one piece is copied first, by the caller.
            let Ok(column) = column.as_slice() else { return Ok(None) };
            numbers[input] = Some(column);
        }
        let mut lengths = numbers.iter().flatten().map(|column| column.len());
        let length = lengths.next();
        if lengths.any(|other| Some(other) != length) {
            return Ok(None);
        }
        let other = if params.is_empty() { None } else { Some(definition(&self.name, &params)?) };
        let arrays = fill(py, other.as_ref().unwrap_or(&self.default), &numbers, &Places::default())?;
        let made = match &self.make {
            Some(make) => make.call1(py, (arrays,))?,
            None => arrays.into_iter().next().map_or_else(|| py.None(), |array| array.into_any().unbind()),
        };
        Ok(Some(made))
    }
}

impl PyArrayFunction {
    /// The parameters that are given; None if there is anything else.
    fn params(&self, args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> Option<ParamArgs> {
        let given = args.len().checked_sub(self.inputs.len())?;
        let (by_place, by_name) = self.params.split_at_checked(given)?;
        let values = args.iter().skip(self.inputs.len());
        let mut params: ParamArgs = Vec::with_capacity(self.params.len());
        for (name, value) in by_place.iter().zip(values) {
            params.push((name.clone(), value.extract().ok()?));
        }
        for (key, value) in kwargs.into_iter().flatten() {
            let name = by_name.iter().find(|name| key.extract::<&str>().is_ok_and(|key| key == *name))?;
            params.push((name.clone(), value.extract().ok()?));
        }
        Some(params)
    }
}
