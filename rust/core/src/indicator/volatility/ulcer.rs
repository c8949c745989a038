use crate::error::Result;
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Ulcer index.
#[derive(Debug, Clone)]
pub struct Ulcer {
    period: usize,
}

impl Indicator for Ulcer {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "ulcer",
        title: "Ulcer index",
        family: Family::Volatility,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 1)],
        outputs: &["ulcer"],
        on_price: false,
        formula: "root of the mean square of the drawdowns of the last n closes, in percent of the highest close of the window so far; n terms a bar",
        source: "P. Martin and B. McCann, The Investor’s Guide to Fidelity Funds (1989); Stock.Indicators GetUlcerIndex",
    };

    type State = [f64; 0];

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![Lookback { field: Field::Source, bars: self.period }]
    }

    #[inline(always)]
    fn update(&self, _: &mut [f64; 0], _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = f64::NAN;
        if input.seen >= self.period {
            let (mut highest, mut squares) = (f64::NEG_INFINITY, 0.0);
            for x in input.past(0).last(self.period) {
                highest = x.max(highest);
                let down = if highest == 0.0 { 0.0 } else { 100.0 * (x - highest) / highest };
                squares += down * down;
            }
            out[0] = (squares / self.period as f64).sqrt();
        }
    }
}
