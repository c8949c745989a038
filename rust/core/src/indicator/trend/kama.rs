use std::ops::Range;

use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Ema, Total, blend, blend_column};
use crate::indicator::{
    Ahead, Family, Field, Indicator, Input, Lookback, Over, ParamSpec, Params, Settled, Spec, Term,
};

/// Kaufman's adaptive moving average.
#[derive(Debug, Clone)]
pub struct Kama {
    period: usize,
    fast: f64,
    slow: f64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    moves: Total,
    value: f64,
}

impl Indicator for Kama {
    const TAKES_SOURCE: bool = true;
    const ALONG: bool = true;
    const SPEC: Spec = Spec {
        name: "kama",
        title: "Kaufman's adaptive moving average",
        family: Family::Trend,
        reads: Field::Close,
        params: &[
            ParamSpec::bars("period", 10, 2),
            ParamSpec::bars("fast", 2, 1),
            ParamSpec::bars("slow", 30, 1),
        ],
        outputs: &["kama"],
        on_price: true,
        formula: "k += sc² (x − k), sc = er (f − s) + s, f = 2 / (fast + 1), s = 2 / (slow + 1), er = |x − x n bars back| / sum of |changes| over n; starts from the value before the first; er is 1 where nothing has moved",
        source: "P. J. Kaufman, Smarter Trading (1995); TA-Lib KAMA",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let (fast, slow) = (params.bars("fast"), params.bars("slow"));
        Ok(Self {
            period: params.bars("period"),
            fast: 2.0 / (fast + 1) as f64,
            slow: 2.0 / (slow + 1) as f64,
        })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn warm(&self) -> usize {
        self.period + Ema::warm((2.0 / self.slow.min(self.fast).powi(2)) as usize)
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![Lookback { field: Field::Source, bars: self.period + 1 }]
    }

    fn ahead(&self) -> Vec<Ahead> {
        vec![
            Ahead::new(Term::Move, Over::Total(self.period)),
            Ahead::new(Term::Field(Field::Source), Over::Each).ago(self.period),
        ]
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let past = input.past(0);
        let path = input.ahead(0).unwrap_or_else(|| {
            state.moves.next(self.period, input.seen - 1, |k| (past.lag(k) - past.lag(k + 1)).abs())
        });
        if !input.settled && input.seen <= self.period {
            state.value = input.x;
            out[0] = f64::NAN;
            return;
        }
        let moved = input.x - input.back(1, 0, self.period);
        state.value = blend(state.value, self.share(moved, path), input.x);
        out[0] = state.value;
    }

    #[inline(always)]
    fn along(&self, state: &mut State, given: &Settled<'_>, out: &mut [&mut [f64]]) -> bool {
        let [paths, before, ..] = given.ahead;
        let shares = |rows: Range<usize>| {
            let moves =
                given.source[rows.clone()].iter().zip(&before[rows.clone()]).map(|(x, before)| x - before);
            moves.zip(&paths[rows]).map(|(moved, path)| self.share(moved, *path))
        };
        blend_column(&mut state.value, out[0], shares, given.source)
    }
}

impl Kama {
    /// The share of the way to the newest value, of how far it has moved and by which path.
    #[inline(always)]
    fn share(&self, moved: f64, path: f64) -> f64 {
        // Chosen, not branched on: several bars go through one division.
        let ratio = (moved / path).abs();
        let ratio = if (path <= moved) | (path < NOTHING) { 1.0 } else { ratio };
        let root = ratio.mul_add(self.fast - self.slow, self.slow);
        root * root
    }
}

/// TA-Lib's bound for "no movement".
const NOTHING: f64 = 1e-14;
