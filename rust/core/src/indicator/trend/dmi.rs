use crate::error::Result;
use crate::indicator::parts::{Directional, Wilder};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Directional movement.
#[derive(Debug, Clone)]
pub struct Dmi {
    period: usize,
}

impl Indicator for Dmi {
    const SPEC: Spec = Spec {
        name: "dmi",
        title: "Directional movement",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 2)],
        outputs: &["plus_di", "minus_di"],
        on_price: false,
        formula: "100 · Wilder sum of ±DM / Wilder sum of the true range; the sums start with n − 1 bars and one decay step; 0 where nothing has moved",
        source: "J. W. Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib PLUS_DI, MINUS_DI",
    };

    type State = Directional;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn warm(&self) -> usize {
        Wilder::warm(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut Directional, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out.fill(f64::NAN);
        if let Some((plus, minus)) = state.next(self.period, input.seen, input.bar) {
            crate::indicator::put(out, [plus, minus]);
        }
    }
}
