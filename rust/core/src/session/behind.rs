//! Indicators that are behind their bars are brought up to date at the end of each change: many symbols that have one new
//! bar each go through each indicator together.

use std::sync::Arc;

use crate::indicator::Tick;
use crate::indicator::plan::BATCH;
use crate::series::{Place, Program};

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
        return track.settle(&mut shared.context(track));
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
    let (mut left, mut stepped) = (0_u64, 0_u64);
    let mut programs: Vec<Arc<Program>> = Vec::new();
    let mut ticks: Vec<Tick> = Vec::with_capacity(tracks.len());
    let mut blocks: Vec<Vec<&mut [f64]>> = Vec::new();
    let most = tracks.len();
    for (bit, track) in tracks.iter_mut().enumerate().filter(|(bit, _)| waiting >> bit & 1 == 1) {
        if track.nth_series_mut(index).is_none_or(|series| !series.is_behind()) {
            continue;
        }
        let (symbol, date, segment) = (track.id, track.date().unwrap_or_default(), track.segment);
        let place = Place { calendar: &shared.calendars[track.calendar], date, segment };
        let mut context = shared.context(track);
        let Some(series) = track.nth_series_mut(index) else { continue };
        let Some(newest) = series.awaits_one() else {
            context.settle(symbol, series, date, segment);
            continue;
        };
        if programs.is_empty() {
            programs = series.programs();
            blocks.extend(programs.iter().map(|_| Vec::with_capacity(most)));
        } else if !series.has_programs(&programs) {
            left |= 1 << bit;
            continue;
        }
        stepped |= 1 << bit;
        ticks.push(place.tick(newest));
        blocks.iter_mut().zip(series.blocks_mut()).for_each(|(blocks, block)| blocks.push(block));
    }
    for (program, blocks) in programs.iter().zip(&mut blocks) {
        program.plan.update_across(blocks, &ticks);
    }
    let told = !shared.loading && shared.events.mask.has(EventKind::IndicatorValid);
    for (_, track) in tracks.iter_mut().enumerate().filter(|(bit, _)| stepped >> bit & 1 == 1) {
        let (symbol, mut context) = (track.id, shared.context(track));
        let Some(series) = track.nth_series_mut(index) else { continue };
        series.has_taken_one();
        if told {
            context.tell_valid(symbol, series, 1);
        }
    }
    left
}
