//! Cuts across all symbols.

use numpy::PyArray1;
use openbell_core::session::{Column, Field, Figure, Gather};
use openbell_core::symbol::SymbolId;
use parking_lot::Mutex;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use super::SessionCore;
use crate::interval::IntervalArg;

const FIELDS: [(&str, Field); 7] = [
    ("open", Field::Open),
    ("high", Field::High),
    ("low", Field::Low),
    ("close", Field::Close),
    ("volume", Field::Volume),
    ("vwap", Field::Vwap),
    ("trade_count", Field::TradeCount),
];
const FIGURES: [(&str, Figure); 13] = [
    ("day_open", Figure::DayOpen),
    ("day_high", Figure::DayHigh),
    ("day_low", Figure::DayLow),
    ("last", Figure::Last),
    ("day_volume", Figure::DayVolume),
    ("session_vwap", Figure::SessionVwap),
    ("prev_close", Figure::PreviousClose),
    ("gap_pct", Figure::GapPercent),
    ("change_pct", Figure::ChangePercent),
    ("bar_count", Figure::BarCount),
    ("age_s", Figure::Age),
    ("quality", Figure::Quality),
    ("rvol", Figure::RelativeVolume),
];

/// What a cut is of; it remembers where each symbol has it. Made for ``SessionCore.gather``.
#[pyclass(frozen, name = "Gather", module = "openbell._core")]
#[derive(Debug)]
pub(crate) struct PyGather(Mutex<Plan>);

#[derive(Debug)]
struct Plan {
    gather: Gather,
    /// The names that are asked for; none for all.
    asked: Option<Vec<String>>,
    /// The symbols of the last cut, in order, and their names.
    known: Option<Known>,
}

#[derive(Debug)]
struct Known {
    changes: u64,
    ids: Vec<SymbolId>,
    names: Py<PyTuple>,
}

/// ``(kind, name, interval, output)``; the kind is ``bar``, ``forming``, ``indicator`` or ``figure``.
type ColumnArg = (String, String, Option<IntervalArg>, usize);

fn column((kind, name, interval, output): ColumnArg) -> PyResult<Column> {
    let unknown = || PyValueError::new_err(format!("there is no {kind} {name:?}"));
    let interval = interval.map(|i| i.0);
    let field = || FIELDS.iter().find(|(n, _)| *n == name).map(|(_, f)| *f).ok_or_else(unknown);
    match kind.as_str() {
        "bar" => Ok(Column::Bar { field: field()?, interval }),
        "forming" => Ok(Column::Forming { field: field()?, interval }),
        "indicator" => Ok(Column::Indicator { key: name, output }),
        _ => figure(&name).map(Column::Figure).ok_or_else(unknown),
    }
}

fn figure(name: &str) -> Option<Figure> {
    FIGURES.iter().find(|(n, _)| *n == name).map(|(_, f)| *f)
}

#[pymethods]
impl PyGather {
    #[new]
    #[pyo3(signature = (columns, symbols=None))]
    fn new(columns: Vec<ColumnArg>, symbols: Option<Vec<String>>) -> PyResult<Self> {
        let columns = columns.into_iter().map(column).collect::<PyResult<Vec<Column>>>()?;
        Ok(Self(Mutex::new(Plan { gather: Gather::new(columns), asked: symbols, known: None })))
    }

    /// Names of the figures that a session has of each symbol.
    #[staticmethod]
    fn figures() -> Vec<&'static str> {
        FIGURES.iter().map(|(name, _)| *name).collect()
    }

    /// Names of the fields of a bar.
    #[staticmethod]
    fn fields() -> Vec<&'static str> {
        FIELDS.iter().map(|(name, _)| *name).collect()
    }
}

#[pymethods]
impl SessionCore {
    /// Takes a cut across the plan's symbols (all, in order of name, if it names none): their names, the clock, and one
    /// array a column. Symbols that are not registered are left out.
    fn gather<'py>(
        &self,
        py: Python<'py>,
        plan: &PyGather,
    ) -> PyResult<(Py<PyTuple>, Option<i64>, Bound<'py, PyList>)> {
        // Whoever has the plan may be waiting for the interpreter: never wait for it while holding that.
        let mut plan = loop {
            match plan.0.try_lock() {
                Some(plan) => break plan,
                None => py.detach(std::thread::yield_now),
            }
        };
        let Plan { gather, asked, known } = &mut *plan;
        let (values, ids, changes, now) = py.detach(|| {
            let session = self.0.read();
            let changes = session.changes();
            let fresh = known.as_ref().filter(|k| k.changes == changes);
            let ids = fresh.is_none().then(|| match &*asked {
                None => session.in_order().collect::<Vec<SymbolId>>(),
                Some(names) => names.iter().filter_map(|name| session.symbols().get(name)).collect(),
            });
            let wanted = ids.as_ref().or(fresh.map(|k| &k.ids)).map_or(&[][..], |ids| ids);
            let values = gather.take(&session, wanted);
            let names = ids.map(|ids| {
                let names: Vec<String> =
                    ids.iter().map(|&id| session.symbols().name(id).to_string()).collect();
                (ids, names)
            });
            (values, names, changes, session.now())
        });
        if let Some((ids, names)) = ids {
            let names = PyTuple::new(py, names)?.unbind();
            *known = Some(Known { changes, ids, names });
        }
        let names = known.as_ref().map_or_else(|| PyTuple::empty(py).unbind(), |k| k.names.clone_ref(py));
        let arrays = PyList::new(py, values.into_iter().map(|column| PyArray1::from_vec(py, column)))?;
        Ok((names, Some(now).filter(|&now| now != i64::MIN), arrays))
    }

    /// A figure of a symbol, ``None`` if it has none or is not registered.
    fn get_figure(&self, py: Python<'_>, symbol: &str, name: &str) -> PyResult<Option<f64>> {
        let figure =
            figure(name).ok_or_else(|| PyValueError::new_err(format!("there is no figure {name:?}")))?;
        let value = self.read(py, |session| session.find_symbol(symbol).map(|view| view.figure(figure)));
        Ok(value.filter(|v| !v.is_nan()))
    }
}
