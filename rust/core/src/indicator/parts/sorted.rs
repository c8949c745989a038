//! A window in order of size.

use crate::indicator::ring::Past;

/// The last `n` values, sorted: a place is found by bisection, and what lies between is moved by one.
#[derive(Debug)]
pub struct Sorted<'w> {
    values: &'w mut [f64],
}

impl<'w> Sorted<'w> {
    pub fn over(values: &'w mut [f64]) -> Self {
        Self { values }
    }

    /// Takes the newest value, which `past` ends with; `seen` counts the values so far.
    #[inline]
    pub fn next(&mut self, seen: usize, past: Past<'_>) {
        let n = self.values.len();
        let x = past.lag(0);
        // Where the value that leaves stands; before there are `n`, the first that is free. Among what is no number it may not be found.
        let leaves = || self.values.partition_point(|&v| v < past.lag(n)).min(n - 1);
        let gap = if seen > n { leaves() } else { seen - 1 };
        let filled = n.min(seen - 1);
        let place = self.values[..filled].partition_point(|&v| v < x);
        if gap < place {
            self.values.copy_within(gap + 1..place, gap);
            self.values[place - 1] = x;
        } else {
            self.values.copy_within(place..gap, place + 1);
            self.values[place] = x;
        }
    }

    /// How many values are less than `x`, once there are `n`.
    pub fn below(&self, x: f64) -> usize {
        self.values.partition_point(|&v| v < x)
    }

    /// The middle value, once there are `n`.
    pub fn median(&self) -> f64 {
        let n = self.values.len();
        f64::midpoint(self.values[(n - 1) / 2], self.values[n / 2])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_from_what_is_no_number() {
        for n in [1, 2, 3, 8] {
            let (mut words, mut ring) = (vec![0.0; n], vec![0.0; Past::words(n)]);
            for i in 0..5000_usize {
                let value = if i % 31 < 2 { f64::NAN } else { (i * i * 31 % 1009) as f64 };
                Sorted::over(&mut words).next(i + 1, Past::put(&mut ring, i + 1, value));
            }
        }
    }

    #[test]
    fn equals_a_sort_of_the_window() {
        let values: Vec<f64> = (0..500_i64).map(|i| ((i * i * 31 + i * 17) % 23) as f64).collect();
        for n in [1, 2, 3, 8, 21] {
            let mut words = vec![0.0; n];
            let mut ring = vec![0.0; Past::words(n)];
            for (i, &value) in values.iter().enumerate() {
                Sorted::over(&mut words).next(i + 1, Past::put(&mut ring, i + 1, value));
                let mut window = values[(i + 1).saturating_sub(n)..=i].to_vec();
                window.sort_by(f64::total_cmp);
                assert_eq!(words[..window.len()], window);
            }
        }
    }
}
