//! The session: all symbols, one clock, one writer.

use std::collections::BTreeMap;

use crate::bar::{Bar, Refusal};
use crate::calendar::Calendar;
use crate::derive::Align;
use crate::error::{Error, Result};
use crate::interval::Interval;
use crate::symbol::{SymbolId, SymbolTable, parse_symbol};
use crate::time::{Day, Nanos};
use crate::trade::Tape;

use super::derived::Context;
use super::event::{Event, EventMask, Events};
use super::layout::Layout;
use super::names::Names;
use super::pairs::Pair;
use super::programs::Programs;
use super::report::{Counts, Outcome};
use super::shared::Shared;
use super::sheet::{Sheets, lock};
use super::track::Track;

/// What holds for every symbol of a session.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Session bars that each series holds.
    pub capacity: usize,
    pub align: Align,
}

/// One base bar of one symbol.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub symbol: SymbolId,
    pub bar: Bar,
}

/// A trading session: bars in, derived bars, indicators and events out.
#[derive(Debug)]
pub struct Session {
    pub(super) settings: Settings,
    pub(super) calendars: Vec<Calendar>,
    pub(super) symbols: SymbolTable,
    pub(super) names: Names,
    /// How often symbols came or went.
    changes: u64,
    /// By id: another number whenever anything of a symbol changes.
    pub(super) versions: Vec<u64>,
    /// By id; none for symbols that were removed.
    pub(super) tracks: Vec<Option<Box<Track>>>,
    /// What became of the bars of symbols that were removed.
    removed: Counts,
    /// Up to when bars are complete: bars in progress that end by then are closed.
    pub(super) clock: Nanos,
    /// The time that was last seen, at or after the clock: a live session waits a little for bars that have ended.
    pub(super) now: Nanos,
    pub(super) due: Nanos,
    pub(super) events: Events,
    loading: bool,
    /// Symbols whose indicators may not be up to date; they may repeat.
    pub(super) behind: Vec<SymbolId>,
    /// Indicators that compare two symbols.
    pub(super) pairs: BTreeMap<SymbolId, Vec<Pair>>,
    /// Symbols of whose bars those who work out values outside have not been told; they may repeat.
    pub(super) untold: Vec<SymbolId>,
    /// Whether any of that is news: more than history.
    pub(super) is_news: bool,
    /// The last session that each calendar has begun by the clock.
    begun: Vec<Option<usize>>,
    pub(super) refusals: [u64; Refusal::ALL.len()],
    pub(super) tape: Tape,
    pub(super) programs: Programs,
    pub(super) threads: usize,
    /// What is cut again and again.
    pub(super) sheets: Sheets,
}

