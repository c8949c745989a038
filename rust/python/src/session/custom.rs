//! Indicators whose values come from Python: who works them out is told after each change, and puts the values.

use openbell_core::indicator::{Family, Field, ParamSpec, Spec, custom};
use openbell_core::interval::Interval;
use openbell_core::series::Entry;
use openbell_core::session::Session;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::SessionCore;
use super::read::some;
use crate::bar::PyBar;
use crate::error::to_py;
use crate::interval::{IntervalArg, PyInterval};

impl SessionCore {
    /// Tells who works out custom indicators that there are new entries in their logs.
    pub(super) fn tell(&self, py: Python<'_>) {
        let Some(custom) = self.1.get() else { return };
        if !self.read(py, Session::has_custom_logs) {
            return;
        }
        if let Err(error) = custom.call_method0(py, "catch_up") {
            error.write_unraisable(py, None);
        }
    }
}

impl SessionCore {
    /// What an output of a custom indicator would be if the bar in progress closed now.
    pub(super) fn forming_custom(
        &self,
        py: Python<'_>,
        symbol: &str,
        key: &str,
        interval: Interval,
        output: usize,
    ) -> PyResult<Option<f64>> {
        let bar = self.get_latest_bar(py, symbol, IntervalArg(interval), true);
        match (self.1.get(), bar) {
            (Some(custom), Some(bar)) => {
                let values = custom.call_method1(py, "forming", (symbol, key, bar))?;
                Ok(some(values.extract::<Vec<f64>>(py)?[output]))
            }
            _ => Ok(self.read(py, |session| {
                let view = session.find_symbol(symbol)?.find_indicator(key)?;
                some(view.values()[output])
            })),
        }
    }
}

/// ``(name, default, minimum, maximum, integer)``.
type ParamArg = (String, f64, f64, f64, bool);

/// Makes an indicator known: an expression over others, or one whose values come from Python.
#[pyfunction]
#[pyo3(signature = (name, title, params, outputs, on_price, formula, expression=None))]
pub(crate) fn register_indicator(
    name: String,
    title: String,
    params: Vec<ParamArg>,
    outputs: Vec<String>,
    on_price: bool,
    formula: String,
    expression: Option<&str>,
) -> PyResult<()> {
    // As long-lived as what is compiled in.
    let keep = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    let params = params.into_iter().map(|(name, default, min, max, integer)| ParamSpec {
        name: keep(name),
        default,
        min,
        max,
        integer,
    });
    let outputs: Vec<&'static str> = outputs.into_iter().map(keep).collect();
    let spec = Spec {
        name: keep(name),
        title: keep(title),
        family: Family::Custom,
        reads: Field::Close,
        params: Box::leak(params.collect::<Vec<_>>().into_boxed_slice()),
        outputs: Box::leak(outputs.into_boxed_slice()),
        on_price,
        formula: keep(formula),
        source: "registered by its user",
    };
    custom::register(spec, expression).map_err(to_py)
}

#[pymethods]
impl SessionCore {
    /// Has the methods ``catch_up()`` of this object called when there are entries in the logs of custom indicators, and
    /// ``forming(symbol, key, bar)`` when somebody asks what one would be. It is kept as long as the session.
    fn set_custom(&self, py: Python<'_>, custom: &Bound<'_, PyAny>) {
        self.1.get_or_init(|| custom.clone().unbind().clone_ref(py));
    }

    /// What happened to the bars of custom indicators since the last call: ``(symbol, interval, indicators, entries)``.
    /// Indicators are ``(key, name, params)``; an entry is a `Bar`, ``("new", 0)``: nothing was seen so far,
    /// ``("begin", n)``: a session begins of which ``n`` bars are gone, ``("mark", n)``: ``n`` bars of it were seen, and this
    /// state may be gone back to, or ``("back", n)``: all is as it was then. And whether any of it is more than history.
    fn take_custom_logs<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyList>, bool)> {
        let (logs, is_news) = py.detach(|| self.0.write().take_custom_logs());
        let list = PyList::empty(py);
        for log in logs {
            let symbol = self.read(py, |session| session.symbols().name(log.symbol).clone());
            let indicators = PyList::empty(py);
            for (key, definition) in log.program.keys.iter().zip(log.program.plan.definitions()) {
                let params = PyDict::new(py);
                let spec = definition.spec();
                for (param, value) in spec.params.iter().zip(definition.params().values()) {
                    params.set_item(param.name, value)?;
                }
                indicators.append((key, spec.name, params))?;
            }
            let entries = PyList::empty(py);
            for entry in log.entries {
                match entry {
                    Entry::Bar(bar) => entries.append(PyBar {
                        bar,
                        symbol: Some(symbol.clone()),
                        interval: Some(log.interval),
                    })?,
                    Entry::New => entries.append(("new", 0))?,
                    Entry::Mark(count) => entries.append(("mark", count))?,
                    Entry::Begin(count) => entries.append(("begin", count))?,
                    Entry::Back(count) => entries.append(("back", count))?,
                }
            }
            list.append((symbol.to_string(), PyInterval(log.interval), indicators, entries))?;
        }
        Ok((list, is_news))
    }

    /// Gives a custom indicator its values after the newest bar of its log, NaN where there is none; the first are an event if
    /// they are news.
    fn put_custom(
        &self,
        py: Python<'_>,
        symbol: &str,
        interval: IntervalArg,
        key: &str,
        values: Vec<f64>,
        is_news: bool,
    ) -> PyResult<()> {
        py.detach(|| self.0.write().put_custom(symbol, interval.0, key, &values, is_news)).map_err(to_py)
    }
}
