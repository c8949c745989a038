//! The bars of a session in lots: what comes is not moved again, no room stands empty for bars that may come, and the oldest
//! go some lots at a time.

use std::collections::VecDeque;

use crate::bar::Bar;
use crate::time::Nanos;

/// So many bars.
pub(super) const LOT: usize = 16;

/// Bars in order of time.
#[derive(Debug, Clone, Default)]
pub(super) struct Lots {
    /// The newest: at most a lot, at least one if there are any.
    newest: Vec<Bar>,
    full: VecDeque<Box<[Bar; LOT]>>,
}

impl Lots {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.full.len() * LOT + self.newest.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.newest.is_empty()
    }

    #[inline]
    pub(super) fn last(&self) -> Option<&Bar> {
        self.newest.last()
    }

    #[inline]
    pub(super) fn push(&mut self, bar: &Bar) {
        if self.newest.len() == LOT {
            self.begin_lot();
        }
        self.newest.push(*bar);
    }

    pub(super) fn extend<'a>(&mut self, mut bars: impl ExactSizeIterator<Item = &'a Bar>) {
        while bars.len() > 0 {
            if self.newest.len() == LOT {
                self.begin_lot();
            }
            let room = LOT - self.newest.len();
            self.newest.extend(bars.by_ref().take(room));
        }
    }

    #[cold]
    fn begin_lot(&mut self) {
        let lot = std::mem::replace(&mut self.newest, Vec::with_capacity(LOT));
        self.full.push_back(lot.try_into().expect("a full lot"));
    }

    /// The newest, if there are not as many lots before it.
    fn lot(&self, lots: usize) -> &[Bar] {
        self.full.get(lots).map_or(&self.newest, |lot| lot.as_slice())
    }

    pub(super) fn get(&self, place: usize) -> Option<&Bar> {
        match self.full.get(place / LOT) {
            Some(lot) => lot.get(place % LOT),
            None => self.newest.get(place - self.full.len() * LOT),
        }
    }

    fn get_mut(&mut self, place: usize) -> &mut Bar {
        let before = self.full.len() * LOT;
        match self.full.get_mut(place / LOT) {
            Some(lot) => &mut lot[place % LOT],
            None => &mut self.newest[place - before],
        }
    }

    /// Those from a place on.
    pub(super) fn from(&self, place: usize) -> Iter<'_> {
        Iter { lots: self, lot: [].iter(), next: place.min(self.len()), end: self.len() }
    }

    /// The first place whose bar does not start before a time.
    pub(super) fn place_of(&self, ts: Nanos) -> usize {
        // Most are looked for in the newest lot.
        let lots = if self.newest.first().is_some_and(|bar| bar.ts < ts) {
            self.full.len()
        } else {
            self.full.partition_point(|lot| lot[LOT - 1].ts < ts)
        };
        lots * LOT + self.lot(lots).partition_point(|bar| bar.ts < ts)
    }

    pub(super) fn replace(&mut self, place: usize, bar: Bar) {
        *self.get_mut(place) = bar;
    }

    /// Puts a bar before that of a place: all from there on move up.
    pub(super) fn insert(&mut self, place: usize, bar: Bar) {
        let mut moved = bar;
        for place in place..self.len() {
            std::mem::swap(self.get_mut(place), &mut moved);
        }
        self.push(&moved);
    }

    /// Takes a bar out: all behind it move down.
    pub(super) fn remove(&mut self, place: usize) -> Option<Bar> {
        let mut moved = self.newest.pop()?;
        for place in (place..self.len()).rev() {
            std::mem::swap(self.get_mut(place), &mut moved);
        }
        if self.newest.is_empty() {
            self.newest = self.full.pop_back().map(|lot| lot.to_vec()).unwrap_or_default();
        }
        Some(moved)
    }

    /// Takes so many of the oldest lots out; the newest stays.
    pub(super) fn take_oldest(&mut self, lots: usize) -> Vec<Bar> {
        self.full.drain(..lots).flat_map(|lot| *lot).collect()
    }

    pub(super) fn clear(&mut self) {
        self.full.clear();
        self.newest.clear();
    }
}

