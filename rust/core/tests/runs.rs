//! Bars that follow each other are taken together: the session is then as if each had come alone, for whoever looks on.

mod common;

use openbell_core::bar::Bar;
use openbell_core::calendar::{Calendar, Segment};
use openbell_core::derive::Align;
use openbell_core::indicator::Definition;
use openbell_core::interval::Interval;
use openbell_core::session::{
    Counts, Event, EventKind, EventMask, IndicatorRequest, IntervalRequest, Layout, Progress, Row, Session,
    Settings,
};
use proptest::prelude::*;

const MINUTE: i64 = 60_000_000_000;
const DAY: i64 = 86_400_000_000_000;
const OPEN: i64 = 14 * 60 * MINUTE + 30 * MINUTE;
/// A day that begins off the hour and before its regular session, with a break, and one that closes early.
const SEGMENTS: [(i32, i64, i64, bool); 4] =
    [(10, -27, 0, false), (10, 0, 61, true), (10, 90, 150, true), (11, 0, 45, true)];
const NAMES: [&str; 2] = ["A", "B"];

fn session(capacity: usize, align: Align) -> Session {
    let segment = |&(date, from, to, regular): &(i32, i64, i64, bool)| {
        let open = i64::from(date) * DAY + OPEN;
        Segment { date, open: open + from * MINUTE, close: open + to * MINUTE, regular, utc_offset: 0 }
    };
    let calendar = Calendar::new("TEST", SEGMENTS.iter().map(segment).collect()).expect("in order");
    let mut session = Session::new(Settings { capacity, align });
    let calendar = session.add_calendar(calendar);
    let request = |text: &str| IntervalRequest { interval: text.parse().expect(text), keep_sessions: 1 };
    let indicators: Vec<_> = ["1m", "5m", "1d"]
        .into_iter()
        .flat_map(|text| ["ema", "bbands", "vwap", "obv", "kama"].map(|name| (text, name)))
        .map(|(text, name)| IndicatorRequest {
            definition: Definition::new(name, []).expect(name),
            interval: request(text).interval,
            historical: false,
        })
        .collect();
    let derived = ["2m", "5m", "7m", "1h", "1d"].map(request);
    let layout = Layout::new(request("1m"), &derived, &indicators, align).expect("a layout");
    session.register(NAMES, calendar, &layout).expect("registered");
    session
}

fn bar(day: i32, minute: i64, version: i64) -> Bar {
    let price = 100.0 + ((minute + 60) * 37 % 23 + version) as f64 / 4.0;
    let volume = ((minute + 60) * 13 % 9) as f64 * 100.0;
    let ts = i64::from(day) * DAY + OPEN + minute * MINUTE;
    Bar::new(ts, [price, price + 0.25, price - 0.5, price - 0.25], volume, price, 3.0)
}

