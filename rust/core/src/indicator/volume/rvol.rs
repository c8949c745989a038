use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};
use crate::time::{MINUTE_NS, Nanos};

/// Relative volume by the time of the day.
#[derive(Debug, Clone)]
pub struct Rvol {
    sessions: usize,
    minutes: usize,
}

/// Beside it, in words of its own: the volume by minute of the last sessions in turn, of this one, and their mean.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    /// The session's date plus one, so that zero is none.
    session: i64,
    /// How many sessions are over.
    over: u64,
}

impl Indicator for Rvol {
    const WAITS: bool = true;
    const SPEC: Spec = Spec {
        name: "rvol",
        title: "Relative volume by the time of the day",
        family: Family::Volume,
        reads: Field::Volume,
        params: &[
            ParamSpec { name: "sessions", default: 10.0, min: 1.0, max: 100.0, integer: true },
            ParamSpec { name: "minutes", default: 390.0, min: 1.0, max: 1440.0, integer: true },
        ],
        outputs: &["rvol"],
        on_price: false,
        formula: "volume / mean volume of the same minute of the day over the last `sessions` sessions, where a minute \
                  without a bar counts as none; regular hours, of which the session has `minutes`; no value before so many \
                  sessions are over, where nothing was traded at that minute in any of them, and after `minutes`",
        source: "INDICATORS; TA-Lib's RVOL, against the bars just before, is rvol_bars",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { sessions: params.bars("sessions"), minutes: params.bars("minutes") })
    }

    fn first(&self) -> usize {
        // A bar a session is the least.
        self.sessions + 1
    }

    fn sessions(&self) -> usize {
        self.sessions
    }

    fn own_words(&self) -> usize {
        (self.sessions + 2) * self.minutes
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let session = i64::from(input.tick.session) + 1;
        let (past, rest) = own.split_at_mut(self.sessions * self.minutes);
        let (today, mean) = rest.split_at_mut(self.minutes);
        if state.session != session {
            if state.session != 0 {
                self.end_session(state, past, today, mean);
            }
            state.session = session;
        }
        out[0] = f64::NAN;
        let minute = input.tick.since_open.div_euclid(MINUTE_NS);
        if !input.tick.regular || !(0..self.minutes as Nanos).contains(&minute) {
            return;
        }
        let minute = minute as usize;
        today[minute] += input.x;
        if state.over >= self.sessions as u64 && mean[minute] > 0.0 {
            out[0] = today[minute] / mean[minute];
        }
    }
}

impl Rvol {
    /// Once a session: the means are made anew, so that nothing adds up over the days.
    #[cold]
    fn end_session(&self, state: &mut State, past: &mut [f64], today: &mut [f64], mean: &mut [f64]) {
        let row = (state.over % self.sessions as u64) as usize * self.minutes;
        past[row..row + self.minutes].copy_from_slice(today);
        today.fill(0.0);
        mean.fill(0.0);
        for day in past.chunks_exact(self.minutes) {
            mean.iter_mut().zip(day).for_each(|(sum, volume)| *sum += volume);
        }
        mean.iter_mut().for_each(|sum| *sum /= self.sessions as f64);
        state.over += 1;
    }
}