/// Bars in order, lot by lot.
#[derive(Debug, Clone)]
pub(super) struct Iter<'a> {
    lots: &'a Lots,
    /// What is left of the lot that was begun.
    lot: std::slice::Iter<'a, Bar>,
    /// The first place behind that, and the end.
    next: usize,
    end: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Bar;

    #[inline]
    fn next(&mut self) -> Option<&'a Bar> {
        if self.lot.len() == 0 && self.next < self.end {
            let lot = self.lots.lot(self.next / LOT);
            let begins = self.next / LOT * LOT;
            self.lot = lot[self.next - begins..lot.len().min(self.end - begins)].iter();
            self.next += self.lot.len();
        }
        self.lot.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.lot.len() + self.end - self.next;
        (left, Some(left))
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.next == self.end {
            return self.lot.next_back();
        }
        self.end -= 1;
        self.lots.get(self.end)
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl std::ops::Index<usize> for Lots {
    type Output = Bar;

    fn index(&self, place: usize) -> &Bar {
        self.get(place).expect("a place of a bar that is there")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_what_a_vector_would_be() {
        let bar = |ts: i64| Bar::new(ts, [1.0; 4], ts as f64, f64::NAN, f64::NAN);
        let (mut lots, mut plain) = (Lots::default(), Vec::<Bar>::new());
        let mut state = 1_u64;
        let mut draw = |bound: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize % bound
        };
        let mut taken = 0;
        for step in 0..3_000_i64 {
            match draw(12) {
                0..8 => {
                    lots.push(&bar(10 * step));
                    plain.push(bar(10 * step));
                }
                8 if !plain.is_empty() => {
                    let place = draw(plain.len());
                    let late = bar(plain[place].ts - 1);
                    lots.insert(place, late);
                    plain.insert(place, late);
                }
                9 if !plain.is_empty() => {
                    let place = draw(plain.len());
                    assert!(lots.remove(place).expect("there").same(&plain.remove(place)));
                }
                10 if !plain.is_empty() => {
                    let place = draw(plain.len());
                    let changed = Bar { close: 2.0, ..plain[place] };
                    lots.replace(place, changed);
                    plain[place] = changed;
                }
                _ if plain.len() > 20 * LOT => {
                    let oldest = lots.take_oldest(3);
                    assert_eq!(oldest.len(), 3 * LOT);
                    assert!(oldest.iter().zip(plain.drain(..3 * LOT)).all(|(a, b)| a.same(&b)));
                    taken += 1;
                }
                _ => {}
            }
            let from = draw(plain.len() + 2);
            assert_eq!((lots.len(), lots.is_empty()), (plain.len(), plain.is_empty()));
            assert_eq!(lots.from(from).len(), plain.len().saturating_sub(from), "{step}");
            assert!(lots.from(from).zip(plain.iter().skip(from)).all(|(a, b)| a.same(b)), "{step}");
            assert!(lots.from(0).rev().map(|bar| bar.ts).eq(plain.iter().rev().map(|bar| bar.ts)));
            // From both ends at once.
            let (mut ours, mut theirs) = (lots.from(from), plain.iter().skip(from));
            for turn in 0..200 {
                let (a, b) = if turn % 3 == 0 {
                    (ours.next_back(), theirs.next_back())
                } else {
                    (ours.next(), theirs.next())
                };
                assert_eq!(a.map(|bar| bar.ts), b.map(|bar| bar.ts));
                assert_eq!(ours.len(), theirs.len());
            }
            assert_eq!(lots.last().map(|bar| bar.ts), plain.last().map(|bar| bar.ts));
            let ts = draw(10 * step as usize + 20) as i64;
            assert_eq!(lots.place_of(ts), plain.partition_point(|bar| bar.ts < ts));
        }
        assert!(taken > 3, "lots were taken {taken} times");
        lots.clear();
        assert!(lots.is_empty() && lots.last().is_none() && lots.get(0).is_none());
    }
}
