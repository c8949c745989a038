use crate::error::Result;
use crate::indicator::parts::{Highest, Lowest, Window};
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

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
        vec![
            Lookback { field: Field::High, bars: self.period },
            Lookback { field: Field::Low, bars: self.period },
        ]
    }

    fn own_words(&self) -> usize {
        2 * Window::<Highest>::words(self.period)
    }

    #[inline(always)]
    fn update(&self, _: &mut [f64; 0], own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let (highs, lows) = own.split_at_mut(Window::<Highest>::words(self.period));
        let high = Window::<Highest>::over(highs).next(input.seen, input.past(0));
        let low = Window::<Lowest>::over(lows).next(input.seen, input.past(1));
        out[0] = f64::midpoint(high, low);
    }
}
