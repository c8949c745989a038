use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::Past;
use crate::indicator::parts::{Sorted, Wilder};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Connors RSI.
#[derive(Debug, Clone)]
pub struct ConnorsRsi {
    period: usize,
    streak_period: usize,
    rank_period: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    close: f64,
    streak: f64,
    rsi: [Wilder; 2],
    streaks: [Wilder; 2],
}

impl Indicator for ConnorsRsi {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "connors_rsi",
        title: "Connors RSI",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[
            ParamSpec::bars("period", 3, 2),
            ParamSpec::bars("streak_period", 2, 2),
            ParamSpec::bars("rank_period", 100, 1),
        ],
        outputs: &["connors_rsi"],
        on_price: false,
        formula: "mean of rsi(period), of the rsi(streak_period) of how many bars in a row have closed higher (or lower, negative), and of how many of the rank_period changes before were less than the last, in percent",
        source: "L. Connors and C. Alvarez, An Introduction to ConnorsRSI (2012)",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let [period, streak_period, rank_period] =
            ["period", "streak_period", "rank_period"].map(|name| params.bars(name));
        Ok(Self { period, streak_period, rank_period })
    }

    fn first(&self) -> usize {
        self.period.max(self.streak_period + 1).max(self.rank_period + 1) + 1
    }

    fn warm(&self) -> usize {
        self.first().max(Wilder::warm(self.period.max(self.streak_period)) + 2)
    }

    fn own_words(&self) -> usize {
        Past::words(self.rank_period) + self.rank_period
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let (x, last) = (input.x, state.close);
        state.close = x;
        out[0] = f64::NAN;
        if !input.settled && input.seen == 1 {
            return;
        }
        let rsi = strength(&mut state.rsi, input.given(1), self.period, x - last);
        let before = state.streak;
        state.streak = if x > last {
            before.max(0.0) + 1.0
        } else if x < last {
            before.min(0.0) - 1.0
        } else {
            0.0
        };
        let streak = if input.seen == 2 {
            f64::NAN
        } else {
            strength(&mut state.streaks, input.given(2), self.streak_period, state.streak - before)
        };
        let change = if last == 0.0 { 0.0 } else { x / last - 1.0 };
        let (changes, sorted) = own.split_at_mut(Past::words(self.rank_period));
        let mut sorted = Sorted::over(sorted);
        let below = sorted.below(change);
        let count = input.seen - 1;
        sorted.next(count, Past::put(changes, count, change));
        if input.seen >= self.first() {
            out[0] = (rsi + streak + 100.0 * below as f64 / self.rank_period as f64) / 3.0;
        }
    }
}

/// The relative strength index after a change, the `given`-th; 50 where nothing has moved.
fn strength(averages: &mut [Wilder; 2], given: Option<usize>, period: usize, change: f64) -> f64 {
    let gain = averages[0].next(given, period, Wilder::factor(period), change.max(0.0));
    let loss = averages[1].next(given, period, Wilder::factor(period), (-change).max(0.0));
    let moved = gain + loss;
    if moved == 0.0 { 50.0 } else { 100.0 * gain / moved }
}
