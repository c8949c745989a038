use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Total;
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Money flow index.
#[derive(Debug, Clone)]
pub struct Mfi {
    period: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    up: Total,
    down: Total,
}

impl Indicator for Mfi {
    const SPEC: Spec = Spec {
        name: "mfi",
        title: "Money flow index",
        family: Family::Volume,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 2)],
        outputs: &["mfi"],
        on_price: false,
        formula: "100 p / (p + m), p and m the sums over n of typical price · volume of bars whose typical price rose and fell; 0 where less than 1 was traded",
        source: "G. Quong and A. Soudack, Stocks & Commodities 7:3 (1989); TA-Lib MFI",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        use Field::{Close, High, Low, Volume};
        [High, Low, Close, Volume].map(|field| Lookback { field, bars: self.period + 1 }).to_vec()
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let [highs, lows, closes, volumes] = input.pasts();
        let typical = |k: usize| (highs.lag(k) + lows.lag(k) + closes.lag(k)) / 3.0;
        // The flow of a bar whose typical price went up, or down; what rounding alone has moved is no move, as in TA-Lib.
        let flow = |k: usize, way: f64| {
            let (now, last) = (typical(k), typical(k + 1));
            let moved = way * (now - last) > 1e-14 * (now.abs() + last.abs());
            if moved { now * volumes.lag(k) } else { 0.0 }
        };
        let up = state.up.next(self.period, input.seen - 1, |k| flow(k, 1.0));
        let down = state.down.next(self.period, input.seen - 1, |k| flow(k, -1.0));
        let total = up + down;
        out[0] = if total < 1.0 { 0.0 } else { 100.0 * (up / total) };
    }
}
