//! What an indicator reads of many bars: its source, its past, and what its [`ahead`](crate::indicator::Indicator::ahead)
//! lists, worked out stretch by stretch.

use std::ops::Range;

use bytemuck::Zeroable;

use crate::indicator::ahead::{Ahead, Over, Term};
use crate::indicator::along::Columns;
use crate::indicator::input::{Column, Field, Input, Lookback, Table};
use crate::indicator::parts::{
    Compared, Highest, Lowest, Pairs, Rolling, Sliding, Strength, Total, Weighted,
};
use crate::indicator::registry::Kernel;

/// Terms from some rows before a stretch to its end.
#[derive(Debug)]
struct Terms<'a> {
    of: Term,
    /// The bars' own column, if they are one.
    own: Option<&'a [f64]>,
    /// How many rows before the stretch are wanted.
    kept: usize,
    /// As they were how many bars ago they are wanted, also of the first bars.
    ago: usize,
    values: Vec<f64>,
}

/// A window over terms.
#[derive(Debug)]
struct Windows {
    /// Which of the terms, and of those of the other series.
    terms: usize,
    others: Option<usize>,
    /// Which later windows of as many terms go with these: at most two.
    beside: Vec<usize>,
    over: Over,
    state: State,
    /// What it says: the last rows before the stretch first, as many as [`AGO`].
    found: Vec<f64>,
}

/// What windows have come to.
#[derive(Debug)]
enum State {
    Nothing,
    Mean(Rolling),
    Total(Total),
    Weighted(Weighted),
    Strength(Strength),
    Pairs(Pairs),
}

/// What an indicator reads of many bars, stretch by stretch.
#[derive(Debug)]
pub(super) struct Worked<'a> {
    bars: &'a Columns<'a>,
    /// The source first.
    terms: Vec<Terms<'a>>,
    windows: Vec<Windows>,
    /// Which terms it looks back on.
    pasts: Vec<usize>,
    columns: Vec<Place>,
    sliding: Sliding,
}

/// Where a column of the list is, and how many bars ago it is wanted of.
#[derive(Debug, Clone, Copy)]
enum Place {
    Terms(usize, usize),
    Windows(usize, usize),
}

/// How many bars ago, at most, a window's column is wanted of.
const AGO: usize = 3;

impl<'a> Worked<'a> {
    pub(super) fn new(kernel: &Kernel, reads: Field, bars: &'a Columns<'a>) -> Self {
        Self::of(&kernel.lookbacks(), &kernel.ahead(), reads, bars)
    }

    fn of(lookbacks: &[Lookback], list: &[Ahead], reads: Field, bars: &'a Columns<'a>) -> Self {
        let (terms, windows, columns) = (Vec::new(), Vec::new(), Vec::new());
        let mut worked =
            Self { bars, terms, windows, pasts: Vec::new(), columns, sliding: Sliding::default() };
        worked.terms_of(Term::Field(reads), reads, 1);
        for &Lookback { field, bars } in lookbacks {
            let terms = worked.terms_of(Term::Field(field), reads, bars);
            worked.pasts.push(terms);
        }
        for &Ahead { of, over, ago } in list {
            let terms = worked.terms_of(of, reads, over.bars().max(ago));
            if over == Over::Each {
                worked.terms[terms].ago = worked.terms[terms].ago.max(ago);
                worked.columns.push(Place::Terms(terms, ago));
                continue;
            }
            let compares = matches!(over, Over::Correlation(_) | Over::Slope(_));
            let others = compares.then(|| worked.terms_of(of.of_other(), reads, over.bars()));
            let there = worked.windows.iter().position(|w| w.terms == terms && w.over == over);
            debug_assert!(ago <= AGO, "windows are kept so long only");
            let windows = there.unwrap_or_else(|| {
                let found = vec![f64::NAN; AGO];
                worked.windows.push(Windows {
                    terms,
                    others,
                    beside: Vec::new(),
                    over,
                    state: State::of(over),
                    found,
                });
                worked.windows.len() - 1
            });
            worked.columns.push(Place::Windows(windows, ago));
        }
        debug_assert!(worked.columns.len() <= Input::MAX_AHEAD);
        worked.group();
        worked
    }

    /// Finds totals that go together.
    fn group(&mut self) {
        let alike = |index: usize| {
            let Windows { terms, over, .. } = self.windows[index];
            let of = self.terms[terms].of;
            let sums = matches!(over, Over::Total(_)) && !matches!(of, Term::Ahead(_) | Term::Lead(..));
            sums.then(|| (over, of.skipped()))
        };
        let mut free: Vec<usize> = (0..self.windows.len()).filter(|&index| alike(index).is_some()).collect();
        let mut groups = Vec::new();
        while let Some((&first, later)) = free.split_first() {
            let beside: Vec<usize> =
                later.iter().copied().filter(|&index| alike(index) == alike(first)).take(2).collect();
            free = later.iter().copied().filter(|index| !beside.contains(index)).collect();
            groups.push((first, beside));
        }
        groups.into_iter().for_each(|(first, beside)| self.windows[first].beside = beside);
    }