/// All bars but those in the holes, and some that are none, or come twice.
fn rows(holes: &[(u32, i64, i64)], odd: &[(u32, i64, i64)]) -> Vec<Row> {
    let is_hole = |symbol: u32, minute: i64| {
        holes.iter().any(|&(s, from, long)| s == symbol && (from..from + long).contains(&minute))
    };
    let mut rows = Vec::new();
    for (day, from, to, _) in SEGMENTS {
        for (minute, symbol) in (from..to).flat_map(|minute| [(minute, 0), (minute, 1)]) {
            if !is_hole(symbol, minute) {
                rows.push(Row { symbol, bar: bar(day, minute, 0) });
            }
        }
    }
    for &(symbol, minute, kind) in odd {
        let given = bar(10, minute, 1);
        let late = |by: i64| Bar { ts: given.ts + MINUTE / 2 + by * MINUTE, ..given };
        match kind {
            0 => rows.push(Row { symbol, bar: given }),
            1 => rows.push(Row { symbol, bar: Bar { high: given.low - 1.0, ..given } }),
            2 => rows.push(Row { symbol, bar: Bar { volume: f64::NAN, ..given } }),
            // Off the minute, and nothing but such for a while.
            _ => {
                rows.retain(|row| {
                    row.symbol != symbol || !(0..5 * MINUTE).contains(&(row.bar.ts - given.ts))
                });
                rows.extend((0..4).map(|by| Row { symbol, bar: late(by) }));
            }
        }
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn bars_in_a_row_are_taken_as_one_by_one(
        holes in prop::collection::vec((0..2_u32, -27..150_i64, 1..12_i64), 0..12),
        odd in prop::collection::vec((0..2_u32, -27..150_i64, 0..4_i64), 0..8),
        most in prop_oneof![1..40_usize, Just(1_000)],
        clock in -27..150_i64,
        mut stops in prop::collection::vec(-27..150_i64, 1..5),
        capacity in 1..200_usize,
        align in prop_oneof![Just(Align::Session), Just(Align::Clock), Just(Align::Epoch)],
    ) {
        let table = common::Table::new(&rows(&holes, &odd));
        let time = |minute: i64| 10 * DAY + OPEN + minute * MINUTE;
        stops.sort_unstable();
        let stops: Vec<i64> = stops.into_iter().map(time).chain([12 * DAY]).collect();
        // Somebody looks on from the start, or only from the second stop on; bars may come when their time is over.
        let play = |first_watched: usize| {
            let mut session = session(capacity, align);
            let mut feed = session.feed(&table.columns());
            if clock > 0 {
                session.advance(time(clock)).expect("forwards");
            }
            let (mut states, mut events) = (Vec::new(), Vec::new());
            for (index, &stop) in stops.iter().enumerate() {
                if index == first_watched {
                    session.subscribe(EventMask::new(&EventKind::ALL, Vec::new()));
                }
                let until = stop.max(session.clock());
                while session.run(&mut feed, until, most).expect("forwards") != Progress::Until {
                    let told = session.take_events();
                    events.extend(told.into_iter().filter(|_| index > 0).map(|event| format!("{event:?}")));
                }
                states.extend(NAMES.map(|name| {
                    let view = session.symbol(name).expect(name);
                    let coverage = view.coverage("5m".parse().expect("an interval"));
                    (view.digest(), view.counts(), coverage.expect("5m"))
                }));
            }
            (states, session.refusals().collect::<Vec<_>>(), events)
        };
        prop_assert_eq!(play(0), play(1));
        let (states, refusals, _) = play(usize::MAX);
        let watched = play(0);
        prop_assert_eq!((states, refusals), (watched.0, watched.1));
    }

    #[test]
    fn a_lot_is_taken_as_one_by_one(
        holes in prop::collection::vec((0..2_u32, -27..150_i64, 1..12_i64), 0..12),
        odd in prop::collection::vec((0..2_u32, -27..150_i64, 0..4_i64), 0..8),
        (lot, history, watched) in (1..200_usize, 0..600_usize, any::<bool>()),
        capacity in 1..200_usize,
    ) {
        let rows = rows(&holes, &odd);
        // History ends anywhere, or with a day.
        let day = rows.iter().position(|row| row.bar.ts >= 11 * DAY).unwrap_or(0);
        let (past, now) = rows.split_at(if history < 300 { history.min(rows.len()) } else { day });
        let play = |lot: usize| {
            let mut session = session(capacity, Align::Session);
            if watched {
                session.subscribe(EventMask::new(&EventKind::ALL, Vec::new()));
            }
            let mut counts = Vec::new();
            for (rows, loading) in [(past, true), (now, false)] {
                session.set_loading(loading);
                let mut count = Counts::default();
                rows.chunks(lot).for_each(|rows| count.add(&session.apply(rows).counts));
                counts.push(count);
            }
            session.advance(11 * DAY + OPEN + 44 * MINUTE).expect("forwards");
            let states = NAMES.map(|name| {
                let view = session.symbol(name).expect(name);
                (view.digest(), view.counts(), view.coverage("5m".parse().expect("an interval")).expect("5m"))
            });
            let mut told: Vec<_> = session.take_events().into_iter().map(|event| format!("{event:?}")).collect();
            told.sort_unstable();
            (states, counts, session.refusals().collect::<Vec<_>>(), told)
        };
        prop_assert_eq!(play(lot), play(1));
    }

    #[test]
    fn who_hears_of_some_bars_hears_of_them_in_their_time(
        holes in prop::collection::vec((0..2_u32, -27..150_i64, 1..12_i64), 0..12),
        odd in prop::collection::vec((0..2_u32, -27..150_i64, 0..4_i64), 0..8),
        most in prop_oneof![1..40_usize, Just(1_000)],
        wanted in prop::sample::subsequence(vec!["2m", "5m", "7m", "1h", "1d"], 1..3),
        mut stops in prop::collection::vec(-27..150_i64, 0..4),
        align in prop_oneof![Just(Align::Session), Just(Align::Clock), Just(Align::Epoch)],
    ) {
        let table = common::Table::new(&rows(&holes, &odd));
        stops.sort_unstable();
        let stops: Vec<_> = stops.iter().map(|minute| 10 * DAY + OPEN + minute * MINUTE).chain([12 * DAY]).collect();
        let wanted: Vec<Interval> = wanted.iter().map(|text| text.parse().expect(text)).collect();
        let play = |mask: EventMask| {
            let mut session = session(100, align);
            session.subscribe(mask);
            let mut feed = session.feed(&table.columns());
            let (mut told, mut calls) = (Vec::new(), 0);
            for &stop in &stops {
                while session.run(&mut feed, stop, most).expect("forwards") != Progress::Until {
                    let clock = session.clock();
                    let is_wanted = |event: &Event| event.kind == EventKind::BarClosed && wanted.contains(&event.interval);
                    let events = session.take_events().into_iter().filter(is_wanted);
                    let before = told.len();
                    told.extend(events.map(|event| (clock, format!("{event:?}"))));
                    // A symbol has the same values then, whoever looks on.
                    let seen = NAMES.map(|name| session.symbol(name).expect(name).digest());
                    told.extend((told.len() > before).then(|| (clock, format!("{seen:?}"))));
                    calls += 1;
                }
            }
            (told, calls)
        };
        let some = play(EventMask::new(&[EventKind::BarClosed], wanted.clone()));
        let all = play(EventMask::new(&EventKind::ALL, Vec::new()));
        prop_assert_eq!(&some.0, &all.0);
        prop_assert!(most < 1_000 || some.1 < all.1);
    }
}
