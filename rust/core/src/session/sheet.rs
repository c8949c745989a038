//! Columns over many symbols that are cut again and again.
//!
//! Where a column stands in a symbol is looked up once for each shape that the symbol has had. The state of ten thousand symbols
//! does not fit into a cache, a cut does: so a symbol that changes after a cut is read at once, while it is at hand, the first
//! time. What changes more often before the next cut is read by that.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::symbol::SymbolId;
use crate::time::Nanos;

use super::column::{Column, Figure, Place};
use super::track::Track;

/// What is known of columns, by symbol.
#[derive(Debug)]
pub(super) struct Sheet {
    columns: Vec<Column>,
    /// Those that change with the clock alone; they are for the caller to put.
    timed: Vec<(usize, Figure)>,
    /// How many cuts there were.
    cuts: u64,
    /// How many symbols have ever been asked for, and how many of them have not changed since the last cut.
    known: usize,
    waiting: AtomicUsize,
    looked: Vec<Looked>,
    /// The version of a symbol that its values are of, 0 for one that was never asked for.
    versions: Vec<u64>,
    /// By symbol and column.
    places: Vec<Place>,
    /// By symbol and column.
    values: Vec<f64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Looked {
    /// The shape that a symbol's places are of, 0 for none.
    shape: u64,
    /// After how many cuts it was read because it had changed.
    cuts: u64,
}

/// The sheets of a session, for as long as somebody has them.
#[derive(Debug, Default)]
pub(super) struct Sheets {
    sheets: Mutex<Vec<Weak<Mutex<Sheet>>>>,
    /// Whether no symbol of any of them waits to be read: then a change has nothing to look at.
    idle: AtomicBool,
}

/// Symbols of a sheet that follow each other.
#[derive(Debug)]
pub(super) struct Part<'a> {
    columns: &'a [Column],
    cuts: u64,
    waiting: &'a AtomicUsize,
    first: SymbolId,
    looked: &'a mut [Looked],
    versions: &'a mut [u64],
    places: &'a mut [Place],
    values: &'a mut [f64],
}

impl Sheet {
    pub(super) fn new(columns: Vec<Column>) -> Self {
        let timed = columns.iter().enumerate().filter_map(|(i, column)| Some((i, column.timed()?)));
        let (timed, cuts, known, waiting) = (timed.collect(), 0, 0, AtomicUsize::new(0));
        let (looked, versions, places, values) = Default::default();
        Self { columns, timed, cuts, known, waiting, looked, versions, places, values }
    }

    /// Begins a cut: reads those of the symbols that have another version than when they were read last. `versions` are those of
    /// all symbols that there have been.
    pub(super) fn cut<'t>(
        &mut self,
        symbols: &[SymbolId],
        versions: &[u64],
        track: impl Fn(SymbolId) -> Option<&'t Track>,
        clock: Nanos,
    ) {
        let (ids, width) = (versions.len(), self.columns.len());
        self.cuts += 1;
        self.looked.resize(ids, Looked::default());
        self.versions.resize(ids, 0);
        self.places.resize(ids * width, Place::Absent);
        self.values.resize(ids * width, f64::NAN);
        let changed = |&symbol: &SymbolId| self.versions[symbol as usize] != versions[symbol as usize];
        let stale: Vec<SymbolId> = symbols.iter().copied().filter(changed).collect();
        for symbols in stale.chunks(TOGETHER) {
            // A little of each, so that what they wait for memory passes together, not symbol by symbol.
            for deep in [false, true] {
                let tracks = symbols.iter().filter_map(|&symbol| track(symbol));
                std::hint::black_box(tracks.fold(0, |sum, track| sum ^ touch(track, deep)));
            }
            for &symbol in symbols {
                let id = symbol as usize;
                self.known += usize::from(self.versions[id] == 0);
                self.versions[id] = versions[id];
                match track(symbol) {
                    Some(track) => self.part().read(track, clock),
                    None => self.values[id * width..][..width].fill(f64::NAN),
                }
            }
        }
        *self.waiting.get_mut() = self.known;
    }

    /// The columns that change with the clock alone: which, and the figure.
    pub(super) fn timed(&self) -> &[(usize, Figure)] {
        &self.timed
    }

    /// What a symbol has in all columns.
    pub(super) fn values_mut(&mut self, symbol: SymbolId) -> &mut [f64] {
        let width = self.columns.len();
        &mut self.values[symbol as usize * width..][..width]
    }

    /// One vector a column, one value a symbol.
    pub(super) fn columns(&self, symbols: &[SymbolId]) -> Vec<Vec<f64>> {
        let (width, values) = (self.columns.len(), &self.values);
        let mut columns: Vec<Vec<f64>> = (0..width).map(|_| Vec::with_capacity(symbols.len())).collect();
        // The values of so many symbols fit into the first cache, from which the columns take them one after the other.
        for symbols in symbols.chunks(64) {
            for (index, column) in columns.iter_mut().enumerate() {
                column.extend(symbols.iter().map(|&symbol| values[symbol as usize * width + index]));
            }
        }
        columns
    }

    /// All symbols.
    pub(super) fn part(&mut self) -> Part<'_> {
        let Self { columns, cuts, waiting, looked, versions, places, values, .. } = self;
        Part { columns, cuts: *cuts, waiting, first: 0, looked, versions, places, values }
    }
}

