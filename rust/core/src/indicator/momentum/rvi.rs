use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Mean;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Relative vigor index.
#[derive(Debug, Clone)]
pub struct Rvi {
    period: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    bodies: [f64; 3],
    ranges: [f64; 3],
    values: [f64; 3],
    body: Mean,
    range: Mean,
}

impl Indicator for Rvi {
    const SPEC: Spec = Spec {
        name: "rvi",
        title: "Relative vigor index",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 10, 1)],
        outputs: &["rvi", "signal"],
        on_price: false,
        formula: "sum over n of the smoothed close − open / sum of the smoothed high − low, smoothed over four bars by 1, 2, 2, 1; 0 where nothing has moved; signal = rvi smoothed likewise. Not the relative volatility index",
        source: "J. Ehlers, Stocks & Commodities 20:1 (2002)",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period + 3
    }

    fn warm(&self) -> usize {
        self.period + 6
    }

    fn own_words(&self) -> usize {
        2 * Mean::words(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let bar = input.bar;
        out.fill(f64::NAN);
        let smooth = |last: &mut [f64; 3], x: f64| {
            let value = (x + 2.0 * last[0] + 2.0 * last[1] + last[2]) / 6.0;
            *last = [x, last[0], last[1]];
            value
        };
        let body = smooth(&mut state.bodies, bar.close - bar.open);
        let range = smooth(&mut state.ranges, bar.high - bar.low);
        if input.seen < 4 {
            return;
        }
        let (bodies, ranges) = own.split_at_mut(Mean::words(self.period));
        let body = state.body.next(bodies, self.period, body);
        let range = state.range.next(ranges, self.period, range);
        if !range.is_nan() {
            let rvi = if range > 0.0 { body / range } else { 0.0 };
            let signal = smooth(&mut state.values, rvi);
            crate::indicator::put(out, [rvi, if input.seen < self.period + 6 { f64::NAN } else { signal }]);
        }
    }
}
