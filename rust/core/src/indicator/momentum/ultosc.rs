use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Total, true_range};
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Ultimate oscillator.
#[derive(Debug, Clone)]
pub struct Ultosc {
    periods: [usize; 3],
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    pressure: [Total; 3],
    range: [Total; 3],
}

impl Indicator for Ultosc {
    const SPEC: Spec = Spec {
        name: "ultosc",
        title: "Ultimate oscillator",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[
            ParamSpec::bars("short", 7, 1),
            ParamSpec::bars("middle", 14, 1),
            ParamSpec::bars("long", 28, 1),
        ],
        outputs: &["ultosc"],
        on_price: false,
        formula: "100 (4 a + 2 b + c) / 7, a, b and c the sums of buying pressure (close − true low) over those of the true range, of three lengths; 0 where nothing has moved",
        source: "L. Williams, Stocks & Commodities 3:4 (1985); TA-Lib ULTOSC",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let mut periods = ["short", "middle", "long"].map(|name| params.bars(name));
        periods.sort_unstable();
        Ok(Self { periods })
    }

    fn first(&self) -> usize {
        self.periods[2] + 1
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        let bars = self.first();
        [Field::High, Field::Low, Field::Close].map(|field| Lookback { field, bars }).to_vec()
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let [highs, lows, closes] = input.pasts();
        let pressure = |k: usize| {
            let (low, last) = (lows.lag(k), closes.lag(k + 1));
            closes.lag(k) - if low < last { low } else { last }
        };
        let range = |k: usize| true_range(highs.lag(k), lows.lag(k), closes.lag(k + 1));
        let mut total = 0.0;
        for (i, &n) in self.periods.iter().enumerate() {
            let pressure = state.pressure[i].next(n, input.seen - 1, pressure);
            let range = state.range[i].next(n, input.seen - 1, range);
            total += if range == 0.0 { 0.0 } else { WEIGHTS[i] * pressure / range };
        }
        out[0] = 100.0 * total / 7.0;
    }
}

const WEIGHTS: [f64; 3] = [4.0, 2.0, 1.0];
