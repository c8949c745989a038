//! Indicators that are behind their bars are brought up to date at the end of each change: many symbols that have one new
//! bar each go through each indicator together.

use std::sync::Arc;

use crate::indicator::Tick;
use crate::indicator::plan::BATCH;
use crate::series::{MARK_EVERY, Place, Program, Repaired, Series};

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
        self.with_sheets(|tracks, mut shared| {
            let mut walk = Walk::new(tracks, 0);
            let mut open: Vec<&mut Track> = Vec::with_capacity(behind.len().min(BATCH));
            for symbols in behind.chunks(BATCH) {
                open.extend(symbols.iter().filter_map(|&symbol| walk.to(symbol)));
                settle_together(&mut open, true, &mut shared);
                open.clear();
            }
        });
        behind.clear();
        self.behind = behind;
    }
}

/// Brings the indicators of at most [`BATCH`] symbols up to date, and tells of those that have their first value; `several` if some may
/// have several new bars.
pub(super) fn settle_together(tracks: &mut [&mut Track], several: bool, shared: &mut Shared<'_>) {
    if let [track] = tracks {
        track.settle(&mut shared.context(track.calendar));
    } else {
        for index in 0..tracks.iter().map(|track| track.indicated as usize).max().unwrap_or(0) {
            if several {
                settle_several(tracks, index, shared);
            }
            // A bit for each symbol that was not looked at.
            let mut waiting = (1_u64 << tracks.len()) - 1;
            while waiting != 0 {
                waiting = settle_alike(tracks, index, waiting, shared);
            }
        }
    }
    shared.follow(tracks);
}

/// Brings one series of those symbols up to date that have several new bars each, where there are enough whose indicators are the
/// same and can go side by side.
fn settle_several(tracks: &mut [&mut Track], index: usize, shared: &mut Shared<'_>) {
    let mut programs: Vec<Arc<Program>> = Vec::new();
    let (mut bits, mut awaited) = (0_u64, Vec::new());
    for (bit, track) in tracks.iter_mut().enumerate() {
        let Some(series) = track.nth_series_mut(index).filter(|series| series.awaits_several()) else {
            continue;
        };
        if programs.is_empty() {
            programs = series.programs();
        }
        if series.has_programs(&programs) {
            bits |= 1 << bit;
            awaited.push(series.awaited());
        }
    }
    if awaited.len() < ENOUGH {
        return;
    }
    let mut steps: Vec<(Vec<&mut [f64]>, Vec<_>)> = programs.iter().map(|_| Default::default()).collect();
    let calendars = shared.calendars;
    let mut counts = awaited.iter().map(|(_, count)| *count);
    each_of(tracks, bits, |track| {
        let place = track.place(&calendars[track.calendar]);
        let (Some(series), Some(count)) = (track.nth_series_mut(index), counts.next()) else { return };
        for ((blocks, all), (block, ticks)) in steps.iter_mut().zip(series.steps(place)) {
            blocks.push(block);
            all.push((count, ticks));
        }
    });
    let (mut marks, mut is_news): (Vec<Vec<_>>, _) = (awaited.iter().map(|_| Vec::new()).collect(), false);
    let is_mark = |which: usize, bars: usize| (awaited[which].0 + bars).is_multiple_of(MARK_EVERY);
    for (stack, (program, (blocks, ticks))) in programs.iter().zip(&mut steps).enumerate() {
        let (kept, news) = program.plan.update_grid(blocks, ticks, is_mark);
        is_news |= news;
        for (which, bars, block) in kept {
            marks[which].push((stack, awaited[which].0 + bars, block));
        }
    }
    drop(steps);
    let (mut marks, mut counts) = (marks.into_iter(), awaited.iter().map(|(_, count)| *count));
    each_of(tracks, bits, |track| {
        let (symbol, calendar) = (track.id, track.calendar);
        let (Some(series), Some(marks)) = (track.nth_series_mut(index), marks.next()) else { return };
        series.took(marks.into_iter());
        let bars = counts.next().unwrap_or(0);
        if is_news {
            shared.context(calendar).tell_valid(symbol, series, &Repaired::of(bars));
        }
    });
}

/// Fewer symbols are quicker one by one.
const ENOUGH: usize = 6;

/// Brings one series of those symbols up to date whose indicators are the same as the first's; gives which are left.
fn settle_alike(tracks: &mut [&mut Track], index: usize, waiting: u64, shared: &mut Shared<'_>) -> u64 {
    let (mut left, mut stepped, mut to_mark) = (0_u64, 0_u64, 0_u64);
    let mut programs: Vec<Arc<Program>> = Vec::new();
    let mut ticks: Vec<Tick> = Vec::new();
    let mut blocks: Vec<Vec<&mut [f64]>> = Vec::new();
    let most = tracks.len();
    for (bit, track) in tracks.iter_mut().enumerate().filter(|(bit, _)| waiting >> bit & 1 == 1) {
        let (symbol, calendar, date, segment) = (track.id, track.calendar, track.day(), track.segment);
        let Some(series) = track.nth_series_mut(index) else { continue };
        // Most are like the first.
        if !series.awaits_one_of(&programs) {
            if !series.is_behind() {
                continue;
            }
            if !series.awaits_one() {
                shared.context(calendar).settle(symbol, series, date, segment);
                continue;
            }
            if !programs.is_empty() {
                left |= 1 << bit;
                continue;
            }
            programs = series.programs();
            blocks.extend(programs.iter().map(|_| Vec::with_capacity(most)));
            ticks.reserve(most);
        }
        let Some(newest) = series.newest() else { continue };
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
                context.tell_valid(symbol, series, &Repaired::of(1));
            }
        });
    }
    left
}

/// Does something with those symbols that have a bit.
fn each_of<'t>(tracks: &'t mut [&mut Track], bits: u64, mut work: impl FnMut(&'t mut Track)) {
    tracks.iter_mut().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1).for_each(|(_, track)| work(track));
}
