//! A cut across many symbols: one value a symbol and column.
//!
//! Where a column stands in a symbol is looked up once for each shape that the symbol has had, and what was read is read
//! again only from symbols that changed meanwhile: the state of ten thousand symbols does not fit into a cache, a cut does.

use crate::bar::Bar;
use crate::interval::Interval;
use crate::symbol::SymbolId;

use super::read::SymbolView;
use super::store::Session;
use super::track::Track;

/// A field of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Open,
    High,
    Low,
    Close,
    Volume,
    Vwap,
    TradeCount,
}

/// A figure of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    DayOpen,
    DayHigh,
    DayLow,
    Last,
    DayVolume,
    SessionVwap,
    PreviousClose,
    GapPercent,
    ChangePercent,
    BarCount,
    /// Seconds since the end of the newest base bar.
    Age,
    /// Present base bars in percent of the expected ones.
    Quality,
    /// Volume of the session so far against the same time of day in the earlier sessions that are kept.
    RelativeVolume,
}

/// What is wanted of each symbol.
#[derive(Debug, Clone)]
pub enum Column {
    /// Of the newest closed bar, of the session or, if it has none yet, of history; without an interval, of the base.
    Bar {
        field: Field,
        interval: Option<Interval>,
    },
    /// Of the bar in progress; for base bars that come whole, of the session's newest.
    Forming {
        field: Field,
        interval: Option<Interval>,
    },
    /// An output of the indicator of that key.
    Indicator {
        key: String,
        output: usize,
    },
    Figure(Figure),
}

/// Where a column stands in a symbol.
#[derive(Debug, Clone, Copy)]
enum Place {
    Absent,
    Bar { series: u16, field: Field },
    Forming { series: u16, field: Field },
    Output { series: u16, stack: u16, output: u32 },
    Figure(Figure),
}

/// Columns, and where they stand in the symbols that were looked at.
#[derive(Debug)]
pub struct Gather {
    columns: Vec<Column>,
    /// By symbol: the shape that its places are of, 0 for none.
    shapes: Vec<u64>,
    /// By symbol and column.
    places: Vec<Place>,
    /// By symbol: the version that its values are of.
    versions: Vec<u64>,
    /// By symbol and column.
    values: Vec<f64>,
    /// Columns that change with the clock alone.
    timed: Vec<usize>,
}

impl Gather {
    pub fn new(columns: Vec<Column>) -> Self {
        let timed = (0..columns.len()).filter(|&i| columns[i].is_timed()).collect();
        let (shapes, versions) = (Vec::new(), Vec::new());
        Self { columns, shapes, places: Vec::new(), versions, values: Vec::new(), timed }
    }

    /// One vector a column, one value a symbol, NaN where there is none.
    pub fn take(&mut self, session: &Session, symbols: &[SymbolId]) -> Vec<Vec<f64>> {
        let width = self.columns.len();
        let ids = session.symbols().ids_given();
        self.shapes.resize(ids, 0);
        self.versions.resize(ids, 0);
        self.places.resize(ids * width, Place::Absent);
        self.values.resize(ids * width, f64::NAN);
        for symbols in symbols.chunks(TOGETHER) {
            let changed =
                |symbol: &SymbolId| self.versions[*symbol as usize] != session.versions[*symbol as usize];
            // A little of each, so that what they wait for memory passes together, not symbol by symbol.
            for deep in [false, true] {
                let touched =
                    symbols.iter().copied().filter(changed).filter_map(|symbol| session.view(symbol));
                std::hint::black_box(touched.fold(0, |sum, view| sum ^ touch(view.track(), deep)));
            }
            for &symbol in symbols {
                let id = symbol as usize;
                if self.versions[id] != session.versions[id] {
                    self.versions[id] = session.versions[id];
                    self.refresh(session, symbol);
                } else if !self.timed.is_empty() {
                    self.refresh_timed(session, symbol);
                }
            }
        }
        let column =
            |index: usize| symbols.iter().map(|&s| self.values[s as usize * width + index]).collect();
        (0..width).map(column).collect()
    }

    fn refresh(&mut self, session: &Session, symbol: SymbolId) {
        let (id, width) = (symbol as usize, self.columns.len());
        let (places, values) =
            (&mut self.places[id * width..][..width], &mut self.values[id * width..][..width]);
        let Some(view) = session.view(symbol) else {
            values.fill(f64::NAN);
            return;
        };
        let track = view.track();
        if self.shapes[id] != track.shape {
            self.shapes[id] = track.shape;
            for (column, place) in self.columns.iter().zip(places.iter_mut()) {
                *place = find(track, column);
            }
        }
        for (place, value) in places.iter().zip(values) {
            *value = read(&view, track, *place);
        }
    }

