//! Work on many symbols by several threads: each has symbols of its own, and what they share is put together in the order
//! of the symbols. So the state and the events are the same for any number of threads.

use std::thread;

use crate::bar::Refusal;
use crate::symbol::SymbolId;
use crate::time::Nanos;

use super::event::Events;
use super::shared::{Shared, Walk};
use super::store::Session;
use super::track::Track;

/// To start a thread takes as long as some hundred bars: fewer bars than this are not worth one.
pub(super) const WORTHWHILE: usize = 1024;

/// What a thread found, beside the symbols that it changed.
struct Found<R> {
    result: R,
    events: Events,
    due: Nanos,
    untold: Vec<SymbolId>,
    is_news: bool,
    refusals: [u64; Refusal::ALL.len()],
}

impl Session {
    /// How many threads take part in large changes; one unless this says otherwise.
    pub fn set_threads(&mut self, threads: usize) {
        self.threads = threads.max(1);
    }

    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Into how many parts so many bars are best cut.
    pub(super) fn parts_of(&self, bars: usize) -> usize {
        self.threads.min(bars / WORTHWHILE).max(1)
    }

    /// Works on parts at the same time. Each comes with its first symbol, in ascending order; a part may change symbols from
    /// that on up to the next one's.
    pub(super) fn in_parts<P: Send, R: Send>(
        &mut self,
        parts: Vec<(SymbolId, P)>,
        work: impl Fn(P, &mut Walk<'_>, &mut Shared<'_>) -> R + Sync,
    ) -> Vec<R> {
        self.with_sheets(|tracks, mut shared| {
            if parts.len() <= 1 {
                let mut walk = Walk::new(tracks, 0);
                return parts.into_iter().map(|(_, part)| work(part, &mut walk, &mut shared)).collect();
            }
            share_out(tracks, &mut shared, parts, &work)
        })
    }
}

/// As [`Session::in_parts`], of several parts.
fn share_out<P: Send, R: Send>(
    tracks: &mut [Option<Box<Track>>],
    shared: &mut Shared<'_>,
    parts: Vec<(SymbolId, P)>,
    work: &(impl Fn(P, &mut Walk<'_>, &mut Shared<'_>) -> R + Sync),
) -> Vec<R> {
    let (calendars, clock, loading) = (shared.calendars, shared.clock, shared.loading);
    let mask = shared.events.mask.clone();
    let found: Vec<Found<R>> = thread::scope(|scope| {
        let (mut tracks, mut versions) = (tracks, &mut *shared.versions);
        let mut sheets = std::mem::take(&mut shared.sheets);
        let mut begins = 0;
        let ends: Vec<usize> = parts.iter().skip(1).map(|(first, _)| *first as usize).collect();
        let ends = ends.into_iter().chain([usize::MAX]);
        let threads: Vec<_> = parts
            .into_iter()
            .zip(ends)
            .map(|((_, part), end)| {
                let count = end.min(begins + tracks.len()).saturating_sub(begins);
                let (those, rest) = std::mem::take(&mut tracks).split_at_mut(count);
                let (their, other) = std::mem::take(&mut versions).split_at_mut(count);
                (tracks, versions) = (rest, other);
                let (sheets_there, behind) = sheets.drain(..).map(|sheet| sheet.split_at(count)).unzip();
                sheets = behind;
                let first = begins as SymbolId;
                begins += count;
                let mask = mask.clone();
                scope.spawn(move || {
                    let mut events = Events::new(mask);
                    let (mut due, mut untold, mut is_news) = (Nanos::MAX, Vec::new(), false);
                    let mut refusals = [0; Refusal::ALL.len()];
                    let mut shared = Shared {
                        calendars,
                        clock,
                        loading,
                        events: &mut events,
                        due: &mut due,
                        untold: &mut untold,
                        is_news: &mut is_news,
                        refusals: &mut refusals,
                        versions: their,
                        first,
                        sheets: sheets_there,
                    };
                    let result = work(part, &mut Walk::new(those, first), &mut shared);
                    Found { result, events, due, untold, is_news, refusals }
                })
            })
            .collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| match thread.join() {
            Ok(found) => found,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        threads.into_iter().map(join).collect()
    });
    let mut results = Vec::with_capacity(found.len());
    for Found { result, events, due, untold, is_news, refusals } in found {
        shared.events.append(events);
        *shared.due = due.min(*shared.due);
        shared.untold.extend(untold);
        *shared.is_news |= is_news;
        shared.refusals.iter_mut().zip(refusals).for_each(|(total, count)| *total += count);
        results.push(result);
    }
    results
}
