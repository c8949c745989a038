use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Ema, Finite, Share};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Settled, Spec};

/// True strength index.
#[derive(Debug, Clone)]
pub struct Tsi {
    long: usize,
    short: usize,
    signal: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    previous: f64,
    emas: [[Ema; 2]; 2],
    signal: Ema,
}

impl Indicator for Tsi {
    const ALONG: bool = true;
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "tsi",
        title: "True strength index",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[
            ParamSpec::bars("long", 25, 1),
            ParamSpec::bars("short", 13, 1),
            ParamSpec::bars("signal", 7, 1),
        ],
        outputs: &["tsi", "signal"],
        on_price: false,
        formula: "100 ema(ema(change, long), short) / ema(ema(|change|, long), short), each started as the mean of its own first values; 0 where nothing has moved; signal = ema(tsi, signal)",
        source: "W. Blau, Stocks & Commodities 9:11 (1991); Stock.Indicators GetTsi",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let [long, short, signal] = ["long", "short", "signal"].map(|name| params.bars(name));
        Ok(Self { long, short, signal })
    }

    fn first(&self) -> usize {
        self.long + self.short
    }

    fn warm(&self) -> usize {
        [self.long, self.short, self.signal].map(Ema::warm).iter().sum::<usize>() + 1
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let change = input.x - state.previous;
        state.previous = input.x;
        out.fill(f64::NAN);
        if !input.settled && input.seen == 1 {
            return;
        }
        let mut smooth = [change, change.abs()];
        for (x, [long, short]) in smooth.iter_mut().zip(&mut state.emas) {
            *x = long.next(input.given(1), self.long, Ema::factor(self.long), *x);
            if input.settled || !x.is_nan() {
                *x = short.next(input.given(self.long), self.short, Ema::factor(self.short), *x);
            }
        }
        if input.settled || !smooth[1].is_nan() {
            out[0] = strength(smooth);
            out[1] = state.signal.next(
                input.given(self.long + self.short - 1),
                self.signal,
                Ema::factor(self.signal),
                out[0],
            );
        }
    }

    /// While the averages of some rows move, so does the signal of those before: it waits for nothing but itself.
    #[inline(always)]
    fn along(&self, state: &mut State, Settled { source, .. }: &Settled<'_>, out: &mut [&mut [f64]]) -> bool {
        let [strengths, signals] = out else { return true };
        let [long, short, signal] = [self.long, self.short, self.signal].map(|n| Share::new(Ema::factor(n)));
        let mut finite = Finite::default();
        let State { mut previous, mut emas, signal: mut line } = *state;
        // Of a change, and of its size.
        let mut average = |change: f64| {
            let mut smooth = [change, change.abs()];
            for (x, [by_long, by_short]) in smooth.iter_mut().zip(&mut emas) {
                *x = by_short.step(short, short.of(by_long.step(long, *x)));
            }
            smooth
        };
        let (blocks, rest) = source.as_chunks::<AT_ONCE>();
        let (into, rest_into) = strengths.as_chunks_mut::<AT_ONCE>();
        let (signal_into, rest_signals) = signals.as_chunks_mut::<AT_ONCE>();
        let mut terms = [0.0; AT_ONCE];
        for (index, (block, into)) in blocks.iter().zip(into).enumerate() {
            let [mut changes, mut smooth, mut sizes] = [[0.0; AT_ONCE]; 3];
            finite.look(block);
            changes[0] = long.of(block[0] - previous);
            for (change, pair) in changes[1..].iter_mut().zip(block.windows(2)) {
                *change = long.of(pair[1] - pair[0]);
            }
            previous = block[AT_ONCE - 1];
            match index.checked_sub(1).map(|before| &mut signal_into[before]) {
                Some(signals) => {
                    for i in 0..AT_ONCE {
                        [smooth[i], sizes[i]] = average(changes[i]);
                        signals[i] = line.step(signal, terms[i]);
                    }
                }
                None => (0..AT_ONCE).for_each(|i| [smooth[i], sizes[i]] = average(changes[i])),
            }
            for i in 0..AT_ONCE {
                into[i] = strength([smooth[i], sizes[i]]);
                terms[i] = signal.of(into[i]);
            }
        }
        if let Some(signals) = signal_into.last_mut() {
            signals.iter_mut().zip(terms).for_each(|(into, term)| *into = line.step(signal, term));
        }
        finite.look(rest);
        for ((into, signals), x) in rest_into.iter_mut().zip(rest_signals).zip(rest) {
            *into = strength(average(long.of(*x - previous)));
            previous = *x;
            *signals = line.step(signal, signal.of(*into));
        }
        *state = State { previous, emas, signal: line };
        finite.is_all()
    }
}

/// So many rows go together.
const AT_ONCE: usize = 32;

/// What it makes of the averages of changes and of their sizes.
#[inline(always)]
fn strength([change, size]: [f64; 2]) -> f64 {
    if size == 0.0 { 0.0 } else { 100.0 * (change / size) }
}
