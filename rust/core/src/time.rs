//! Points in time: nanoseconds since 1970-01-01 UTC. Time enters the engine only as an input.

/// Nanoseconds since 1970-01-01T00:00:00Z.
pub type Nanos = i64;

/// Days since 1970-01-01.
pub type Day = i32;

pub const SECOND_NS: i64 = 1_000_000_000;
pub const MINUTE_NS: i64 = 60 * SECOND_NS;
pub const DAY_NS: i64 = 86_400 * SECOND_NS;

/// The years of which every nanosecond can be counted, a day away from UTC.
const YEARS: std::ops::RangeInclusive<i64> = 1678..=2261;

/// How times are written: `YYYY-MM-DD`, `T` or a space, `HH:MM:SS`, then perhaps `.` and digits, then perhaps an offset.
struct Shape {
    separator: u8,
    /// Of the fraction.
    digits: usize,
    offset: Offset,
}

#[derive(Clone, Copy, PartialEq)]
enum Offset {
    None,
    Z,
    /// `+05:30` and `+0530`.
    Colon,
    Plain,
}

const DATE: usize = 10;
const SECONDS: usize = 19;

/// Reads times of ISO 8601 that are all written alike, `width` bytes each, one after the other with nothing between them.
///
/// The second of the result says whether they name their offset from UTC; if not, they are taken as they stand. None if
/// one of them is no time, or not written as the first: a table has hundreds of thousands, so the usual ones are worth
/// a short way, and what else may stand in a file is somebody else's.
#[must_use]
pub fn read_alike(texts: &[u8], width: usize) -> Option<(Vec<Nanos>, bool)> {
    let shape = Shape::of(texts.get(..width)?)?;
    let mut times = Vec::with_capacity(texts.len() / width);
    let mut date: (&[u8], i64) = (&[], 0);
    let mut rows = texts.chunks_exact(width);
    for row in &mut rows {
        let (second, rest) = row.split_first_chunk()?;
        if second[..DATE] != *date.0 {
            date = (&second[..DATE], days(&second[..DATE])?);
        }
        times.push(date.1 * DAY_NS + shape.clock(second)? * SECOND_NS + shape.behind(rest)?);
    }
    rows.remainder().is_empty().then_some((times, shape.offset != Offset::None))
}

impl Shape {
    fn of(text: &[u8]) -> Option<Self> {
        let tail = text.get(SECONDS..)?;
        let digits = match tail {
            [b'.', fraction @ ..] => fraction.iter().take_while(|b| b.is_ascii_digit()).count(),
            _ => 0,
        };
        let offset = match &tail[digits + usize::from(digits > 0)..] {
            [] => Offset::None,
            [b'Z'] => Offset::Z,
            [b'+' | b'-', _, _, b':', _, _] => Offset::Colon,
            [b'+' | b'-', _, _, _, _] => Offset::Plain,
            _ => return None,
        };
        let separator = text[DATE];
        (digits <= 9 && matches!(separator, b'T' | b' ')).then_some(Self { separator, digits, offset })
    }

    /// The seconds since midnight.
    fn clock(&self, text: &[u8; SECONDS]) -> Option<i64> {
        // `HH:MM:SS` in one word: what is left of digits is 0 to 9, of colons nothing.
        let word = u64::from_le_bytes(*text.last_chunk()?) ^ u64::from_le_bytes(*b"00:00:00");
        let above_nine =
            word.wrapping_add(u64::from_le_bytes([118, 118, 127, 118, 118, 127, 118, 118])) | word;
        let pairs = word.wrapping_mul(10).wrapping_add(word >> 8);
        let [hour, minute, second] = [pairs, pairs >> 24, pairs >> 48].map(|pair| (pair & 0xff) as i64);
        let known = above_nine & 0x8080_8080_8080_8080 == 0 && text[DATE] == self.separator;
        (known && hour < 24 && minute < 60 && second < 60).then_some(hour * 3600 + minute * 60 + second)
    }

    /// What a fraction and an offset add.
    fn behind(&self, text: &[u8]) -> Option<Nanos> {
        let (mut ns, mut offset) = (0, text);
        if self.digits > 0 {
            let fraction;
            (fraction, offset) = text.split_at(1 + self.digits);
            ns = (fraction[0] == b'.').then(|| number(&fraction[1..], i64::MAX))??
                * 10_i64.pow(9 - self.digits as u32);
        }
        let minutes = match self.offset {
            Offset::None => return Some(ns),
            Offset::Z => return (offset[0] == b'Z').then_some(ns),
            Offset::Colon => (offset[3] == b':').then_some(4)?,
            Offset::Plain => 3,
        };
        let ahead = (number(&offset[1..3], 23)? * 60 + number(&offset[minutes..], 59)?) * MINUTE_NS;
        match offset[0] {
            b'+' => Some(ns - ahead),
            b'-' => Some(ns + ahead),
            _ => None,
        }
    }
}

