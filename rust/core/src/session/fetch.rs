//! What the bars of a batch will read and change is asked for while those before them are applied: of thousands of symbols,
//! nothing is at hand any more when the next minute comes.

use crate::fetch::fetch;

use super::track::Track;

/// How many symbols ahead a symbol's own lines are asked for, and what its pointers lead to once these are there.
const OWN: usize = 4;
const BEHIND: usize = 2;

/// Asks for what the symbols that follow one of these need.
#[inline]
pub(super) fn ahead(tracks: &[&mut Track], index: usize) {
    if let Some(track) = tracks.get(index + OWN) {
        track.fetch();
    }
    if let Some(track) = tracks.get(index + BEHIND) {
        track.fetch_behind();
    }
}

impl Track {
    #[inline]
    fn fetch(&self) {
        fetch(&self.id);
        fetch(&self.grid);
        fetch(&self.metrics.regular);
        self.base.fetch();
        fetch(&self.presence);
    }

    #[inline]
    fn fetch_behind(&self) {
        for derived in &self.derived {
            fetch(&derived.forming);
            fetch(&derived.grid);
        }
        self.base.fetch_behind();
    }
}