impl Sheets {
    /// A sheet is about to be cut.
    pub(super) fn add(&self, sheet: &Arc<Mutex<Sheet>>) {
        let mut sheets = lock(&self.sheets);
        if sheets.iter().all(|there| there.as_ptr() != Arc::as_ptr(sheet)) {
            sheets.push(Arc::downgrade(sheet));
        }
        self.idle.store(false, Relaxed);
    }

    /// Those that somebody has, and of which symbols wait to be read.
    #[inline]
    pub(super) fn waiting(&mut self) -> Vec<Arc<Mutex<Sheet>>> {
        if *self.idle.get_mut() { Vec::new() } else { self.look() }
    }

    #[inline(never)]
    fn look(&mut self) -> Vec<Arc<Mutex<Sheet>>> {
        let sheets = self.sheets.get_mut().unwrap_or_else(PoisonError::into_inner);
        sheets.retain(|sheet| sheet.strong_count() > 0);
        let there = sheets.iter().filter_map(Weak::upgrade);
        let waiting: Vec<_> = there.filter(|sheet| *lock(sheet).waiting.get_mut() > 0).collect();
        *self.idle.get_mut() = waiting.is_empty();
        waiting
    }
}

impl Part<'_> {
    /// So many symbols, and those behind.
    pub(super) fn split_at(self, symbols: usize) -> (Self, Self) {
        let (width, symbols) = (self.columns.len(), symbols.min(self.versions.len()));
        let (looked, looked_behind) = self.looked.split_at_mut(symbols);
        let (versions, versions_behind) = self.versions.split_at_mut(symbols);
        let (places, places_behind) = self.places.split_at_mut(symbols * width);
        let (values, values_behind) = self.values.split_at_mut(symbols * width);
        let behind = Self {
            first: self.first + symbols as SymbolId,
            looked: looked_behind,
            versions: versions_behind,
            places: places_behind,
            values: values_behind,
            ..self
        };
        (Self { looked, versions, places, values, ..self }, behind)
    }

    /// Reads those symbols that may have changed, and are at hand, for the first time after a cut in which they were.
    pub(super) fn follow(&mut self, tracks: &[&mut Track], version: impl Fn(SymbolId) -> u64, clock: Nanos) {
        let waits = |sheet: &Self, track: &Track| {
            let at = (track.id - sheet.first) as usize;
            let known = sheet.versions.get(at).is_some_and(|&known| known != 0 && known != version(track.id));
            known && sheet.looked[at].cuts != sheet.cuts
        };
        // The newest longer bars are not at hand where none has closed.
        let waiting = tracks.iter().filter(|track| waits(self, track));
        std::hint::black_box(waiting.fold(0, |sum, track| sum ^ touch(track, true)));
        let mut read = 0;
        for track in tracks {
            if waits(self, track) {
                read += 1;
                let at = (track.id - self.first) as usize;
                (self.versions[at], self.looked[at].cuts) = (version(track.id), self.cuts);
                self.read(track, clock);
            }
        }
        self.waiting.fetch_sub(read, Relaxed);
    }

    fn read(&mut self, track: &Track, clock: Nanos) {
        let (at, width) = ((track.id - self.first) as usize, self.columns.len());
        let (looked, places) = (&mut self.looked[at], &mut self.places[at * width..][..width]);
        if looked.shape != track.shape {
            looked.shape = track.shape;
            for (column, place) in self.columns.iter().zip(&mut *places) {
                *place = Place::find(track, column);
            }
        }
        for (place, value) in places.iter().zip(&mut self.values[at * width..][..width]) {
            *value = place.read(track, clock);
        }
    }
}

pub(super) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Symbols whose state is fetched at once.
const TOGETHER: usize = 16;

/// A bit of what columns are read from: of what a symbol has, or of what that refers to.
#[inline]
fn touch(track: &Track, deep: bool) -> u64 {
    let series = std::iter::once(&track.base).chain(track.derived.iter().map(|d| &d.series));
    if !deep {
        return series.fold(track.shape, |sum, series| sum ^ series.stacks().len() as u64);
    }
    series.fold(0, |sum, series| {
        let bar = series.newest().map_or(0, |bar| bar.close.to_bits());
        let outputs = series.stacks().iter().map(|stack| stack.program().plan.outputs(stack.block()));
        sum ^ bar ^ outputs.filter_map(|outputs| outputs.first()).fold(0, |sum, x| sum ^ x.to_bits())
    })
}
