use crate::error::Result;
use crate::indicator::parts::Days;
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// Pivot points (classic).
#[derive(Debug, Clone)]
pub struct Pivots;

impl Indicator for Pivots {
    const WAITS: bool = true;
    const SPEC: Spec = Spec {
        name: "pivots",
        title: "Pivot points (classic)",
        family: Family::Session,
        reads: Field::Close,
        params: &[],
        outputs: &["pp", "r1", "r2", "r3", "s1", "s2", "s3"],
        on_price: true,
        formula: "of the high, low and close of the session before, in regular hours: pp = (h + l + c) / 3; r1 = 2 pp − l, s1 = 2 pp − h; r2, s2 = pp ± (h − l); r3 = h + 2 (pp − l), s3 = l − 2 (h − pp); no value in the first session, nor before the first regular bar",
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
        if let (Some(_), Some(day)) = (state.today(), state.last()) {
            let pp = (day.high + day.low + day.close) / 3.0;
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
