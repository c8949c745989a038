//! Indicators that are behind their bars are brought up to date at the end of each change: many symbols that have one new
//! bar each go through each indicator together.

use std::sync::Arc;

use crate::indicator::Tick;
use crate::indicator::plan::BATCH;
use crate::series::{Place, Program, Series};

use super::event::EventKind;
use super::shared::{Shared, Walk};
use super::store::Session;
use super::track::Track;

impl Session {
    /// Brings all indicators up to date, and tells of those that have their first value.
    pub(super) fn settle(&mut self) {
        let mut behind = std::mem::take(&mut self.behind);
        behind.sort_unstable();
        behind.dedup();
        let (tracks, mut shared) = self.parts();
        let mut walk = Walk::new(tracks, 0);
        let mut open: Vec<&mut Track> = Vec::with_capacity(behind.len().min(BATCH));
        for symbols in behind.chunks(BATCH) {
            open.extend(symbols.iter().filter_map(|&symbol| walk.to(symbol)));
            settle_together(&mut open, &mut shared);
            open.clear();
        }
        behind.clear();
        self.behind = behind;
    }
}

/// Brings the indicators of at most [`BATCH`] symbols up to date, and tells of those that have their first value.
pub(super) fn settle_together(tracks: &mut [&mut Track], shared: &mut Shared<'_>) {
    if let [track] = tracks {
        return track.settle(&mut shared.context(track.calendar));
    }
    for index in 0..tracks.iter().map(|track| 1 + track.derived.len()).max().unwrap_or(0) {
        // A bit for each symbol that was not looked at.
        let mut waiting = (1_u64 << tracks.len()) - 1;
        while waiting != 0 {
            waiting = settle_alike(tracks, index, waiting, shared);
        }
    }
}

/// Brings one series of those symbols up to date whose indicators are the same as the first's; gives which are left.
fn settle_alike(tracks: &mut [&mut Track], index: usize, waiting: u64, shared: &mut Shared<'_>) -> u64 {
    let (mut left, mut stepped, mut to_mark) = (0_u64, 0_u64, 0_u64);
    let mut programs: Vec<Arc<Program>> = Vec::new();
    let mut ticks: Vec<Tick> = Vec::new();
    let mut blocks: Vec<Vec<&mut [f64]>> = Vec::new();
    let most = tracks.len();
    for (bit, track) in tracks.iter_mut().enumerate().filter(|(bit, _)| waiting >> bit & 1 == 1) {
        let (symbol, calendar, date, segment) = (track.id, track.calendar, track.day(), track.segment);
        let Some(series) = track.nth_series_mut(index).filter(|series| series.is_behind()) else { continue };
        let Some(newest) = series.awaits_one() else {
            shared.context(calendar).settle(symbol, series, date, segment);
            continue;
        };
        if programs.is_empty() {
            programs = series.programs();
            blocks.extend(programs.iter().map(|_| Vec::with_capacity(most)));
            ticks.reserve(most);
        } else if !series.has_programs(&programs) {
            left |= 1 << bit;
            continue;
        }
        ticks.push(Place { calendar: &shared.calendars[calendar], date, segment }.tick(newest));
        stepped |= 1 << bit;
        to_mark |= u64::from(series.takes_one()) << bit;
        blocks.iter_mut().zip(series.blocks_mut()).for_each(|(blocks, block)| blocks.push(block));
    }
    let mut is_news = false;
    for (program, blocks) in programs.iter().zip(&mut blocks) {
        is_news |= program.plan.update_across(blocks, &ticks);
    }
    if to_mark != 0 {
        each_of(tracks, to_mark, |track| track.nth_series_mut(index).into_iter().for_each(Series::mark));
    }
    if is_news && !shared.loading && shared.events.mask.has(EventKind::IndicatorValid) {
        each_of(tracks, stepped, |track| {
            let (symbol, mut context) = (track.id, shared.context(track.calendar));
            if let Some(series) = track.nth_series_mut(index) {
                context.tell_valid(symbol, series, 1);
            }
        });
    }
    left
}

/// Does something with those symbols that have a bit.
fn each_of(tracks: &mut [&mut Track], bits: u64, mut work: impl FnMut(&mut Track)) {
    tracks.iter_mut().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1).for_each(|(_, track)| work(track));
}
