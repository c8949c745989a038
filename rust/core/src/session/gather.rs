//! A cut across many symbols: one value a symbol and column.
//!
//! Where a column stands in a symbol is looked up once for each shape that the symbol has had. The state of ten thousand symbols
//! does not fit into a cache, a cut does: so a symbol that changes after a cut is read at once, while it is at hand, the first
//! time. What changes more often before the next cut is read by that.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::symbol::SymbolId;
use crate::time::Nanos;

use super::column::{Column, Figure, Place};
use super::store::Session;
use super::track::Track;

/// Columns that are cut again and again.
#[derive(Debug)]
pub struct Gather(Arc<Mutex<Board>>);

/// What is known of columns, by symbol.
#[derive(Debug)]
pub(super) struct Board {
    columns: Vec<Column>,
    /// Those that change with the clock alone.
    timed: Vec<(usize, Figure)>,
    /// How many cuts there were.
    cuts: u64,
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

/// The boards of a session, for as long as somebody has them.
#[derive(Debug, Default)]
pub(super) struct Boards(Mutex<Vec<Weak<Mutex<Board>>>>);

/// Symbols of a board that follow each other.
#[derive(Debug)]
pub(super) struct Part<'a> {
    columns: &'a [Column],
    cuts: u64,
    first: SymbolId,
    looked: &'a mut [Looked],
    versions: &'a mut [u64],
    places: &'a mut [Place],
    values: &'a mut [f64],
}

impl Gather {
    pub fn new(columns: Vec<Column>) -> Self {
        let timed = columns.iter().enumerate().filter_map(|(i, column)| Some((i, column.timed()?)));
        let (timed, cuts) = (timed.collect(), 0);
        let (looked, versions, places, values) = Default::default();
        Self(Arc::new(Mutex::new(Board { columns, timed, cuts, looked, versions, places, values })))
    }

    /// One vector a column, one value a symbol, NaN where there is none.
    pub fn take(&mut self, session: &Session, symbols: &[SymbolId]) -> Vec<Vec<f64>> {
        session.boards.add(&self.0);
        let mut board = lock(&self.0);
        board.bring_up_to_date(session, symbols);
        let (width, values) = (board.columns.len(), &board.values);
        let mut columns: Vec<Vec<f64>> = (0..width).map(|_| Vec::with_capacity(symbols.len())).collect();
        // The values of so many symbols fit into the first cache, from which the columns take them one after the other.
        for symbols in symbols.chunks(64) {
            for (index, column) in columns.iter_mut().enumerate() {
                column.extend(symbols.iter().map(|&symbol| values[symbol as usize * width + index]));
            }
        }
        columns
    }
}

impl Board {
    fn bring_up_to_date(&mut self, session: &Session, symbols: &[SymbolId]) {
        let (ids, width) = (session.symbols().ids_given(), self.columns.len());
        self.cuts += 1;
        self.looked.resize(ids, Looked::default());
        self.versions.resize(ids, 0);
        self.places.resize(ids * width, Place::Absent);
        self.values.resize(ids * width, f64::NAN);
        let changed =
            |&symbol: &SymbolId| self.versions[symbol as usize] != session.versions[symbol as usize];
        let stale: Vec<SymbolId> = symbols.iter().copied().filter(changed).collect();
        for symbols in stale.chunks(TOGETHER) {
            // A little of each, so that what they wait for memory passes together, not symbol by symbol.
            for deep in [false, true] {
                let tracks = symbols.iter().filter_map(|&symbol| session.track(symbol));
                std::hint::black_box(tracks.fold(0, |sum, track| sum ^ touch(track, deep)));
            }
            for &symbol in symbols {
                let id = symbol as usize;
                self.versions[id] = session.versions[id];
                match session.track(symbol) {
                    Some(track) => self.part().read(track, session.clock),
                    None => self.values[id * width..][..width].fill(f64::NAN),
                }
            }
        }
        if !self.timed.is_empty() {
            for view in symbols.iter().filter_map(|&symbol| session.view(symbol)) {
                let values = &mut self.values[view.id() as usize * width..][..width];
                self.timed.iter().for_each(|&(column, figure)| values[column] = view.figure(figure));
            }
        }
    }

    /// All symbols.
    pub(super) fn part(&mut self) -> Part<'_> {
        let Self { columns, cuts, looked, versions, places, values, .. } = self;
        Part { columns, cuts: *cuts, first: 0, looked, versions, places, values }
    }
}

impl Boards {
    fn add(&self, board: &Arc<Mutex<Board>>) {
        let mut boards = lock(&self.0);
        if boards.iter().all(|there| there.as_ptr() != Arc::as_ptr(board)) {
            boards.push(Arc::downgrade(board));
        }
    }

    /// Those that somebody has.
    pub(super) fn all(&mut self) -> Vec<Arc<Mutex<Board>>> {
        let boards = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        boards.retain(|board| board.strong_count() > 0);
        boards.iter().filter_map(Weak::upgrade).collect()
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
        let waits = |board: &Self, track: &Track| {
            let at = (track.id - board.first) as usize;
            let known = board.versions.get(at).is_some_and(|&known| known != 0 && known != version(track.id));
            known && board.looked[at].cuts != board.cuts
        };
        // The newest longer bars are not at hand where none has closed.
        let waiting = tracks.iter().filter(|track| waits(self, track));
        std::hint::black_box(waiting.fold(0, |sum, track| sum ^ touch(track, true)));
        for track in tracks {
            if waits(self, track) {
                let at = (track.id - self.first) as usize;
                (self.versions[at], self.looked[at].cuts) = (version(track.id), self.cuts);
                self.read(track, clock);
            }
        }
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

#[cfg(test)]
mod tests {
    use super::super::layout::{IntervalRequest, Layout};
    use super::super::store::{Row, Settings};
    use super::*;
    use crate::bar::Bar;
    use crate::calendar::{Calendar, Segment};
    use crate::derive::Align;

    const MINUTE: Nanos = 60_000_000_000;

    #[test]
    fn what_changes_once_after_a_cut_is_there_before_the_next() {
        let mut session = Session::new(Settings { capacity: 100, align: Align::Session });
        let segment = Segment { date: 1, open: 0, close: 60 * MINUTE, regular: true, utc_offset: 0 };
        let calendar = session.add_calendar(Calendar::new("TEST", vec![segment]).expect("in order"));
        let base = IntervalRequest { interval: "1m".parse().expect("an interval"), keep_sessions: 0 };
        let layout = Layout::new(base, &[], &[], Align::Session).expect("a layout");
        session.register(["A", "B"], calendar, &layout).expect("names");
        let mut gather = Gather::new(vec![Column::Figure(Figure::Last)]);
        let both = |minute: Nanos| {
            [0, 1].map(|symbol| Row {
                symbol,
                bar: Bar::new(minute * MINUTE, [minute as f64; 4], 1.0, 1.0, 1.0),
            })
        };
        let last = |gather: &Gather| lock(&gather.0).values.clone();
        gather.take(&session, &[0, 1]);
        session.apply(&both(1));
        assert_eq!(last(&gather), [1.0, 1.0]);
        session.apply(&both(2));
        assert_eq!(last(&gather), [1.0, 1.0]);
        assert_eq!(gather.take(&session, &[0, 1]), [[2.0, 2.0]]);
        session.apply(&both(3)[..1]);
        session.apply(&both(3)[1..]);
        assert_eq!(last(&gather), [3.0, 3.0]);
        drop(gather);
        assert!(session.boards.all().is_empty());
    }
}