/// The days from 1970 to `YYYY-MM-DD`.
///
/// Source: H. Hinnant, *chrono-compatible low-level date algorithms*, `days_from_civil`.
fn days(date: &[u8]) -> Option<i64> {
    let (year, month, day) =
        (number(&date[..4], *YEARS.end())?, number(&date[5..7], 12)?, number(&date[8..], 31)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if [date[4], date[7]] != [b'-', b'-']
        || !YEARS.contains(&year)
        || month < 1
        || !(1..=length).contains(&day)
    {
        return None;
    }
    // Years begin with March, so that the day more of a leap year is their last.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// What digits say, if they are digits and it is not more than `most`.
fn number(digits: &[u8], most: i64) -> Option<i64> {
    let mut value = 0;
    for &digit in digits {
        value = value * 10 + i64::from(digit.is_ascii_digit().then(|| digit - b'0')?);
    }
    (value <= most).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(texts: &[&str]) -> Option<(Vec<Nanos>, bool)> {
        read_alike(texts.concat().as_bytes(), texts[0].len())
    }

    #[test]
    fn reads_what_is_written_alike() {
        let ns = 1_704_205_800 * SECOND_NS;
        assert_eq!(
            read(&["2024-01-02T14:30:00Z", "1970-01-01T00:00:01Z"]),
            Some((vec![ns, SECOND_NS], true))
        );
        assert_eq!(read(&["2024-01-02 14:30:00"]), Some((vec![ns], false)));
        assert_eq!(read(&["2024-01-02T14:30:00.25"]), Some((vec![ns + SECOND_NS / 4], false)));
        assert_eq!(read(&["2024-01-02T14:30:00.000000001Z"]), Some((vec![ns + 1], true)));
        assert_eq!(
            read(&["2024-01-02T09:30:00-05:00", "2024-01-02T20:00:00+05:30"]),
            Some((vec![ns, ns], true))
        );
        assert_eq!(read(&["2024-01-02T09:30:00-0500"]), Some((vec![ns], true)));
        assert_eq!(read(&["1969-12-31 23:59:59.5"]), Some((vec![-SECOND_NS / 2], false)));
    }

    #[test]
    fn a_day_follows_the_other() {
        let mut expected = -106_650;
        for year in YEARS {
            for month in 1..=12 {
                for day in 1..=31 {
                    if let Some(read) = days(format!("{year:04}-{month:02}-{day:02}").as_bytes()) {
                        assert_eq!(read, expected, "{year}-{month}-{day}");
                        expected += 1;
                    }
                }
            }
        }
        // So there are no days too many and none too few: 1970 is day 0, and 2262 begins here.
        assert_eq!((days(b"1970-01-01"), expected), (Some(0), 106_651));
    }

    #[test]
    fn leaves_the_rest_to_others() {
        let good = "2024-01-02T14:30:00Z";
        for bad in [
            "2024-01-02 14:30:00Z",
            "2024-01-02T14:30:00z",
            "2024/01-02T14:30:00Z",
            "2024-01/02T14:30:00Z",
            "2024-13-02T14:30:00Z",
            "2024-00-02T14:30:00Z",
            "2023-02-29T14:30:00Z",
            "2024-01-00T14:30:00Z",
            "1677-01-02T14:30:00Z",
            "2262-01-02T14:30:00Z",
            "2024-01-02T24:30:00Z",
            "2024-01-02T14:60:00Z",
            "2024-01-02T14:30:60Z",
            "2024-01-02T14-30:00Z",
            "2024-01-02T14:30-00Z",
            "2024-01-02T1a:30:00Z",
            "+024-01-02T14:30:00Z",
        ] {
            assert_eq!(read(&[good, bad]), None, "{bad}");
            assert_eq!(read(&[bad, good]), None, "{bad}");
        }
        for (first, other) in [
            ("2024-01-02T14:30:00.1", "2024-01-02T14:30:00:1"),
            ("2024-01-02T14:30:00.1", "2024-01-02T14:30:00.a"),
            ("2024-01-02T14:30:00+01:00", "2024-01-02T14:30:00 01:00"),
            ("2024-01-02T14:30:00+01:00", "2024-01-02T14:30:00+01.00"),
            ("2024-01-02T14:30:00+01:00", "2024-01-02T14:30:00+24:00"),
            ("2024-01-02T14:30:00+01:00", "2024-01-02T14:30:00+01:60"),
        ] {
            assert_eq!(read(&[first, other]), None, "{other}");
        }
        for lone in [
            "",
            "2024-01-02",
            "2024-01-02T14:30",
            "2024-01-02T14:30:00.",
            "2024-01-02T14:30:00.0123456789",
            "2024-01-02T14:30:00 UTC",
        ] {
            assert_eq!(read(&[lone]), None, "{lone}");
        }
        assert_eq!(read_alike(&good.as_bytes()[1..], 20), None);
        assert_eq!(read_alike(format!("{good}2").as_bytes(), 20), None);
    }
}
