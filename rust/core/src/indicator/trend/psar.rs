use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Parabolic stop and reverse.
#[derive(Debug, Clone)]
pub struct Psar {
    acceleration: f64,
    maximum: f64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    high: f64,
    low: f64,
    extreme: f64,
    sar: f64,
    factor: f64,
    short: f64,
}

impl Indicator for Psar {
    const SPEC: Spec = Spec {
        name: "psar",
        title: "Parabolic stop and reverse",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::real("acceleration", 0.02, 0.0, 1.0), ParamSpec::real("maximum", 0.2, 0.0, 1.0)],
        outputs: &["psar"],
        on_price: true,
        formula: "starts on the side of the first directional movement (long on a tie), at the first low or high; moves by af (extreme − sar), af growing by the acceleration with each new extreme up to the maximum; never beyond the last two bars; reversed when touched",
        source: "J. W. Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib SAR",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let (acceleration, maximum) = (params.get("acceleration"), params.get("maximum"));
        Ok(Self { acceleration: acceleration.min(maximum), maximum })
    }

    fn first(&self) -> usize {
        2
    }

    fn warm(&self) -> usize {
        100
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let (high, low) = (input.bar.high, input.bar.low);
        let (last_high, last_low) = (state.high, state.low);
        (state.high, state.low) = (high, low);
        out[0] = f64::NAN;
        if input.seen == 1 {
            return;
        }
        if input.seen == 2 {
            let (up, down) = (high - last_high, last_low - low);
            state.short = f64::from(u8::from(down > 0.0 && down > up));
            state.factor = self.acceleration;
            (state.extreme, state.sar) = if state.is_short() { (low, last_high) } else { (high, last_low) };
            // TA-Lib looks at the second bar twice.
            out[0] = self.step(state, (high, low), (high, low));
            return;
        }
        out[0] = self.step(state, (last_high, last_low), (high, low));
    }
}

impl State {
    fn is_short(&self) -> bool {
        self.short != 0.0
    }
}

impl Psar {
    /// Takes the bar before and this one; gives where the stop is, and moves it on.
    fn step(&self, state: &mut State, last: (f64, f64), now: (f64, f64)) -> f64 {
        let (high, low) = now;
        let highest = last.0.max(high);
        let lowest = last.1.min(low);
        let touched = if state.is_short() { high >= state.sar } else { low <= state.sar };
        let shown;
        if touched {
            let long = state.is_short();
            state.short = f64::from(u8::from(!long));
            state.factor = self.acceleration;
            state.sar = if long { state.extreme.min(lowest) } else { state.extreme.max(highest) };
            shown = state.sar;
            state.extreme = if long { high } else { low };
        } else {
            shown = state.sar;
            let beyond = if state.is_short() { low < state.extreme } else { high > state.extreme };
            if beyond {
                state.extreme = if state.is_short() { low } else { high };
                state.factor = (state.factor + self.acceleration).min(self.maximum);
            }
        }
        state.sar += state.factor * (state.extreme - state.sar);
        state.sar = if state.is_short() { state.sar.max(highest) } else { state.sar.min(lowest) };
        shown
    }
}
