//! The one error type of the engine. Messages say what was wrong, where, and what would be right.

/// Everything the engine refuses. Bad bars are not errors but counted outcomes: see [`crate::bar::Refusal`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("{got:?} is not an interval: {expected}")]
    Interval { got: String, expected: &'static str },

    #[error("{got:?} is not a symbol: {expected}")]
    Symbol { got: String, expected: &'static str },

    #[error("unknown symbol {got:?}{hint}", hint = hint(nearest.as_deref()))]
    UnknownSymbol { got: String, nearest: Option<String> },

    #[error("{symbol} has no {interval} bars; it has {available}")]
    NoSeries { symbol: String, interval: String, available: String },

    #[error(
        "{interval} bars of {symbol} cannot be applied: its base interval is {base}, not {interval}; longer bars are derived from it"
    )]
    NotBase { symbol: String, interval: String, base: String },

    #[error("{interval} cannot be derived from {base}: {reason}")]
    NotDerivable { interval: String, base: String, reason: &'static str },

    #[error("unknown indicator {got:?}{hint}", hint = hint(*nearest))]
    UnknownIndicator { got: String, nearest: Option<&'static str> },

    #[error("{name}: the expression {text:?} cannot be read from character {at} on: {reason}")]
    Expression { name: String, text: String, at: usize, reason: String },

    #[error("{name:?} is an indicator of the catalogue: choose another name")]
    TakenIndicator { name: String },

    #[error("{indicator}: unknown parameter {got:?}{hint}; it takes {takes}", hint = hint(*nearest))]
    UnknownParameter { indicator: &'static str, got: String, nearest: Option<&'static str>, takes: String },

    #[error("{indicator}: {parameter} = {got} is out of range: {expected}")]
    Parameter { indicator: &'static str, parameter: &'static str, got: f64, expected: String },

    #[error("unknown source {got:?}{hint}", hint = hint(*nearest))]
    UnknownSource { got: String, nearest: Option<&'static str> },

    #[error("{indicator} takes no source, such as {source_text:?}: {reason}")]
    NoSource { indicator: &'static str, source_text: String, reason: String },

    #[error("{indicator} compares with no other symbol, such as {symbol}")]
    NoPair { indicator: &'static str, symbol: String },

    #[error("{symbol} has no indicator {key:?}{hint}", hint = hint(nearest.as_deref()))]
    NoIndicator { symbol: String, key: String, nearest: Option<String> },

    #[error("{key} has no output {got:?}; it has {outputs}")]
    NoOutput { key: String, got: String, outputs: String },

    #[error("the saved indicator state cannot be used: {reason}")]
    Saved { reason: String },

    #[error("calendar {calendar}: {reason}")]
    Calendar { calendar: String, reason: String },

    #[error("columns: {reason}")]
    Columns { reason: String },

    #[error("the clock cannot go back from {now} to {asked} (nanoseconds since 1970, UTC)")]
    ClockBack { now: i64, asked: i64 },
}

pub type Result<T> = std::result::Result<T, Error>;

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |n| format!("; did you mean {n:?}?"))
}

/// The candidate closest to `got` by edit distance, when it is close enough to be a slip of the pen.
pub fn nearest<'a>(got: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|c| (edit_distance(got, c), c))
        .min()
        .filter(|(d, c)| *d <= got.len().max(c.len()).div_ceil(3))
        .map(|(_, c)| c)
}

fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_finds_a_slip_and_nothing_far() {
        assert_eq!(nearest("bband", ["sma", "bbands", "rsi"]), Some("bbands"));
        assert_eq!(nearest("smaa", ["sma", "ema"]), Some("sma"));
        assert_eq!(nearest("zzzzzz", ["sma", "ema"]), None);
    }

    #[test]
    fn edit_distance_counts_changes() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(edit_distance("same", "same"), 0);
    }
}
