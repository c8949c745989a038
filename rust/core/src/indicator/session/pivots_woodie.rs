use crate::error::Result;
use crate::indicator::parts::Days;
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// Pivot points (Woodie).
#[derive(Debug, Clone)]
pub struct PivotsWoodie;

impl Indicator for PivotsWoodie {
    const WAITS: bool = true;
    const SPEC: Spec = Spec {
        name: "pivots_woodie",
        title: "Pivot points (Woodie)",
        family: Family::Session,
        reads: Field::Close,
        params: &[],
        outputs: &["pp", "r1", "r2", "r3", "s1", "s2", "s3"],
        on_price: true,
        formula: "of the high, low and close of the session before, in regular hours: pp = (h + l + 2 · open of this session) / 4; the others as for the classic ones; no value in the first session, nor before the first regular bar",
        source: "Stock.Indicators GetPivotPoints",
    };

    type State = Days;

    fn new(_: &Params) -> Result<Self> {
        Ok(Self)
    }

    fn first(&self) -> usize {
        1
    }

    fn sessions(&self) -> usize {
        1
    }

    #[inline(always)]
    fn update(&self, state: &mut Days, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        state.next(input);
        out.fill(f64::NAN);
        if let (Some(today), Some(day)) = (state.today(), state.last()) {
            let pp = (day.high + day.low + 2.0 * today.open) / 4.0;
            let range = day.high - day.low;
            crate::indicator::put(
                out,
                [
                    pp,
                    2.0 * pp - day.low,
                    pp + range,
                    day.high + 2.0 * (pp - day.low),
                    2.0 * pp - day.high,
                    pp - range,
                    day.low - 2.0 * (day.high - pp),
                ],
            );
        }
    }
}
