use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Mean, true_range};
use crate::indicator::{
    Ahead, Family, Field, Indicator, Input, Over, ParamSpec, Params, Settled, Spec, Term,
};

/// Vortex indicator.
#[derive(Debug, Clone)]
pub struct Vortex {
    period: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    high: f64,
    low: f64,
    close: f64,
    up: Mean,
    down: Mean,
    range: Mean,
}

impl Indicator for Vortex {
    const ALONG: bool = true;
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

    fn ahead(&self) -> Vec<Ahead> {
        [Term::Rise, Term::Fall, Term::TrueRange].map(|of| Ahead::new(of, Over::Total(self.period))).to_vec()
    }

    fn own_words(&self) -> usize {
        3 * Mean::words(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let (high, low) = (input.bar.high, input.bar.low);
        let (up, down) = ((high - state.low).abs(), (low - state.high).abs());
        let range = true_range(high, low, state.close);
        (state.high, state.low, state.close) = (high, low, input.bar.close);
        out.fill(f64::NAN);
        if !input.settled && input.seen == 1 {
            return;
        }
        let (ups, rest) = own.split_at_mut(Mean::words(self.period));
        let (downs, ranges) = rest.split_at_mut(Mean::words(self.period));
        let up = input.ahead(0).unwrap_or_else(|| state.up.sum(ups, self.period, up));
        let down = input.ahead(1).unwrap_or_else(|| state.down.sum(downs, self.period, down));
        let range = input.ahead(2).unwrap_or_else(|| state.range.sum(ranges, self.period, range));
        crate::indicator::put(out, shares([up, down], range));
    }

    #[inline(always)]
    fn along(&self, state: &mut State, given: &Settled<'_>, out: &mut [&mut [f64]]) -> bool {
        let Settled { bars, ahead: [ups, downs, ranges, ..], .. } = given;
        if let [pluses, minuses, ..] = out
            && let (Some(high), Some(low), Some(close)) =
                (bars.high.last(), bars.low.last(), bars.close.last())
        {
            let sums = ups.iter().zip(*downs).zip(*ranges);
            for ((plus, minus), ((up, down), range)) in pluses.iter_mut().zip(&mut **minuses).zip(sums) {
                [*plus, *minus] = shares([*up, *down], *range);
            }
            (state.high, state.low, state.close) = (*high, *low, *close);
        }
        true
    }
}

/// What the sums are of the range.
#[inline(always)]
fn shares(sums: [f64; 2], range: f64) -> [f64; 2] {
    // Chosen, not branched on: several bars go through one division.
    let share = 1.0 / range;
    let share = if range > 0.0 { share } else { 0.0 * range };
    sums.map(|sum| sum * share)
}
