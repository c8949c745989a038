use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Extreme, Highest, Lowest};
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
    /// It and the stop are times the side.
    extreme: f64,
    sar: f64,
    factor: f64,
    /// 1 while long, −1 while short.
    side: f64,
}

impl Indicator for Psar {
    const LOOKS: &[Field] = &[Field::High, Field::Low];
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
        if !input.settled && input.seen == 1 {
            return;
        }
        if input.seen == 2 {
            let (up, down) = (high - last_high, last_low - low);
            state.side = if down > 0.0 && down > up { -1.0 } else { 1.0 };
            state.factor = self.acceleration;
            (state.extreme, state.sar) = if state.side < 0.0 { (-low, -last_high) } else { (high, last_low) };
            // TA-Lib looks at the second bar twice.
            out[0] = self.step(state, (high, low), (high, low));
            return;
        }
        out[0] = self.step(state, (last_high, last_low), (high, low));
    }
}

impl Psar {
    /// Takes the bar before and this one; gives where the stop is, and moves it on.
    ///
    /// Prices are times the side, so that both take the same steps; and each is worked out for a stop that is touched and for
    /// one that is not, as that cannot be guessed.
    #[inline(always)]
    fn step(&self, state: &mut State, last: (f64, f64), now: (f64, f64)) -> f64 {
        let State { side, sar, extreme, factor, .. } = *state;
        let turned =
            |(high, low): (f64, f64)| (choose(side < 0.0, -low, high), choose(side < 0.0, -high, low));
        let ((last_high, last_low), (high, low)) = (turned(last), turned(now));
        let (highest, lowest) = (Highest::pick(last_high, high), Lowest::pick(last_low, low));
        let beyond = high > extreme;
        let further = Highest::pick(high, extreme);
        let faster = choose(beyond, Lowest::pick(factor + self.acceleration, self.maximum), factor);
        let on = Lowest::pick(sar + faster * (further - sar), lowest);
        let reversed = Highest::pick(extreme, highest);
        let back = Highest::pick(reversed + self.acceleration * (low - reversed), highest);
        let touched = low <= sar;
        let shown = side * choose(touched, reversed, sar);
        state.side = choose(touched, -side, side);
        state.sar = choose(touched, -back, on);
        state.extreme = choose(touched, -low, further);
        state.factor = choose(touched, self.acceleration, faster);
        shown
    }
}

/// One of two, without a branch: which of them it will be cannot be guessed.
#[inline(always)]
fn choose(first: bool, one: f64, other: f64) -> f64 {
    std::hint::select_unpredictable(first, one, other)
}