    /// Where terms are, of which so many rows before a stretch are wanted.
    fn terms_of(&mut self, of: Term, reads: Field, bars: usize) -> usize {
        let of = if of == Term::Field(Field::Source) { Term::Field(reads) } else { of };
        let index = self.terms.iter().position(|terms| terms.of == of).unwrap_or_else(|| {
            let own = if let Term::Field(field) = of { self.bars.column(field) } else { None };
            self.terms.push(Terms { of, own, kept: AGO, ago: 0, values: Vec::new() });
            self.terms.len() - 1
        });
        self.terms[index].kept = self.terms[index].kept.max(bars);
        index
    }

    /// Whether anything is worked out ahead that is not among the bars.
    pub(super) fn is_ahead(&self) -> bool {
        let made = |terms: &Terms| !matches!(terms.of, Term::Field(_));
        !self.windows.is_empty() || self.terms.iter().skip(1).any(made)
    }

    /// How many rows before a stretch are wanted.
    pub(super) fn longest(&self) -> usize {
        self.terms.iter().map(|terms| terms.kept).fold(0, usize::max)
    }

    /// What it [looks at](Term::looks) in passing at all rows but the first.
    pub(super) fn looks(&self) -> impl Iterator<Item = Field> {
        let windows =
            self.windows.iter().filter_map(|windows| match (windows.over, self.terms[windows.terms].of) {
                (Over::Highest(_) | Over::Lowest(_), Term::Field(field)) => Some(field),
                _ => None,
            });
        self.terms.iter().flat_map(|terms| terms.of.looks().iter().copied()).chain(windows)
    }

    /// Works out what there is of a stretch of rows, the last windows into `last`, if that is given. Stretches follow each other.
    /// Whether all that it looks at are finite numbers.
    pub(super) fn take(&mut self, rows: Range<usize>, mut last: Option<&mut [f64]>) -> bool {
        let bars = self.bars;
        let Some((source, others)) = self.terms.split_first_mut() else { return true };
        source.take(bars, &[], rows.clone());
        let source = source.column(&rows).values;
        let mut finite = true;
        others.iter_mut().for_each(|terms| finite &= terms.take(bars, source, rows.clone()));
        for index in 0..self.windows.len() {
            let (done, rest) = self.windows.split_at_mut(index);
            let Some((windows, later)) = rest.split_first_mut() else { continue };
            // With those that stand before.
            if done.iter().any(|before| before.beside.contains(&index)) {
                continue;
            }
            if done.iter().all(|before| before.terms != windows.terms) {
                self.terms[windows.terms].follow(done);
            }
            let skipped = skipped(&self.terms, done, windows.terms);
            let column = |terms: usize| self.terms[terms].column(&rows);
            let later_at = |beside: usize| beside - index - 1;
            match *windows.beside.as_slice() {
                [one, two] => {
                    let places = [later_at(one), later_at(two)];
                    let Ok([one, two]) = later.get_disjoint_mut(places) else { continue };
                    let all = [windows, one, two].map(|windows| (column(windows.terms), windows));
                    Windows::take_all(all, skipped, &rows);
                }
                [one] => {
                    let one = &mut later[later_at(one)];
                    let all = [windows, one].map(|windows| (column(windows.terms), windows));
                    Windows::take_all(all, skipped, &rows);
                }
                _ => {
                    let others = windows.others.map(column);
                    let into = if later.is_empty() { last.take() } else { None };
                    finite &=
                        windows.take(skipped, column(windows.terms), others, &rows, &mut self.sliding, into);
                }
            }
        }
        finite
    }

    /// What the indicator reads of each bar of the stretch that was taken.
    pub(super) fn source(&self, rows: &Range<usize>) -> &[f64] {
        let Column { values, before } = self.terms[0].column(rows);
        &values[before..]
    }

    /// What it looks back on.
    pub(super) fn table(&self, rows: &Range<usize>) -> Table<'_> {
        let mut table = Table::default();
        for (past, &terms) in table.pasts.iter_mut().zip(&self.pasts) {
            *past = self.terms[terms].column(rows);
        }
        table
    }

    /// Puts the columns of its list there.
    pub(super) fn columns<'s>(&'s self, rows: &Range<usize>, into: &mut [&'s [f64]; Input::MAX_AHEAD]) {
        for (column, place) in into.iter_mut().zip(&self.columns) {
            *column = match *place {
                Place::Terms(terms, ago) => {
                    let Column { values, before } = self.terms[terms].column(rows);
                    &values[before - ago..values.len() - ago]
                }
                Place::Windows(windows, ago) => {
                    let found = &self.windows[windows].found;
                    &found[AGO - ago..found.len() - ago]
                }
            };
        }
    }
}

