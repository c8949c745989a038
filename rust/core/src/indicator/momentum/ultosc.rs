use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::Past;
use crate::indicator::parts::{Sum, true_range};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Ultimate oscillator.
#[derive(Debug, Clone)]
pub struct Ultosc {
    periods: [usize; 3],
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    close: f64,
    pressure: [Sum; 3],
    range: [Sum; 3],
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
        2 * Past::words(self.periods[2])
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let bar = input.bar;
        let last = state.close;
        state.close = bar.close;
        out[0] = f64::NAN;
        if input.seen == 1 {
            return;
        }
        let (pressures, ranges) = own.split_at_mut(Past::words(self.periods[2]));
        let (pressure, range) = (bar.close - bar.low.min(last), true_range(bar, last));
        Past::push(pressures, pressure);
        Past::push(ranges, range);
        let (pressures, ranges) = (Past::view(pressures), Past::view(ranges));
        let mut total = 0.0;
        for (i, &n) in self.periods.iter().enumerate() {
            state.pressure[i].add(pressure);
            state.range[i].add(range);
            if input.seen > n + 1 {
                state.pressure[i].add(-pressures.lag(n));
                state.range[i].add(-ranges.lag(n));
            }
            let range = state.range[i].value();
            if range > 0.0 {
                total += WEIGHTS[i] * state.pressure[i].value() / range;
            }
        }
        if input.seen >= self.first() {
            out[0] = 100.0 * total / 7.0;
        }
    }
}

const WEIGHTS: [f64; 3] = [4.0, 2.0, 1.0];
