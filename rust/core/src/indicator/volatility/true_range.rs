use crate::error::Result;
use crate::indicator::parts::true_range;
use crate::indicator::{Ahead, Family, Field, Indicator, Input, Over, Params, Spec, Term};

/// True range.
#[derive(Debug, Clone)]
pub struct TrueRange;

impl Indicator for TrueRange {
    const ABREAST: bool = true;
    const LOOKS: &[Field] = &[Field::High, Field::Low, Field::Close];
    const SPEC: Spec = Spec {
        name: "true_range",
        title: "True range",
        family: Family::Volatility,
        reads: Field::Close,
        params: &[],
        outputs: &["true_range"],
        on_price: false,
        formula: "the widest of high − low, |high − previous close| and |low − previous close|",
        source: "J. W. Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib TRANGE",
    };

    type State = [f64; 1];

    fn new(_: &Params) -> Result<Self> {
        Ok(Self)
    }

    fn first(&self) -> usize {
        2
    }

    fn ahead(&self) -> Vec<Ahead> {
        vec![Ahead::new(Term::Field(Field::Close), Over::Each).ago(1)]
    }

    #[inline(always)]
    fn update(&self, state: &mut [f64; 1], _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = if !input.settled && input.seen == 1 {
            f64::NAN
        } else {
            let before = input.ahead(0).unwrap_or(state[0]);
            true_range(input.bar.high, input.bar.low, before)
        };
        state[0] = input.bar.close;
    }
}