/// At how many of the first bars terms have no value.
fn skipped(terms: &[Terms<'_>], windows: &[Windows], index: usize) -> usize {
    match terms[index].of {
        Term::Ahead(other) | Term::Lead(_, other) => {
            let other = &windows[other];
            other.over.bars() - 1 + skipped(terms, windows, other.terms)
        }
        of => of.skipped(),
    }
}

impl Terms<'_> {
    /// Lets go of what is past, and adds the rows of a stretch; `source` ends with them. Whether all that is looked at are finite numbers.
    fn take(&mut self, bars: &Columns<'_>, source: &[f64], rows: Range<usize>) -> bool {
        if self.values.is_empty() {
            self.values.resize(self.kept, 0.0);
        }
        if self.own_at(&rows).is_some() {
            return true;
        }
        self.values.drain(..self.values.len().saturating_sub(self.kept));
        self.of.make(bars, source, rows, &mut self.values)
    }

    /// Adds what is made of windows, those of the rows of the stretch.
    fn follow(&mut self, windows: &[Windows]) {
        let found = |index: usize| &windows[index].found[AGO..];
        match self.of {
            Term::Ahead(of) => self.values.extend_from_slice(found(of)),
            Term::Lead(of, less) => {
                self.values.extend(found(of).iter().zip(found(less)).map(|(a, b)| 2.0 * a - b));
            }
            _ => {}
        }
    }

    /// The bars' own column, if they are one, and as far back as wanted.
    fn own_at(&self, rows: &Range<usize>) -> Option<&[f64]> {
        self.own.filter(|_| rows.start >= self.ago)
    }

    fn column(&self, rows: &Range<usize>) -> Column<'_> {
        self.own_at(rows).map_or_else(
            || Column { values: &self.values, before: self.values.len() - rows.len() },
            |values| Column { values: &values[..rows.end], before: rows.start },
        )
    }
}

impl State {
    fn of(over: Over) -> Self {
        match over {
            Over::Mean(_) => Self::Mean(Rolling::zeroed()),
            Over::Total(_) => Self::Total(Total::zeroed()),
            Over::Weighted(_) => Self::Weighted(Weighted::zeroed()),
            Over::Strength(_) => Self::Strength(Strength::zeroed()),
            Over::Correlation(_) | Over::Slope(_) => Self::Pairs(Pairs::zeroed()),
            _ => Self::Nothing,
        }
    }
}

impl Windows {
    /// Lets go of what is past, and makes room for a stretch. Of its rows, the first have no term: gives how many, and how many terms
    /// have come before the others.
    fn start(&mut self, skipped: usize, rows: &Range<usize>) -> (usize, usize) {
        let newest = self.found.len() - AGO;
        self.found.copy_within(newest.., 0);
        // What is there already is written over, all of it.
        self.found.resize(AGO + rows.len(), f64::NAN);
        let without = skipped.saturating_sub(rows.start).min(rows.len());
        self.found[AGO..][..without].fill(f64::NAN);
        (without, (rows.start + without).saturating_sub(skipped))
    }

