use bytemuck::{Pod, Zeroable};

use crate::bar::Bar;
use crate::error::Result;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Volume by price since the session's open.
#[derive(Debug, Clone)]
pub struct VolumeProfile {
    rows: usize,
    share: f64,
}

/// Beside it, in words of its own: the volume of each row of prices.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    /// The session's date plus one, so that zero is none.
    session: i64,
    /// Lower edge of the first row.
    base: f64,
    /// Zero before anything was traded.
    height: f64,
}

/// What the rows span at first, as a share of the first price.
const SPAN: f64 = 0.02;
/// At a price of zero there is no share to take.
const LEAST_SPAN: f64 = 1e-6;

impl Indicator for VolumeProfile {
    const SPEC: Spec = Spec {
        name: "volume_profile",
        title: "Volume profile of the session: point of control and value area",
        family: Family::Volume,
        reads: Field::Close,
        params: &[
            ParamSpec { name: "rows", default: 100.0, min: 4.0, max: 1000.0, integer: true },
            ParamSpec::real("percent", 70.0, 1.0, 100.0),
        ],
        outputs: &["poc", "value_area_high", "value_area_low"],
        on_price: true,
        formula: "a bar's volume is spread evenly from its low to its high, over so many rows of prices; poc is the \
                  middle of the row with most volume (of equals the lowest); the value area grows from there by the larger of \
                  its two neighbours (of equals the upper) until it has `percent` of the volume. The rows span 2 % around \
                  the first bar's middle at first; two become one whenever a price is outside. Since the regular open; no value until \
                  something was traded. Takes a time a bar that grows with the rows",
        source: "J. P. Steidlmayer, Market Profile (CBOT, 1984), with volume for time",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let rows = params.bars("rows");
        if !rows.is_multiple_of(2) {
            return Err(params.refuse("rows", "an even number"));
        }
        Ok(Self { rows, share: params.get("percent") / 100.0 })
    }

    fn first(&self) -> usize {
        1
    }

    fn own_words(&self) -> usize {
        self.rows
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let session = i64::from(input.tick.session) + 1;
        if state.session != session {
            *state = State { session, ..State::zeroed() };
            own.fill(0.0);
        }
        let bar = input.bar;
        // Of columns, no number that is none has been looked for yet: no rows reach as far as infinity.
        if input.tick.regular && bar.volume > 0.0 && (bar.high - bar.low).is_finite() {
            if state.height == 0.0 {
                let middle = f64::midpoint(bar.high, bar.low);
                let span = (middle.abs() * SPAN).max(LEAST_SPAN);
                state.height = span / self.rows as f64;
                state.base = middle - (self.rows + 1) as f64 / 2.0 * state.height;
            }
            while bar.low < state.base {
                state.base -= state.height * self.rows as f64;
                halve(own, self.rows / 2);
                state.height *= 2.0;
            }
            while bar.high >= state.base + state.height * self.rows as f64 {
                halve(own, 0);
                state.height *= 2.0;
            }
            spread(state, own, bar);
        }
        if state.height > 0.0 {
            let (poc, area) = self.read(own);
            let edge = |row: usize| state.base + row as f64 * state.height;
            crate::indicator::put(
                out,
                [f64::midpoint(edge(poc), edge(poc + 1)), edge(area.end), edge(area.start)],
            );
        } else {
            out.fill(f64::NAN);
        }
    }
}

impl VolumeProfile {
    /// The row with most volume, and the rows of the value area.
    fn read(&self, rows: &[f64]) -> (usize, std::ops::Range<usize>) {
        let mut poc = 0;
        let mut total = 0.0;
        for (row, &volume) in rows.iter().enumerate() {
            total += volume;
            if volume > rows[poc] {
                poc = row;
            }
        }
        // Rows that add up to the share have it, however they were rounded.
        let wanted = self.share * total * (1.0 - 1e-12);
        let (mut area, mut volume) = (poc..poc + 1, rows[poc]);
        while volume < wanted {
            let below = area.start.checked_sub(1).map(|row| rows[row]);
            match (below, rows.get(area.end)) {
                (Some(below), above) if above.is_none_or(|&above| below > above) => {
                    volume += below;
                    area.start -= 1;
                }
                (_, Some(above)) => {
                    volume += above;
                    area.end += 1;
                }
                _ => break,
            }
        }
        (poc, area)
    }
}

/// Makes one row of two, twice as high, in the half that begins at `to`; the other half is empty then.
#[cold]
fn halve(rows: &mut [f64], to: usize) {
    let half = rows.len() / 2;
    let merged = |rows: &[f64], row: usize| rows[2 * row] + rows[2 * row + 1];
    // In the order in which nothing is written over that is still to be read.
    if to == 0 {
        (0..half).for_each(|row| rows[row] = merged(rows, row));
        rows[half..].fill(0.0);
    } else {
        (0..half).rev().for_each(|row| rows[half + row] = merged(rows, row));
        rows[..half].fill(0.0);
    }
}

/// Adds a bar, all of which lies within the rows.
#[inline]
fn spread(state: &State, rows: &mut [f64], bar: &Bar) {
    let row = |price: f64| (((price - state.base) / state.height) as usize).min(rows.len() - 1);
    let (first, last) = (row(bar.low), row(bar.high));
    let range = bar.high - bar.low;
    if first == last || range <= 0.0 {
        rows[first] += bar.volume;
        return;
    }
    for (row, volume) in rows.iter_mut().enumerate().take(last + 1).skip(first) {
        let from = (state.base + row as f64 * state.height).max(bar.low);
        let to = (state.base + (row + 1) as f64 * state.height).min(bar.high);
        *volume += bar.volume * ((to - from).max(0.0) / range);
    }
}
