//! Checked parameter values.

use crate::error::{Error, Result, nearest};

use super::spec::{ParamSpec, Spec};

/// The values of an indicator's parameters, in declared order, each within its range.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    pub(super) spec: &'static Spec,
    values: Vec<f64>,
}

impl Params {
    pub(super) fn new<'a>(
        spec: &'static Spec,
        given: impl IntoIterator<Item = (&'a str, f64)>,
    ) -> Result<Self> {
        let mut values: Vec<f64> = spec.params.iter().map(|p| p.default).collect();
        for (name, value) in given {
            let Some(index) = spec.params.iter().position(|p| p.name == name) else {
                let names = || spec.params.iter().map(|p| p.name);
                let takes = names().collect::<Vec<_>>().join(", ");
                return Err(Error::UnknownParameter {
                    indicator: spec.name,
                    got: name.to_owned(),
                    nearest: nearest(name, names()),
                    takes: if takes.is_empty() { "none".to_owned() } else { takes },
                });
            };
            check(spec, &spec.params[index], value)?;
            values[index] = value;
        }
        Ok(Self { spec, values })
    }

    /// The value of a parameter.
    ///
    /// # Panics
    /// If the indicator's own `SPEC` has no such parameter, which the test over the registry would show.
    pub fn get(&self, name: &str) -> f64 {
        let index = self.spec.params.iter().position(|p| p.name == name);
        self.values[index.expect("a parameter of the indicator's own SPEC")]
    }

    /// A parameter that counts bars.
    ///
    /// # Panics
    /// As [`Self::get`].
    pub fn bars(&self, name: &str) -> usize {
        self.get(name) as usize
    }

    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Refuses a parameter that is not less than another.
    pub fn check_less(&self, name: &'static str, than: &str) -> Result<()> {
        if self.get(name) < self.get(than) {
            return Ok(());
        }
        Err(self.refuse(name, format!("less than {than} = {}", self.get(than))))
    }

    /// An error about one parameter, for what must hold between several.
    pub fn refuse(&self, name: &'static str, expected: impl Into<String>) -> Error {
        Error::Parameter {
            indicator: self.spec.name,
            parameter: name,
            got: self.get(name),
            expected: expected.into(),
        }
    }
}

fn check(spec: &'static Spec, param: &ParamSpec, got: f64) -> Result<()> {
    let whole = !param.integer || got.fract() == 0.0;
    if got.is_finite() && whole && (param.min..=param.max).contains(&got) {
        return Ok(());
    }
    let kind = if param.integer { "a whole number" } else { "a number" };
    let expected = format!("{kind} from {} to {}", param.min, param.max);
    Err(Error::Parameter { indicator: spec.name, parameter: param.name, got, expected })
}
