//! What the symbols of a session share while some of them change.

use std::slice::IterMut;

use crate::bar::Refusal;
use crate::calendar::Calendar;
use crate::symbol::SymbolId;
use crate::time::Nanos;

use super::derived::Context;
use super::event::Events;
use super::sheet::Part;
use super::track::Track;

#[derive(Debug)]
pub(super) struct Shared<'a> {
    pub(super) calendars: &'a [Calendar],
    pub(super) clock: Nanos,
    pub(super) loading: bool,
    pub(super) events: &'a mut Events,
    pub(super) due: &'a mut Nanos,
    pub(super) untold: &'a mut Vec<SymbolId>,
    pub(super) is_news: &'a mut bool,
    pub(super) refusals: &'a mut [u64; Refusal::ALL.len()],
    pub(super) versions: &'a mut [u64],
    /// Whose version is the first of these.
    pub(super) first: SymbolId,
    /// What is read of those symbols that change.
    pub(super) sheets: Vec<Part<'a>>,
}

impl Shared<'_> {
    /// What the steps of a symbol of that calendar know besides it.
    #[inline]
    pub(super) fn context(&mut self, calendar: usize) -> Context<'_> {
        Context {
            calendar: &self.calendars[calendar],
            clock: self.clock,
            loading: self.loading,
            events: self.events,
            due: self.due,
            revised: false,
            changed: false,
        }
    }

    /// Takes note that something of a symbol may have changed.
    #[inline]
    pub(super) fn note(&mut self, track: &Track) {
        self.versions[(track.id - self.first) as usize] += 1;
        if track.custom {
            self.untold.push(track.id);
            *self.is_news |= !self.loading;
        }
    }

    /// Reads symbols for who cuts them again and again, once all that they have is up to date.
    #[inline]
    pub(super) fn follow(&mut self, tracks: &[&mut Track]) {
        let version = |symbol: SymbolId| self.versions[(symbol - self.first) as usize];
        self.sheets.iter_mut().for_each(|sheet| sheet.follow(tracks, version, self.clock));
    }
}

/// Symbols in ascending order of their numbers, each at most once, so that many can be had at a time.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    rest: IterMut<'a, Option<Box<Track>>>,
    next: SymbolId,
}

impl<'a> Walk<'a> {
    pub(super) fn new(tracks: &'a mut [Option<Box<Track>>], first: SymbolId) -> Self {
        Self { rest: tracks.iter_mut(), next: first }
    }

    /// The symbol of a number, none if it is not there.
    #[inline]
    pub(super) fn to(&mut self, symbol: SymbolId) -> Option<&'a mut Track> {
        let skipped = symbol.checked_sub(self.next)? as usize;
        let slot = self.rest.nth(skipped)?;
        self.next = symbol + 1;
        slot.as_deref_mut()
    }
}
