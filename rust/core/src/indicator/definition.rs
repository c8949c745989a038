//! An indicator by name.

use crate::error::{Error, Result, nearest};
use crate::interval::Interval;

use super::params::Params;
use super::registry::{Kernel, SPECS, build};
use super::spec::Spec;

/// An indicator with its parameters: what a key names, before the interval.
#[derive(Debug, Clone)]
pub struct Definition {
    kernel: Kernel,
    params: Params,
}

impl Definition {
    /// The indicator of that name with these parameters, defaults for those not given.
    pub fn new<'a>(name: &str, given: impl IntoIterator<Item = (&'a str, f64)>) -> Result<Self> {
        let Some(spec) = SPECS.iter().find(|s| s.name == name) else {
            let nearest = nearest(name, SPECS.iter().map(|s| s.name));
            return Err(Error::UnknownIndicator { got: name.to_owned(), nearest });
        };
        let params = Params::new(spec, given)?;
        Ok(Self { kernel: build(&params, spec.name)?, params })
    }

    pub fn spec(&self) -> &'static Spec {
        self.params.spec
    }

    pub fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The key: name, parameters in declared order, interval. A fraction is written with a `p`, so that every key is
    /// an identifier: `bbands_20_2p5_5m`.
    pub fn key(&self, interval: Interval) -> String {
        let mut key = self.spec().name.to_owned();
        for value in self.params.values() {
            key.push('_');
            key.push_str(&value.to_string().replace('.', "p"));
        }
        key.push('_');
        key.push_str(&interval.to_string());
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_name_the_parameters_in_order() {
        let interval: Interval = "5m".parse().expect("5m");
        let key = |name: &str, given: &[(&str, f64)]| {
            Definition::new(name, given.iter().copied()).expect(name).key(interval)
        };
        assert_eq!(key("sma", &[]), "sma_20_5m");
        assert_eq!(key("macd", &[("signal", 5.0)]), "macd_12_26_5_5m");
    }

    #[test]
    fn errors_name_the_parameter_and_the_nearest() {
        let message = |name: &str, given: &[(&str, f64)]| {
            Definition::new(name, given.iter().copied()).expect_err("refused").to_string()
        };
        assert_eq!(message("smaa", &[]), "unknown indicator \"smaa\"; did you mean \"sma\"?");
        assert_eq!(
            message("sma", &[("perod", 5.0)]),
            "sma: unknown parameter \"perod\"; did you mean \"period\"?; it takes period"
        );
        assert_eq!(
            message("sma", &[("period", 0.0)]),
            "sma: period = 0 is out of range: a whole number from 1 to 100000"
        );
        assert_eq!(
            message("sma", &[("period", 2.5)]),
            "sma: period = 2.5 is out of range: a whole number from 1 to 100000"
        );
        assert!(message("macd", &[("fast", 30.0)]).contains("fast = 30 is out of range: less than slow"));
    }
}
