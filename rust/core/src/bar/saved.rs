//! Bars as bytes, to be kept.

use super::Bar;

/// Changes with the meaning of the words.
const VERSION: u8 = 1;
const WORDS: usize = size_of::<Bar>() / 8;

/// The version, then eight words a bar, little-endian.
pub fn save(bars: &[Bar]) -> Vec<u8> {
    let words: &[u64] = bytemuck::cast_slice(bars);
    std::iter::once(VERSION).chain(words.iter().flat_map(|word| word.to_le_bytes())).collect()
}

/// The bars that [`save`] wrote; none if they are of another version, or not whole.
pub fn restore(saved: &[u8]) -> Option<Vec<Bar>> {
    let (&version, bytes) = saved.split_first()?;
    let (words, rest) = bytes.as_chunks::<8>();
    if version != VERSION || !rest.is_empty() || !words.len().is_multiple_of(WORDS) {
        return None;
    }
    let words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
    Some(bytemuck::cast_slice(&words).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_restored_is_what_was_saved() {
        let bar = |ts| Bar::new(ts, [10.0, 11.0, 9.0, 10.5], 3.0, f64::NAN, 7.0);
        for bars in [vec![], vec![bar(-1)], vec![bar(60), bar(120)]] {
            let saved = save(&bars);
            let restored = restore(&saved).expect("own bytes");
            assert!(
                restored.len() == bars.len() && restored.iter().zip(&bars).all(|(one, two)| one.same(two))
            );
            assert!(restore(&saved[1..]).is_none());
            assert!(restore(&[&saved[..], &[0; 8]].concat()).is_none());
        }
        assert!(restore(&[]).is_none());
    }
}