impl Session {
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            calendars: Vec::new(),
            symbols: SymbolTable::default(),
            names: Names::default(),
            changes: 0,
            versions: Vec::new(),
            tracks: Vec::new(),
            removed: Counts::default(),
            clock: Nanos::MIN,
            now: Nanos::MIN,
            due: Nanos::MAX,
            events: Events::default(),
            loading: false,
            behind: Vec::new(),
            pairs: BTreeMap::new(),
            untold: Vec::new(),
            is_news: false,
            begun: Vec::new(),
            refusals: [0; Refusal::ALL.len()],
            tape: Tape::default(),
            programs: Programs::default(),
            threads: 1,
            sheets: Sheets::default(),
        }
    }

    /// How trades are read from now on.
    pub fn set_tape(&mut self, tape: Tape) {
        self.tape = tape;
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Adds a calendar; gives its index.
    pub fn add_calendar(&mut self, calendar: Calendar) -> usize {
        self.calendars.push(calendar);
        self.begun.push(None);
        self.calendars.len() - 1
    }

    pub fn symbols(&self) -> &SymbolTable {
        &self.symbols
    }

    /// Adds symbols of one calendar and layout. Symbols that are there already are left as they are. Gives how many
    /// were added.
    pub fn register<'a>(
        &mut self,
        names: impl IntoIterator<Item = &'a str>,
        calendar: usize,
        layout: &Layout,
    ) -> Result<usize> {
        let names = names.into_iter().map(parse_symbol).collect::<Result<Vec<String>>>()?;
        let mut added = Vec::with_capacity(names.len());
        for name in names {
            let id = self.symbols.intern(&name);
            if id as usize == self.tracks.len() {
                self.tracks.push(None);
                self.versions.push(0);
            }
            let place = &mut self.tracks[id as usize];
            if place.is_some() {
                continue;
            }
            // What was looked up in an earlier symbol of that name holds no more.
            let shape = (self.changes << 32) + 1;
            let track = Track::new(id, calendar, layout, self.settings.capacity, shape);
            if track.custom {
                self.untold.push(id);
            }
            *place = Some(Box::new(track));
            self.versions[id as usize] += 1;
            added.push(id);
        }
        self.names.grew();
        self.changes += 1;
        let count = added.len();
        if layout.has_pairs() {
            self.find_pairs(added);
        }
        Ok(count)
    }

    /// Takes a symbol away with everything that it has. Its id names it if it comes again, and nothing else: take it out of feeds
    /// as well.
    pub fn remove(&mut self, symbol: &str) -> Result<SymbolId> {
        let id = self.symbols.require(symbol)?;
        self.versions[id as usize] += 1;
        if let Some(track) = self.tracks[id as usize].take() {
            self.removed.add(&track.counts);
        }
        self.symbols.remove(id);
        self.events.forget(id);
        self.changes += 1;
        self.pairs_changed(id);
        Ok(id)
    }

    pub(super) fn track(&self, id: SymbolId) -> Option<&Track> {
        self.tracks.get(id as usize)?.as_deref()
    }

    pub(super) fn track_mut(&mut self, symbol: &str) -> Result<&mut Track> {
        let id = self.symbols.require(symbol)?;
        let got = || Error::UnknownSymbol { got: symbol.to_owned(), nearest: None };
        self.versions[id as usize] += 1;
        self.tracks[id as usize].as_deref_mut().ok_or_else(got)
    }

    /// The id of a symbol whose base interval this is.
    #[inline]
    pub fn base_of(&self, text: &str, interval: Interval) -> Result<SymbolId> {
        let id = self.symbols.require(text)?;
        self.check_base(std::iter::once(id), interval).map(|()| id)
    }

    /// An error for the first of some symbols whose base interval is another; those that are not there have none.
    #[inline]
    pub fn check_base(&self, mut ids: impl Iterator<Item = SymbolId>, interval: Interval) -> Result<()> {
        let base = |id| self.track(id).map_or(interval, |track| track.base.interval());
        match ids.find(|&id| base(id) != interval) {
            None => Ok(()),
            Some(id) => {
                let symbol = self.symbols.name(id).to_string();
                Err(Error::NotBase { symbol, interval: interval.to_string(), base: base(id).to_string() })
            }
        }
    }

    /// The symbols that are there, in order of name.
    pub fn in_order(&self) -> impl Iterator<Item = SymbolId> + '_ {
        self.names.ids(&self.symbols).iter().copied().filter(|&id| self.track(id).is_some())
    }

    /// How often symbols came or went: what was worked out for all of them holds until it changes.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Place of each symbol in name order, by id.
    pub fn rank(&self) -> &[u32] {
        self.names.rank(&self.symbols)
    }

    pub fn clock(&self) -> Nanos {
        self.clock
    }

    /// The time that readers are told.
    pub fn now(&self) -> Nanos {
        self.now
    }

    /// Takes note of the time without closing anything; it never goes back.
    pub fn observe(&mut self, now: Nanos) {
        self.now = self.now.max(now);
    }

    /// Which events are kept for [`Self::take_events`].
    pub fn subscribe(&mut self, mask: EventMask) {
        self.events.mask = mask;
    }

    /// The events since the last call, shorter intervals first, then by symbol name.
    pub fn take_events(&mut self) -> Vec<Event> {
        self.events.take(self.names.rank(&self.symbols))
    }

    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    pub(super) fn is_loading(&self) -> bool {
        self.loading
    }

    /// While history is loaded, rings do not evict and no events come about.
    pub fn set_loading(&mut self, loading: bool) {
        self.loading = loading;
    }

    /// A symbol, and what its steps know besides; none if it is not there.
    #[inline]
    pub(super) fn open(&mut self, symbol: SymbolId) -> Option<(&mut Track, Shared<'_>)> {
        let (tracks, shared) = self.parts();
        Some((tracks.get_mut(symbol as usize)?.as_deref_mut()?, shared))
    }

    /// The symbols, and what they share.
    #[inline]
    pub(super) fn parts(&mut self) -> (&mut [Option<Box<Track>>], Shared<'_>) {
        let shared = Shared {
            calendars: &self.calendars,
            clock: self.clock,
            loading: self.loading,
            events: &mut self.events,
            due: &mut self.due,
            untold: &mut self.untold,
            is_news: &mut self.is_news,
            refusals: &mut self.refusals,
            versions: &mut self.versions,
            first: 0,
            sheets: Vec::new(),
        };
        (&mut self.tracks, shared)
    }

    /// Works on the symbols, which are read meanwhile for who cuts them again and again.
    pub(super) fn with_sheets<R>(
        &mut self,
        work: impl FnOnce(&mut [Option<Box<Track>>], Shared<'_>) -> R,
    ) -> R {
        let held = self.sheets.waiting();
        let mut sheets: Vec<_> = held.iter().map(|sheet| lock(sheet)).collect();
        let (tracks, mut shared) = self.parts();
        shared.sheets = sheets.iter_mut().map(|sheet| sheet.part()).collect();
        work(tracks, shared)
    }

    #[inline]
    pub(super) fn apply_row(&mut self, symbol: SymbolId, bar: &Bar) -> Outcome {
        let outcome = self.with_track(symbol, |track, context| track.apply(bar, context));
        let outcome = outcome.unwrap_or(Outcome::Refused(Refusal::NotRegistered));
        if let Outcome::Refused(refusal) = outcome {
            self.refusals[refusal as usize] += 1;
        }
        outcome
    }

    /// Lets one symbol change, none if it is not there. Its indicators may be behind afterwards: see [`Self::settle`].
    #[inline]
    pub(super) fn with_track<R>(
        &mut self,
        symbol: SymbolId,
        visit: impl FnOnce(&mut Track, &mut Context<'_>) -> R,
    ) -> Option<R> {
        let (track, mut shared) = self.open(symbol)?;
        let mut context = shared.context(track.calendar);
        let result = visit(track, &mut context);
        let behind = context.changed || context.revised;
        shared.note(track);
        if behind && self.behind.last() != Some(&symbol) {
            self.behind.push(symbol);
        }
        Some(result)
    }

    /// Moves the clock: bars in progress that ended by then are closed, and sessions that have begun begin.
    pub fn advance(&mut self, now: Nanos) -> Result<()> {
        if now < self.clock {
            return Err(Error::ClockBack { now: self.clock, asked: now });
        }
        // A bar that closes after a session has begun is one of that session, however far the clock goes at once.
        let begin =
            |(index, session): (usize, usize)| self.calendars[index].sessions()[session].first_open + 1;
        let mut begins: Vec<Nanos> = self.beginning(now).map(begin).collect();
        begins.retain(|begin| (self.clock..now).contains(begin));
        begins.sort_unstable();
        begins.into_iter().for_each(|begin| self.step(begin));
        self.step(now);
        self.settle_pairs();
        Ok(())
    }

    /// The sessions that have begun by a time and of which nobody knows yet, with their calendars.
    fn beginning(&self, now: Nanos) -> impl Iterator<Item = (usize, usize)> + '_ {
        let begun = move |(index, calendar): (usize, &Calendar)| {
            let session = calendar.session_begun(now);
            session.filter(|_| session > self.begun[index]).map(|session| (index, session))
        };
        self.calendars.iter().enumerate().filter_map(begun)
    }

    fn step(&mut self, now: Nanos) {
        self.clock = now;
        self.observe(now);
        if now >= self.due {
            self.due = Nanos::MAX;
            self.each_track(Track::tick);
            self.settle();
        }
        let beginning: Vec<_> = self.beginning(now).collect();
        beginning.into_iter().for_each(|(index, session)| self.begin(index, session));
    }

    /// Begins the session of a date for all symbols of a calendar: the bars of the session before become history.
    pub fn begin_session(&mut self, calendar: usize, date: Day) -> Result<()> {
        let Some(session) = self.calendars[calendar].session_on(date) else {
            let name = self.calendars[calendar].name().to_owned();
            return Err(Error::Calendar {
                calendar: name,
                reason: format!("it has no session on day {date}"),
            });
        };
        self.begin(calendar, session);
        Ok(())
    }

    /// Closes the session of a date before its time: bars in progress end then, and none is expected after. No symbol may
    /// have a bar that ends later.
    pub fn close_early(&mut self, calendar: usize, date: Day, at: Nanos) -> Result<()> {
        let name = self.calendars[calendar].name().to_owned();
        let refused = |reason: String| Error::Calendar { calendar: name.clone(), reason };
        let Some(session) = self.calendars[calendar].session_on(date) else {
            return Err(refused(format!("it has no session on day {date}")));
        };
        let later = self
            .tracks
            .iter()
            .flatten()
            .find(|t| t.calendar == calendar && t.session == Some(session) && t.newest_end() > at);
        if let Some(track) = later {
            let symbol = self.symbols.name(track.id);
            return Err(refused(format!("{symbol} has a bar that ends after {at}")));
        }
        self.calendars[calendar].close_early(session, at)?;
        for track in self.tracks.iter_mut().flatten().filter(|t| t.calendar == calendar) {
            for forming in track.derived.iter_mut().filter_map(|derived| derived.forming.as_mut()) {
                forming.end = forming.end.min(at.max(forming.bar.ts));
            }
            self.versions[track.id as usize] += 1;
        }
        self.due = self.due.min(at);
        Ok(())
    }

    /// Begins the session of a date for one symbol, which came later than the others.
    pub fn begin_symbol_session(&mut self, symbol: &str, date: Day) -> Result<()> {
        let view = self.symbol(symbol)?;
        let calendar = &self.calendars[view.calendar()];
        let Some(session) = calendar.session_on(date) else {
            let reason = format!("it has no session on day {date}");
            return Err(Error::Calendar { calendar: calendar.name().to_owned(), reason });
        };
        let id = view.id();
        if view.track().session.is_none_or(|current| current < session) {
            self.with_track(id, |track, context| track.begin_session(session, context));
        }
        Ok(())
    }

    fn begin(&mut self, calendar: usize, session: usize) {
        self.begun[calendar] = self.begun[calendar].max(Some(session));
        self.each_track(|track, context| {
            if track.calendar == calendar && track.session.is_none_or(|current| current < session) {
                track.begin_session(session, context);
            }
        });
    }

    pub(super) fn each_track(&mut self, mut visit: impl FnMut(&mut Track, &mut Context<'_>)) {
        let mut behind = std::mem::take(&mut self.behind);
        let (tracks, mut shared) = self.parts();
        for track in tracks.iter_mut().flatten() {
            let mut context = shared.context(track.calendar);
            visit(track, &mut context);
            let (changed, revised) = (context.changed, context.revised);
            if changed {
                shared.note(track);
            }
            if changed || revised {
                behind.push(track.id);
            }
        }
        self.behind = behind;
    }

    /// Why rows were refused, and how often, all symbols together.
    pub fn refusals(&self) -> impl Iterator<Item = (Refusal, u64)> + '_ {
        Refusal::ALL.into_iter().zip(self.refusals).filter(|(_, count)| *count > 0)
    }

    /// Totals over all symbols.
    pub fn counts(&self) -> Counts {
        let mut total = self.removed;
        self.tracks.iter().flatten().for_each(|track| total.add(&track.counts));
        total
    }
}
