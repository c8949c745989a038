use crate::error::Result;
use crate::indicator::parts::{Channel, middle};
use crate::indicator::{Ahead, Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Donchian channel.
#[derive(Debug, Clone)]
pub struct Donchian {
    period: usize,
}

impl Indicator for Donchian {
    const SPEC: Spec = Spec {
        name: "donchian",
        title: "Donchian channel",
        family: Family::Volatility,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 1)],
        outputs: &["upper", "middle", "lower"],
        on_price: true,
        formula: "highest high and lowest low of n bars, this one included, and the middle between them",
        source: "R. Donchian; TA-Lib MAX, MIN, MIDPRICE",
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
        crate::indicator::put(out, [high, middle(high, low), low]);
    }
}
