use std::ops::Range;

use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Sum, strange};
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
        let (first, mut looked) = (*close, 0);
        let gains = |rows: Range<usize>, mut terms: &mut [f64]| {
            let (mut now, mut volumes) = (&source[rows.clone()], &bars.volume[rows.clone()]);
            let mut before = rows.start.wrapping_sub(1);
            if rows.start == 0 && !rows.is_empty() {
                looked |= strange(now[0]) | strange(volumes[0]);
                terms[0] = gained(now[0], first, volumes[0]);
                (terms, now, volumes, before) = (&mut terms[1..], &now[1..], &volumes[1..], 0);
            }
            let pairs = now.iter().zip(source.get(before..).unwrap_or_default());
            for (gain, ((now, before), volume)) in terms.iter_mut().zip(pairs.zip(volumes)) {
                looked |= strange(now - before) | strange(*volume);
                *gain = gained(*now, *before, *volume);
            }
        };
        sum.along(out[0], gains, |trend| trend);
        *close = source.last().copied().unwrap_or(first);
        looked == 0
    }
}

/// What a bar adds.
#[inline(always)]
fn gained(close: f64, before: f64, volume: f64) -> f64 {
    if before == 0.0 { 0.0 } else { volume * (close - before) / before }
}
