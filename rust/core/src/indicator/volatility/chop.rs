use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::Past;
use crate::indicator::parts::{Highest, Lowest, Mean, Window, true_range};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Choppiness index.
#[derive(Debug, Clone)]
pub struct Chop {
    period: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    close: f64,
    range: Mean,
}

impl Indicator for Chop {
    const SPEC: Spec = Spec {
        name: "chop",
        title: "Choppiness index",
        family: Family::Volatility,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 2)],
        outputs: &["chop"],
        on_price: false,
        formula: "100 log10(sum of the true range over n / (highest true high − lowest true low)) / log10(n); 0 where nothing has moved",
        source: "E. W. Dreiss (1993); Stock.Indicators GetChop",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn own_words(&self) -> usize {
        Mean::words(self.period) + 2 * Past::words(self.period) + 2 * Window::<Highest>::words(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let bar = input.bar;
        let last = state.close;
        state.close = bar.close;
        out[0] = f64::NAN;
        if !input.settled && input.seen == 1 {
            return;
        }
        let (n, seen) = (self.period, input.seen - 1);
        let (ranges, rest) = own.split_at_mut(Mean::words(n));
        let (high, rest) = rest.split_at_mut(Past::words(n));
        let (low, rest) = rest.split_at_mut(Past::words(n));
        let (highs, lows) = rest.split_at_mut(Window::<Highest>::words(n));
        let high = Past::put(high, seen, bar.high.max(last));
        let low = Past::put(low, seen, bar.low.min(last));
        let range = state.range.next(ranges, n, true_range(bar.high, bar.low, last));
        let highest = Window::<Highest>::over(highs).next(seen, high);
        let lowest = Window::<Lowest>::over(lows).next(seen, low);
        if !range.is_nan() {
            let (path, way) = (range * n as f64, highest - lowest);
            out[0] =
                if way > 0.0 && path > 0.0 { 100.0 * (path / way).log10() / (n as f64).log10() } else { 0.0 };
        }
    }
}
