use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Total, true_range};
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Vortex indicator.
#[derive(Debug, Clone)]
pub struct Vortex {
    period: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    up: Total,
    down: Total,
    range: Total,
}

impl Indicator for Vortex {
    const SPEC: Spec = Spec {
        name: "vortex",
        title: "Vortex indicator",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 2)],
        outputs: &["plus", "minus"],
        on_price: false,
        formula: "sums over n of |high − previous low| and of |low − previous high|, each / sum of the true range; 0 where nothing has moved",
        source: "E. Botes and D. Siepman, Stocks & Commodities 28:1 (2010)",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        let bars = self.period + 1;
        [Field::High, Field::Low, Field::Close].map(|field| Lookback { field, bars }).to_vec()
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let [highs, lows, closes] = input.pasts();
        let (n, seen) = (self.period, input.seen - 1);
        let up = state.up.next(n, seen, |k| (highs.lag(k) - lows.lag(k + 1)).abs());
        let down = state.down.next(n, seen, |k| (lows.lag(k) - highs.lag(k + 1)).abs());
        let range = state.range.next(n, seen, |k| true_range(highs.lag(k), lows.lag(k), closes.lag(k + 1)));
        let share = if range > 0.0 { 1.0 / range } else { 0.0 * range };
        crate::indicator::put(out, [up * share, down * share]);
    }
}
