//! Rings of past values: a power of two long, each value where its number says.

/// Where a ring lies among the words of all rings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    pub(super) fn new(start: usize, words: usize) -> Self {
        Self { start: start as u32, end: (start + words) as u32 }
    }

    pub(super) fn end(self) -> usize {
        self.end as usize
    }

    #[inline]
    pub(super) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Where the `count`-th value stands.
    #[inline]
    pub(super) fn place(self, count: u64) -> usize {
        let mask = u64::from(self.end - self.start) - 1;
        self.start as usize + (count & mask) as usize
    }
}

/// A read-only view of a ring after the newest value was put in, or of a column up to a row.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    values: &'a [f64],
    newest: usize,
    /// Turns a place that lies before the first into one of a ring; into none of a column.
    mask: usize,
}

impl<'a> Past<'a> {
    /// How many words a ring takes that can look `bars` back.
    pub const fn words(bars: usize) -> usize {
        (bars + 1).next_power_of_two()
    }

    /// Puts the `count`-th value into a ring; gives the past that ends with it.
    #[inline]
    pub fn put(words: &'a mut [f64], count: usize, value: f64) -> Self {
        let mask = words.len() - 1;
        words[count & mask] = value;
        Self::at(words, count)
    }

    /// The past that ends with the `count`-th value put into a ring.
    #[inline]
    pub fn at(words: &'a [f64], count: usize) -> Self {
        let mask = words.len() - 1;
        Self { values: words, newest: count & mask, mask }
    }

    /// Puts values that follow each other into a ring that has been given so many.
    pub(super) fn put_all(words: &mut [f64], before: usize, values: &[f64]) {
        let (mask, newest) = (words.len() - 1, before + values.len());
        for (back, &value) in values.iter().rev().enumerate().take(mask + 1) {
            words[(newest - back) & mask] = value;
        }
    }

    /// A column as what the past is at a row.
    #[inline]
    pub(crate) fn column(values: &'a [f64], row: usize) -> Self {
        Self { values, newest: row, mask: usize::MAX }
    }

    /// The value `bars` back; 0 is the newest. Zero where there was none yet.
    #[inline]
    pub fn lag(&self, bars: usize) -> f64 {
        let place = self.newest.wrapping_sub(bars) & self.mask;
        if place < self.values.len() { self.values[place] } else { 0.0 }
    }

    /// The `n` values before the newest, in one piece or two.
    #[inline]
    pub fn before(&self, n: usize) -> [&'a [f64]; 2] {
        if self.newest >= n {
            return [&self.values[self.newest - n..self.newest], &[]];
        }
        [&self.values[self.values.len() + self.newest - n..], &self.values[..self.newest]]
    }

    /// The last `n` values, oldest first, in one piece or two.
    pub(super) fn through(&self, n: usize) -> [&'a [f64]; 2] {
        let end = self.newest + 1;
        if end >= n {
            return [&self.values[end - n..end], &[]];
        }
        [&self.values[self.values.len() + end - n..], &self.values[..end]]
    }

    /// The last `n` values, oldest first.
    pub fn last(self, n: usize) -> impl DoubleEndedIterator<Item = f64> + ExactSizeIterator + 'a {
        (0..n).map(move |i| self.lag(n - 1 - i))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_looks_back_as_far_as_asked() {
        for bars in [0, 1, 2, 3, 7, 8, 20] {
            let mut words = vec![0.0; Past::words(bars)];
            for value in 0..100 {
                let past = Past::put(&mut words, value as usize + 1, f64::from(value));
                for back in 0..=bars.min(value as usize) {
                    assert_eq!(past.lag(back), f64::from(value) - back as f64);
                }
            }
            let last: Vec<f64> = Past::at(&words, 100).last(bars + 1).collect();
            assert_eq!(last.first().copied(), Some(99.0 - bars as f64));
            assert_eq!(last.last().copied(), Some(99.0));
        }
    }
}
