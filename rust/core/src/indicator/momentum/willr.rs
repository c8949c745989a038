use crate::error::Result;
use crate::indicator::parts::Channel;
use crate::indicator::{Ahead, Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Williams %R.
#[derive(Debug, Clone)]
pub struct Willr {
    period: usize,
}

impl Indicator for Willr {
    const SPEC: Spec = Spec {
        name: "willr",
        title: "Williams %R",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 2)],
        outputs: &["willr"],
        on_price: false,
        formula: "−100 (highest high − close) / (highest high − lowest low) over n bars; 0 where they are equal",
        source: "L. Williams (1973); TA-Lib WILLR",
    };

    type State = [f64; 0];

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        Channel::lookbacks(self.period)
    }

    fn ahead(&self) -> Vec<Ahead> {
        Channel::ahead(self.period)
    }

    fn own_words(&self) -> usize {
        Channel::words(self.period)
    }

    #[inline(always)]
    fn update(&self, _: &mut [f64; 0], own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let (high, low) = Channel::next(own, input, 0);
        let range = high - low;
        out[0] = if range == 0.0 { 0.0 } else { -100.0 * ((high - input.bar.close) / range) };
    }
}
