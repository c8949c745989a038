//! An indicator by name.

use std::sync::Arc;

use crate::error::{Error, Result, nearest};
use crate::interval::Interval;
use crate::symbol::parse_symbol;

use super::custom::{self, Listed};
use super::input::Field;
use super::params::Params;
use super::registry::{Kernel, SPECS, build};
use super::source::{OF, Source};
use super::spec::Spec;

/// An indicator with its parameters: what a key names, before the interval.
#[derive(Debug, Clone)]
pub struct Definition {
    kernel: Kernel,
    params: Params,
    source: Source,
    /// The symbol that it compares with.
    against: Option<Arc<str>>,
}

impl Definition {
    /// The indicator of that name with these parameters, defaults for those not given.
    pub fn new<'a>(name: &str, given: impl IntoIterator<Item = (&'a str, f64)>) -> Result<Self> {
        let listed = SPECS.iter().find(|s| s.name == name);
        let of_user = if listed.is_none() { custom::find(name) } else { None };
        let Some(spec) = listed.or(of_user.as_ref().map(|user| user.spec)) else {
            let custom = custom::listed();
            let specs = SPECS.iter().chain(custom.iter().map(|listed| listed.spec));
            let nearest = nearest(name, specs.map(|s| s.name));
            return Err(Error::UnknownIndicator { got: name.to_owned(), nearest });
        };
        let params = Params::new(spec, given)?;
        let kernel = match of_user {
            None => build(&params, spec.name)?,
            Some(Listed { expression: None, .. }) => Kernel::Custom,
            Some(Listed { expression: Some(expression), .. }) => Kernel::Expression(expression),
        };
        Ok(Self { kernel, params, source: Source::Field(spec.reads), against: None })
    }

    /// The same over another source.
    pub fn of(mut self, source: Source) -> Result<Self> {
        let refused = |reason: &str| {
            let indicator = self.spec().name;
            Err(Error::NoSource { indicator, source_text: source.text(), reason: reason.to_owned() })
        };
        if !self.kernel.takes_source() {
            return refused("it reads several values of a bar");
        }
        if matches!(&source, Source::Output(definition, _) if definition.is_custom()) {
            return refused("the values of an indicator of one's own come after those of the catalogue");
        }
        // Bars without a value of the source are passed over; the rings of fields do not know of that.
        let of_fields = self.kernel.lookbacks().iter().any(|lookback| lookback.field != Field::Source);
        if of_fields && matches!(source, Source::Output(..)) {
            return refused("it looks back on the volume of bars, and takes values of bars only");
        }
        self.source = source;
        Ok(self)
    }

    /// The same against another symbol.
    pub fn against(mut self, symbol: &str) -> Result<Self> {
        if !self.kernel.is_pair() {
            return Err(Error::NoPair { indicator: self.spec().name, symbol: symbol.to_owned() });
        }
        self.against = Some(parse_symbol(symbol)?.into());
        Ok(self)
    }

    /// The symbol that it compares with, if it compares.
    pub fn other(&self) -> Option<&Arc<str>> {
        self.against.as_ref()
    }

    /// Whether its values come from outside.
    pub fn is_custom(&self) -> bool {
        matches!(self.kernel, Kernel::Custom)
    }

    /// Whether it and all that it reads are of the catalogue.
    pub fn is_of_catalogue(&self) -> bool {
        let own = matches!(self.kernel, Kernel::Custom | Kernel::Expression(_));
        !own && self.sources().all(|(source, _)| source.is_of_catalogue())
    }

    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The source, if it is not its own.
    pub fn other_source(&self) -> Option<&Source> {
        Some(&self.source)
            .filter(|source| !matches!(source, Source::Field(field) if *field == self.spec().reads))
    }

    /// How many bars it needs to have a value.
    pub fn first(&self) -> usize {
        self.through(self.kernel.first(), &Self::first)
    }

    /// After how many bars two different starts agree to 1e-9: INDICATORS rule 8.
    pub fn warm(&self) -> usize {
        self.through(self.kernel.warm(), &Self::warm)
    }

    /// Its own bars behind those of what it reads.
    fn through(&self, own: usize, of: &dyn Fn(&Self) -> usize) -> usize {
        self.sources().map(|(source, _)| of(source) + own - 1).max().unwrap_or(own)
    }

    /// How many earlier sessions it needs.
    pub fn sessions(&self) -> usize {
        self.sources().map(|(source, _)| source.sessions()).fold(self.kernel.sessions(), usize::max)
    }

    /// The indicators that it reads, each with an output.
    pub(super) fn sources(&self) -> impl Iterator<Item = (&Self, usize)> {
        let parts = match &self.kernel {
            Kernel::Expression(expression) => expression.parts(),
            _ => &[],
        };
        let source = match &self.source {
            Source::Output(definition, output) => Some((&**definition, *output)),
            Source::Field(_) => None,
        };
        parts.iter().map(|(definition, output)| (definition, *output)).chain(source)
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

    /// The key: name, parameters in declared order, source if it is not its own, interval. A fraction is written with a `p`,
    /// so that every key is an identifier: `bbands_20_2p5_5m`, `ema_9_of_rsi_14_5m`.
    pub fn key(&self, interval: Interval) -> String {
        format!("{}_{interval}", self.text())
    }

    /// The key without the interval.
    pub fn text(&self) -> String {
        let mut text = self.spec().name.to_owned();
        for value in self.params.values() {
            text.push('_');
            text.push_str(&value.to_string().replace('.', "p"));
        }
        if let Some(symbol) = &self.against {
            // What is no letter, digit or underscore would not stand in an identifier.
            text.push_str("_vs_");
            text.push_str(&symbol.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
        }
        if let Some(source) = self.other_source() {
            text.push_str(OF);
            text.push_str(&source.text());
        }
        text
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