    fn refresh_timed(&mut self, session: &Session, symbol: SymbolId) {
        let start = symbol as usize * self.columns.len();
        let Some(view) = session.view(symbol) else { return };
        for &index in &self.timed {
            self.values[start + index] = read(&view, view.track(), self.places[start + index]);
        }
    }
}

impl Column {
    fn is_timed(&self) -> bool {
        matches!(self, Self::Figure(Figure::Age | Figure::Quality | Figure::RelativeVolume))
    }
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

fn find(track: &Track, column: &Column) -> Place {
    let series = std::iter::once(&track.base).chain(track.derived.iter().map(|d| &d.series));
    let at = |interval: &Option<Interval>| match interval {
        None => Some(0),
        Some(interval) => std::iter::once(&track.base)
            .chain(track.derived.iter().map(|d| &d.series))
            .position(|s| s.interval() == *interval),
    };
    match column {
        Column::Bar { field, interval } => {
            at(interval).map_or(Place::Absent, |i| Place::Bar { series: i as u16, field: *field })
        }
        Column::Forming { field, interval } => {
            at(interval).map_or(Place::Absent, |i| Place::Forming { series: i as u16, field: *field })
        }
        Column::Indicator { key, output } => {
            let found = series.enumerate().find_map(|(i, s)| {
                s.stacks().iter().enumerate().find_map(|(j, stack)| {
                    let index = stack.program().position(key)?;
                    let range = stack.program().plan.output_range(index);
                    let output = (range.start + output) as u32;
                    Some(Place::Output { series: i as u16, stack: j as u16, output })
                })
            });
            found.unwrap_or(Place::Absent)
        }
        Column::Figure(figure) => Place::Figure(*figure),
    }
}

#[inline]
fn read(view: &SymbolView<'_>, track: &Track, place: Place) -> f64 {
    let series = |index: u16| match index {
        0 => &track.base,
        _ => &track.derived[index as usize - 1].series,
    };
    match place {
        Place::Absent => f64::NAN,
        Place::Bar { series: index, field } => {
            let series = series(index);
            let bar = series.newest().or_else(|| series.past().next_back().and_then(|p| p.bars.last()));
            bar.map_or(f64::NAN, |bar| of(bar, field))
        }
        Place::Forming { series: 0, field } => match &track.book {
            Some(_) => view.forming(track.base.interval()).ok().flatten().map_or(f64::NAN, |b| of(&b, field)),
            None => track.base.newest().map_or(f64::NAN, |bar| of(bar, field)),
        },
        Place::Forming { series: index, field } => {
            track.derived[index as usize - 1].forming.as_ref().map_or(f64::NAN, |f| of(&f.bar, field))
        }
        Place::Output { series: index, stack, output } => {
            let stack = &series(index).stacks()[stack as usize];
            stack.program().plan.outputs(stack.block())[output as usize]
        }
        Place::Figure(figure) => view.figure(figure),
    }
}

#[inline]
fn of(bar: &Bar, field: Field) -> f64 {
    match field {
        Field::Open => bar.open,
        Field::High => bar.high,
        Field::Low => bar.low,
        Field::Close => bar.close,
        Field::Volume => bar.volume,
        Field::Vwap => bar.vwap(),
        Field::TradeCount => bar.trade_count,
    }
}

impl SymbolView<'_> {
    /// A figure of the session, NaN where there is none.
    #[inline]
    pub fn figure(&self, figure: Figure) -> f64 {
        let metrics = self.metrics();
        let day = |of: fn(&Bar) -> f64| metrics.regular.bar.as_ref().map_or(f64::NAN, of);
        match figure {
            Figure::DayOpen => day(|b| b.open),
            Figure::DayHigh => day(|b| b.high),
            Figure::DayLow => day(|b| b.low),
            Figure::Last => day(|b| b.close),
            Figure::DayVolume => metrics.regular.bar.map_or(0.0, |b| b.volume),
            Figure::SessionVwap => day(Bar::vwap),
            Figure::PreviousClose => metrics.previous_close,
            Figure::GapPercent => metrics.gap_percent(),
            Figure::ChangePercent => (day(|b| b.close) / metrics.previous_close - 1.0) * 100.0,
            Figure::BarCount => metrics.regular.count as f64,
            Figure::Age => self.age_seconds(),
            Figure::Quality => {
                let coverage = self.coverage(self.base_interval()).ok().flatten();
                coverage.and_then(|c| c.percent()).unwrap_or(f64::NAN)
            }
            Figure::RelativeVolume => self.relative_volume(),
        }
    }
}
