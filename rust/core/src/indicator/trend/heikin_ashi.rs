use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::middle;
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// Heikin-Ashi candles.
#[derive(Debug, Clone)]
pub struct HeikinAshi;

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    open: f64,
    close: f64,
}

impl Indicator for HeikinAshi {
    const SPEC: Spec = Spec {
        name: "heikin_ashi",
        title: "Heikin-Ashi candles",
        family: Family::Trend,
        reads: Field::Close,
        params: &[],
        outputs: &["close", "open", "high", "low"],
        on_price: true,
        formula: "close = (o + h + l + c) / 4; open = mean of the previous Heikin-Ashi open and close, at first (o + c) / 2; high and low = the extremes of the bar and those two",
        source: "D. Valcu, Stocks & Commodities 22:2 (2004); Stock.Indicators GetHeikinAshi",
    };

    type State = State;

    fn new(_: &Params) -> Result<Self> {
        Ok(Self)
    }

    fn first(&self) -> usize {
        1
    }

    fn warm(&self) -> usize {
        50
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let bar = input.bar;
        let close = (bar.open + bar.high + bar.low + bar.close) / 4.0;
        let open = if !input.settled && input.seen == 1 {
            middle(bar.open, bar.close)
        } else {
            // The same as [`middle`], for which the next open waits less long.
            state.open.mul_add(0.5, 0.5 * state.close)
        };
        (state.open, state.close) = (open, close);
        crate::indicator::put(
            out,
            [close, open, highest(bar.high, open, close), lowest(bar.low, open, close)],
        );
    }
}

#[inline(always)]
fn highest(high: f64, open: f64, close: f64) -> f64 {
    let body = if open > close { open } else { close };
    if high > body { high } else { body }
}

#[inline(always)]
fn lowest(low: f64, open: f64, close: f64) -> f64 {
    let body = if open < close { open } else { close };
    if low < body { low } else { body }
}
