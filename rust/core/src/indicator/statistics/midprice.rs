use crate::error::Result;
use crate::indicator::parts::{Channel, middle};
use crate::indicator::{Ahead, Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Midprice.
#[derive(Debug, Clone)]
pub struct Midprice {
    period: usize,
}

impl Indicator for Midprice {
    const SPEC: Spec = Spec {
        name: "midprice",
        title: "Midprice",
        family: Family::Statistics,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 1)],
        outputs: &["midprice"],
        on_price: true,
        formula: "the middle between the highest high and the lowest low of n bars",
        source: "TA-Lib MIDPRICE",
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
        out[0] = middle(high, low);
    }
}
