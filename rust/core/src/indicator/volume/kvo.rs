use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Ema;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Klinger volume oscillator.
#[derive(Debug, Clone)]
pub struct Kvo {
    periods: [usize; 3],
    factors: [f64; 3],
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    sum: f64,
    trend: f64,
    range: f64,
    path: f64,
    force: f64,
    fast: Ema,
    slow: Ema,
    signal: Ema,
}

impl Indicator for Kvo {
    const SPEC: Spec = Spec {
        name: "kvo",
        title: "Klinger volume oscillator",
        family: Family::Volume,
        reads: Field::Close,
        params: &[
            ParamSpec::bars("fast", 34, 1),
            ParamSpec::bars("slow", 55, 1),
            ParamSpec::bars("signal", 13, 1),
        ],
        outputs: &["kvo", "signal"],
        on_price: false,
        formula: "ema(fast) − ema(slow) of the volume force 100 · v · t · |2 (d / c − 1)|: t = 1 where h + l + c rose, else −1; d = h − l; c = d summed up while t stays the same, with the d before where it changes; 0 where d = c or nothing was traded; signal = ema(kvo); each ema started as the mean of its own first values",
        source: "S. Klinger, Stocks & Commodities 15:12 (1997); Stock.Indicators GetKvo",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let periods = ["fast", "slow", "signal"].map(|name| params.bars(name));
        params.check_less("fast", "slow")?;
        Ok(Self { periods, factors: periods.map(Ema::factor) })
    }

    fn first(&self) -> usize {
        self.periods[1] + 2
    }

    fn warm(&self) -> usize {
        Ema::warm(self.periods[1]) + Ema::warm(self.periods[2])
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let bar = input.bar;
        let (sum, range) = (bar.high + bar.low + bar.close, bar.high - bar.low);
        let trend = if sum > state.sum { 1.0 } else { -1.0 };
        let (last_trend, last_range) = (state.trend, state.range);
        (state.sum, state.trend, state.range) = (sum, trend, range);
        out.fill(f64::NAN);
        if input.seen < 3 {
            return;
        }
        state.path = range + if trend == last_trend { state.path } else { last_range };
        if range == state.path || bar.volume == 0.0 {
            state.force = 0.0;
        } else if range == 0.0 {
            state.force = bar.volume * 2.0 * trend * 100.0;
        } else if state.path != 0.0 {
            state.force = bar.volume * (2.0 * (range / state.path - 1.0)).abs() * trend * 100.0;
        }
        let fast = state.fast.next(input.given(2), self.periods[0], self.factors[0], state.force);
        let slow = state.slow.next(input.given(2), self.periods[1], self.factors[1], state.force);
        if !slow.is_nan() {
            out[0] = fast - slow;
            out[1] =
                state.signal.next(input.given(self.periods[1] + 1), self.periods[2], self.factors[2], out[0]);
        }
    }
}