    /// Takes a stretch of rows of several totals of as many terms.
    fn take_all<const N: usize>(all: [(Column<'_>, &mut Self); N], skipped: usize, rows: &Range<usize>) {
        let n = all[0].1.over.bars();
        let (mut without, mut seen) = (0, 0);
        let totals = all.map(|(column, windows)| {
            (without, seen) = windows.start(skipped, rows);
            let State::Total(total) = &mut windows.state else { unreachable!("these are totals") };
            (total, column.from(without), &mut windows.found[AGO + without..])
        });
        Total::along_all(totals, n, seen);
    }

    /// Takes a stretch of rows; what it says goes into `into`, if that is given. Whether all that is looked at are finite numbers.
    fn take(
        &mut self,
        skipped: usize,
        column: Column<'_>,
        others: Option<Column<'_>>,
        rows: &Range<usize>,
        sliding: &mut Sliding,
        into: Option<&mut [f64]>,
    ) -> bool {
        let (without, seen) = self.start(skipped, rows);
        let found = match into {
            Some(into) => {
                into[..without].fill(f64::NAN);
                &mut into[without..]
            }
            None => &mut self.found[AGO + without..],
        };
        let (n, column) = (self.over.bars(), column.from(without));
        match &mut self.state {
            State::Mean(mean) => mean.along(n, seen, column, found),
            State::Total(total) => total.along(n, seen, column, found),
            State::Weighted(weighted) => weighted.along(n, seen, column, found),
            State::Strength(strength) => strength.along(n - 1, seen, column, found),
            State::Pairs(pairs) => {
                let others = others.map_or(column, |others| others.from(without));
                if matches!(self.over, Over::Slope(_)) {
                    pairs.along(n, seen, [others, column], found, Compared::slope);
                } else {
                    pairs.along(n, seen, [column, others], found, Compared::correlation);
                }
            }
            State::Nothing => match self.over {
                Over::Highest(n) => return sliding.extremes::<Highest>(n, seen, column, found),
                Over::Lowest(n) => return sliding.extremes::<Lowest>(n, seen, column, found),
                Over::HighestAge(n) => sliding.ages::<Highest>(n, seen, column, found),
                Over::LowestAge(n) => sliding.ages::<Lowest>(n, seen, column, found),
                _ => {}
            },
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::parts::change;
    use crate::indicator::ring::Past;

    /// Flat stretches, spikes that the sums must forget, and a walk.
    fn spiky(i: i64) -> f64 {
        let walk = 100.0 + 0.01 * ((i * 7919) % 1000) as f64;
        match i % 997 {
            0..3 => 1e7,
            200..300 => 100.0,
            _ => walk,
        }
    }

    #[test]
    fn stretches_say_what_single_steps_say() {
        let close: Vec<f64> = (0..3000).map(spiky).collect();
        let volume: Vec<f64> = (0..3000).map(|i| if i % 500 < 60 { 0.0 } else { spiky(i + 31) }).collect();
        let other: Vec<f64> = (0..3000).map(|i| spiky(i + 500) + spiky(3 * i)).collect();
        let columns = Columns {
            open: &close,
            high: &close,
            low: &close,
            close: &close,
            volume: &volume,
            session: None,
            regular: None,
            since_open: None,
            ts: None,
            other: Some(&other),
        };
        for n in [1, 2, 14, 20, 300] {
            let list = [
                Ahead::new(Term::Field(Field::Close), Over::Mean(n)),
                Ahead::new(Term::Field(Field::Volume), Over::Total(n)),
                Ahead::new(Term::Field(Field::Close), Over::Weighted(n)).ago(2),
                Ahead::new(Term::Move, Over::Total(n)),
                Ahead::new(Term::Notional, Over::Total(n)),
                Ahead::new(Term::Ahead(0), Over::Total(n)),
                Ahead::new(Term::Field(Field::Close), Over::Correlation(n)),
                Ahead::new(Term::Return, Over::Slope(n)),
            ];
            let mut worked = Worked::of(&[], &list, Field::Close, &columns);
            let (mut mean, mut weighted) = (Rolling::zeroed(), Weighted::zeroed());
            let [mut total, mut moved, mut traded, mut outer] = [Total::zeroed(); 4];
            let (mut compared, mut returns) = (Pairs::zeroed(), Pairs::zeroed());
            let (mut means, mut last) = (Vec::new(), [f64::NAN; 3]);
            for rows in [0..1, 1..5, 5..40, 40..1000, 1000..1256, 1256..3000] {
                worked.take(rows.clone(), None);
                let mut found = Default::default();
                worked.columns(&rows, &mut found);
                for row in rows.clone() {
                    let (past, volumes, seen) =
                        (Past::column(&close, row), Past::column(&volume, row), row + 1);
                    let path = |k: usize| (past.lag(k) - past.lag(k + 1)).abs();
                    means.push(mean.mean(n, seen, past));
                    last = [weighted.mean(n, seen, past), last[0], last[1]];
                    let of_means = |k: usize| means[row - k.min(row)];
                    let back =
                        |of: &[f64], k: usize| change(of[row - k.min(row)], of[row - (k + 1).min(row)]);
                    let both = |k: usize| (past.lag(k), if k > row { 0.0 } else { other[row - k] });
                    let compared = compared.next(n, seen, both).map(Compared::correlation);
                    let slope =
                        returns.next(n, row, |k| (back(&other, k), back(&close, k))).map(Compared::slope);
                    let expected = [
                        means[row],
                        total.next(n, seen, |k| volumes.lag(k)),
                        last[2],
                        moved.next(n, row, path),
                        traded.next(n, seen, |k| past.lag(k) * volumes.lag(k)),
                        if seen < n { f64::NAN } else { outer.next(n, seen + 1 - n, of_means) },
                        compared.unwrap_or(f64::NAN),
                        slope.unwrap_or(f64::NAN),
                    ];
                    for (column, (found, expected)) in found.iter().zip(expected).enumerate() {
                        let found = found[row - rows.start];
                        assert_eq!(
                            found.to_bits(),
                            expected.to_bits(),
                            "{column} of {n} at {row}: {found} {expected}"
                        );
                    }
                }
            }
        }
    }
}
