use std::ops::Range;

use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Finite, Sum};
use crate::indicator::{Family, Field, Indicator, Input, Params, Settled, Spec};

/// Price-volume trend.
#[derive(Debug, Clone)]
pub struct Pvt;

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    close: f64,
    sum: Sum,
}

impl Indicator for Pvt {
    const ALONG: bool = true;
    const TAKES_SOURCE: bool = true;
    const LOOKS: &[Field] = &[Field::Source, Field::Volume];
    const SPEC: Spec = Spec {
        name: "pvt",
        title: "Price-volume trend",
        family: Family::Volume,
        reads: Field::Close,
        params: &[],
        outputs: &["pvt"],
        on_price: false,
        formula: "running sum of volume · change of the close / previous close, from 0; a base of 0 adds nothing",
        source: "definition",
    };

    type State = State;

    fn new(_: &Params) -> Result<Self> {
        Ok(Self)
    }

    fn first(&self) -> usize {
        1
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let started = input.settled || input.seen > 1;
        state.sum.add(if started { gained(input.x, state.close, input.bar.volume) } else { 0.0 });
        state.close = input.x;
        out[0] = state.sum.value();
    }

    #[inline(always)]
    fn along(&self, state: &mut State, given: &Settled<'_>, out: &mut [&mut [f64]]) -> bool {
        let Settled { bars, source, .. } = given;
        let State { close, sum } = state;
        let (first, mut finite) = (*close, Finite::default());
        let gains = |rows: Range<usize>, terms: &mut [f64]| {
            let (now, volumes) = (&source[rows.clone()], &bars.volume[rows.clone()]);
            finite.look(now);
            finite.look(volumes);
            let Some((newest, later)) = terms.split_first_mut() else { return };
            let before = rows.start.checked_sub(1).map_or(first, |row| source[row]);
            *newest = gained(now[0], before, volumes[0]);
            for (gain, (pair, volume)) in later.iter_mut().zip(now.windows(2).zip(&volumes[1..])) {
                *gain = gained(pair[1], pair[0], *volume);
            }
        };
        sum.along(out[0], gains, |trend| trend);
        *close = source.last().copied().unwrap_or(first);
        finite.is_all()
    }
}

/// What a bar adds.
#[inline(always)]
fn gained(close: f64, before: f64, volume: f64) -> f64 {
    if before == 0.0 { 0.0 } else { volume * (close - before) / before }
}
