//! What an indicator says of itself.

use super::input::Field;

/// The kind of question an indicator answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    Trend,
    Momentum,
    Volatility,
    Volume,
    Statistics,
    Session,
    Candle,
    Custom,
}

impl Family {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trend => "trend",
            Self::Momentum => "momentum",
            Self::Volatility => "volatility",
            Self::Volume => "volume",
            Self::Statistics => "statistics",
            Self::Session => "session",
            Self::Candle => "candle",
            Self::Custom => "custom",
        }
    }
}

/// One parameter: its range is closed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParamSpec {
    pub name: &'static str,
    pub default: f64,
    pub min: f64,
    pub max: f64,
    pub integer: bool,
}

impl ParamSpec {
    /// The longest window: above it a ring would no longer be small.
    pub const MAX_PERIOD: f64 = 100_000.0;

    /// A whole number of bars.
    pub const fn bars(name: &'static str, default: u32, min: u32) -> Self {
        Self { name, default: default as f64, min: min as f64, max: Self::MAX_PERIOD, integer: true }
    }

    /// A real number.
    pub const fn real(name: &'static str, default: f64, min: f64, max: f64) -> Self {
        Self { name, default, min, max, integer: false }
    }
}

/// Name, parameters in key order, outputs (the first is the value), and documentation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spec {
    pub name: &'static str,
    pub title: &'static str,
    pub family: Family,
    /// What `Input::x` is.
    pub reads: Field,
    pub params: &'static [ParamSpec],
    pub outputs: &'static [&'static str],
    /// Whether its outputs are prices, which a chart draws over the bars.
    pub on_price: bool,
    /// The formula, in words and symbols a quant would write, with its behaviour on flat prices and zero volume.
    pub formula: &'static str,
    /// Where the definition is published.
    pub source: &'static str,
}
