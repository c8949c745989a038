use bytemuck::{Pod, Zeroable};

use crate::bar::Bar;
use crate::error::Result;
use crate::indicator::parts::{Total, true_range};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Past, Spec};

/// Ultimate oscillator.
#[derive(Debug, Clone)]
pub struct Ultosc {
    periods: [usize; 3],
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    close: f64,
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

    fn own_words(&self) -> usize {
        2 * Past::own_words(self.periods[2])
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let Bar { high, low, close, .. } = *input.bar;
        let last = state.close;
        state.close = close;
        out[0] = f64::NAN;
        if input.seen == 1 {
            return;
        }
        let seen = input.seen - 1;
        let (pressures, ranges) = own.split_at_mut(Past::own_words(self.periods[2]));
        let pressures = Past::put(pressures, seen, close - if low < last { low } else { last });
        let ranges = Past::put(ranges, seen, true_range(high, low, last));
        let mut total = 0.0;
        for (i, &n) in self.periods.iter().enumerate() {
            let pressure = state.pressure[i].next(n, seen, |k| pressures.lag(k));
            let range = state.range[i].next(n, seen, |k| ranges.lag(k));
            total += if range == 0.0 { 0.0 } else { WEIGHTS[i] * pressure / range };
        }
        out[0] = total * (100.0 / 7.0);
    }
}

const WEIGHTS: [f64; 3] = [4.0, 2.0, 1.0];
