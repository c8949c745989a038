//! Indicators: O(1) state machines over plain words.
//!
//! An indicator is an immutable description (its parameters) and a state of `f64` words that live in a *block*, one
//! for each symbol and interval. The description is shared by all symbols. Because a state is nothing but words, it is
//! cloned by copying, saved by writing, rewound by copying back, and peeked by working on a copy: exact by
//! construction, for every indicator alike. Values of the past are kept once per block and field, in rings that all its
//! indicators share, so a kernel keeps only what is its own.
//!
//! To add one: a file with a type that implements [`Indicator`], one line in `registry.rs`, its reference test.

#![allow(
    clippy::inline_always,
    reason = "an indicator's step is compiled into two loops: one value, and all of a column"
)]

mod abreast;
mod across;
mod ahead;
mod along;
pub mod custom;
mod definition;
mod expression;
mod input;
mod params;
pub mod parts;
pub mod plan;
pub mod registry;
mod ring;
mod source;
mod spec;
mod turn;

pub mod candle;
pub mod momentum;
pub mod session;
pub mod statistics;
pub mod trend;
pub mod volatility;
pub mod volume;

pub use ahead::{Ahead, Over, Term};
pub use along::{Columns, Settled};
pub use definition::Definition;
pub use expression::Expression;
pub use input::{Field, Input, Lookback, Tick};
pub use params::Params;
pub use ring::Past;
pub use source::Source;
pub use spec::{Family, ParamSpec, Spec};

use bytemuck::Pod;

use crate::error::Result;

/// Writes outputs: as many words as are known to be there, and no call.
#[inline]
pub fn put<const N: usize>(out: &mut [f64], values: [f64; N]) {
    if let Some(out) = out.first_chunk_mut() {
        *out = values;
    }
}

/// What every indicator is.
pub trait Indicator: Sized {
    /// Name, parameters, outputs and documentation.
    const SPEC: Spec;

    /// Whether its first value comes with an event of the session, such as the end of the first, and not after so many bars.
    const WAITS: bool = false;

    /// Whether all that it reads of prices is [`Input::x`], so that it may be told to read something else.
    const TAKES_SOURCE: bool = false;

    /// Whether it reads [`Tick::other`] too.
    const PAIR: bool = false;

    /// Whether many symbols can take [`Self::step`] side by side: it keeps no words of its own, looks back on nothing but the value
    /// that leaves its one window, and all its averages have had their start by its [`first`](Self::first) value.
    const ABREAST: bool = false;

    /// Whether all that it says is the last column of its [`ahead`](Self::ahead), each value as [`Self::of_window`] has it: then that
    /// column is worked out where it is to stand in the end, and [`Self::update`] is not called for it.
    const WINDOW: bool = false;

    /// What it looks at in passing where many bars come at once, whether all of it are finite numbers: [`Field::Source`], or fields of
    /// the bar. The others are gone through once more for that; so it is for what waits for itself, which has time to look.
    const LOOKS: &[Field] = if Self::TAKES_SOURCE { &[Field::Source] } else { &[] };

    /// Whether it has a loop of its own for many bars: [`Self::along`].
    const ALONG: bool = false;

    /// The words it keeps; all zero before the first value.
    type State: Pod;

    /// The indicator for these parameters, which were checked against [`Spec::params`] one by one; what must hold
    /// between them is checked here.
    fn new(params: &Params) -> Result<Self>;

    /// How many values of its source it needs to have a value (index of the first one, plus one).
    fn first(&self) -> usize;

    /// After how many values two different starts agree to 1e-9: INDICATORS rule 8.
    fn warm(&self) -> usize {
        self.first()
    }

    /// How many earlier sessions it needs to have a value, or the right one.
    fn sessions(&self) -> usize {
        0
    }

    /// The past it reads: at most [`Input::MAX_PAST`] fields with how many bars back.
    fn lookbacks(&self) -> Vec<Lookback> {
        Vec::new()
    }

    /// What it takes of [`Input::ahead`] where many bars come at once: at most [`Input::MAX_AHEAD`] columns.
    fn ahead(&self) -> Vec<Ahead> {
        Vec::new()
    }

    /// What it makes of a value of its last column, if that is [all](Self::WINDOW).
    #[inline(always)]
    fn of_window(&self, value: f64) -> f64 {
        value
    }

    /// Words it keeps beyond `State`, such as a window over a series of its own.
    fn own_words(&self) -> usize {
        0
    }

    /// Takes one value of the source and writes every output, NaN where there is none yet.
    ///
    /// Of whole columns it is given values that are no finite numbers before they are found and refused: what it makes of them
    /// does not matter, but it must come back.
    fn update(&self, state: &mut Self::State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]);

    /// The same at a bar behind the [`first`](Self::first), where it had a value before; `old` leaves its window. False where that
    /// cannot be told, or more is to be done, such as a sum that is due to be taken anew: then nothing that it wrote is used.
    ///
    /// It may read prices, volume, the session and whether it is regular, of the bar; and it is choices, not branches, since one
    /// instruction takes several symbols.
    #[inline(always)]
    fn step(&self, state: &mut Self::State, input: &Input<'_>, _old: f64, out: &mut [f64]) -> bool {
        self.update(state, &mut [], input, out);
        true
    }

    /// The same as [`Self::update`] with many bars that are [settled](Input::settled), in less time, into one column an output. Whether
    /// all that it [looks at](Self::LOOKS) are finite numbers.
    #[inline(always)]
    fn along(&self, _state: &mut Self::State, _bars: &Settled<'_>, _out: &mut [&mut [f64]]) -> bool {
        true
    }
}
