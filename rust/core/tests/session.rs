//! What a session promises, whatever comes and in whatever order.

use std::collections::BTreeMap;

use openbell_core::bar::{Bar, Columns};
use openbell_core::calendar::{Calendar, Segment};
use openbell_core::derive::Align;
use openbell_core::indicator::plan::Plan;
use openbell_core::indicator::registry::SPECS;
use openbell_core::indicator::{Definition, Tick};
use openbell_core::interval::Interval;
use openbell_core::session::{
    Column, EventKind, EventMask, Field, Figure, Gather, IndicatorRequest, IntervalRequest, Layout, Progress,
    Row, Session, Settings,
};
use openbell_core::symbol::SymbolId;
use proptest::prelude::*;

const MINUTE: i64 = 60_000_000_000;
const DAY: i64 = 86_400_000_000_000;
const OPEN: i64 = 14 * 60 * MINUTE + 30 * MINUTE;
/// Two stretches with a break between them, and the second day closes early.
const SEGMENTS: [(i32, i64, i64); 3] = [(10, 0, 60), (10, 90, 150), (11, 0, 45)];
const DERIVED: [&str; 3] = ["5m", "7m", "1d"];

fn interval(text: &str) -> Interval {
    text.parse().expect(text)
}

fn segments() -> Vec<Segment> {
    SEGMENTS
        .iter()
        .map(|&(date, from, to)| Segment {
            date,
            open: i64::from(date) * DAY + OPEN + from * MINUTE,
            close: i64::from(date) * DAY + OPEN + to * MINUTE,
            regular: true,
            utc_offset: -5 * 60 * MINUTE,
        })
        .collect()
}

/// All that look at one symbol.
fn definitions() -> impl Iterator<Item = Definition> {
    let all = SPECS.iter().map(|spec| {
        // Short windows, so that all have values within a session.
        let given = spec.params.iter().filter(|p| p.integer).enumerate();
        let given = given.map(|(i, p)| (p.name, p.min.max(3.0) + i as f64));
        Definition::new(spec.name, given.collect::<Vec<_>>()).expect(spec.name)
    });
    all.filter(|definition| !definition.kernel().is_pair())
}

fn session(capacity: usize, names: &[&str]) -> Session {
    let mut session = Session::new(Settings { capacity, align: Align::Session });
    let calendar = session.add_calendar(Calendar::new("TEST", segments()).expect("in order"));
    let request = |text: &str| IntervalRequest { interval: interval(text), keep_sessions: 1 };
    let indicators: Vec<IndicatorRequest> = ["1m", "5m", "1d"]
        .iter()
        .flat_map(|text| {
            definitions().map(|definition| IndicatorRequest {
                definition,
                interval: interval(text),
                historical: false,
            })
        })
        .collect();
    let derived = DERIVED.map(request);
    let layout = Layout::new(request("1m"), &derived, &indicators, Align::Session).expect("a layout");
    session.register(names.iter().copied(), calendar, &layout).expect("registered");
    session
}

/// A bar of the `minute`-th minute of a day, of which `version` there may be several.
fn bar(day: i32, minute: i64, version: i64) -> Bar {
    let price = |k: i64| 100.0 + ((minute * 37 + version * 11 + k) % 23) as f64 / 4.0;
    let (open, close) = (price(1), price(5));
    let (high, low) = (open.max(close) + 0.25, open.min(close) - 0.5);
    let volume = ((minute * 13 + version * 7) % 9) as f64 * 100.0;
    let vwap = f64::midpoint(high, low);
    Bar::new(i64::from(day) * DAY + OPEN + minute * MINUTE, [open, high, low, close], volume, vwap, 3.0)
}

/// Minutes of the first day's two stretches.
fn minutes() -> impl Strategy<Value = i64> {
    prop_oneof![0..60_i64, 90..150_i64]
}

/// Bars as words, so that NaN equals NaN.
fn words<'b>(bars: impl IntoIterator<Item = &'b Bar>) -> Vec<[u64; 8]> {
    bars.into_iter()
        .map(|b| {
            let values = [b.open, b.high, b.low, b.close, b.volume, b.notional, b.trade_count];
            let mut words = [b.ts as u64; 8];
            words[1..].copy_from_slice(&values.map(f64::to_bits));
            words
        })
        .collect()
}

fn row(bar: Bar) -> Row {
    Row { symbol: 0, bar }
}

/// Applies bars in lots, moving the clock to the given minutes in between, and then to the close.
fn state_after(bars: &[Bar], lot: usize, clock: &[i64], capacity: usize) -> u64 {
    let mut session = session(capacity, &["A"]);
    let mut now = 0;
    for (i, chunk) in bars.chunks(lot.max(1)).enumerate() {
        session.apply(&chunk.iter().copied().map(row).collect::<Vec<_>>());
        if let Some(&minute) = clock.get(i) {
            now = now.max(10 * DAY + OPEN + minute * MINUTE);
            session.advance(now).expect("forwards");
        }
    }
    session.advance(10 * DAY + OPEN + 150 * MINUTE).expect("forwards");
    session.symbol("A").expect("registered").digest()
}

proptest! {
    #[test]
    fn any_arrival_order_gives_the_same_state(
        versions in prop::collection::btree_map(minutes(), 0..5_i64, 1..90),
        order in any::<prop::sample::Index>(),
        shuffled in Just(()).prop_perturb(|(), mut rng| (0..400).map(|_| rng.random::<u32>()).collect::<Vec<_>>()),
        lot in 1..12_usize,
        clock in prop::collection::vec(0..150_i64, 0..20),
    ) {
        let bars: Vec<Bar> = versions.iter().map(|(&minute, &version)| bar(10, minute, version)).collect();
        let in_order = state_after(&bars, bars.len(), &[], 5_000);
        let mut mixed: Vec<(u32, Bar)> = shuffled.into_iter().zip(bars.iter().copied()).collect();
        mixed.sort_by_key(|(key, _)| *key);
        let mut mixed: Vec<Bar> = mixed.into_iter().map(|(_, bar)| bar).collect();
        prop_assert_eq!(state_after(&mixed, lot, &clock, 5_000), in_order);
        // A wrong version of some bar comes first and the right one last, wherever that is.
        let place = order.index(mixed.len());
        let right = mixed[place];
        mixed[place].close = mixed[place].low;
        mixed[place].volume += 1.0;
        mixed.push(right);
        prop_assert_eq!(state_after(&mixed, lot, &clock, 5_000), in_order);
    }

    #[test]
    fn a_full_ring_is_the_newest_of_all_bars(
        versions in prop::collection::btree_map(minutes(), 0..5_i64, 1..120),
        capacity in 2..40_usize,
        late in prop::collection::vec((minutes(), 0..5_i64), 0..10),
    ) {
        let mut session = session(capacity, &["A"]);
        let mut model: BTreeMap<i64, Bar> = BTreeMap::new();
        let mut seen = 0;
        let in_order = versions.iter().map(|(&minute, &version)| bar(10, minute, version));
        for bar in in_order.chain(late.into_iter().map(|(minute, version)| bar(10, minute, version))) {
            let before: Vec<i64> = model.keys().rev().take(capacity).copied().collect();
            let report = session.apply(&[row(bar)]);
            let oldest = before.last().copied().unwrap_or(i64::MIN);
            let too_old = before.len() == capacity && bar.ts < oldest;
            prop_assert_eq!(report.counts.too_old, u64::from(too_old));
            if !too_old {
                seen += u64::from(!model.contains_key(&bar.ts));
                model.insert(bar.ts, bar);
            }
            let view = session.symbol("A").expect("registered");
            let series = view.series(interval("1m")).expect("base");
            let mut want: Vec<Bar> = model.values().rev().take(capacity).copied().collect();
            want.reverse();
            prop_assert_eq!(words(series.bars()), words(&want));
            prop_assert_eq!(series.count() as u64, seen);
        }
    }

    #[test]
    fn eviction_does_not_change_what_is_derived(
        versions in prop::collection::btree_map(minutes(), 0..5_i64, 70..120),
        capacity in 2..30_usize,
        late in prop::collection::vec((0..30_usize, 0..5_i64), 0..6),
    ) {
        // The same corrections, all within the small ring, with a small and with a large ring.
        let bars: Vec<Bar> = versions.iter().map(|(&minute, &version)| bar(10, minute, version)).collect();
        let minutes: Vec<i64> = versions.keys().copied().collect();
        let mut both = [session(capacity, &["A"]), session(5_000, &["A"])];
        for session in &mut both {
            for bar in &bars {
                session.apply(&[row(*bar)]);
            }
            for &(back, version) in &late {
                let minute = minutes[minutes.len() - 1 - back % capacity];
                session.apply(&[row(bar(10, minute, version))]);
            }
            session.advance(10 * DAY + OPEN + 150 * MINUTE).expect("forwards");
        }
        let [small, large] = both.each_ref().map(|s| s.symbol("A").expect("registered"));
        for (one, other) in small.indicators().zip(large.indicators()) {
            let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(one.values()), bits(other.values()), "{}", one.key());
        }
        for text in DERIVED {
            let [newest, all] = [small, large].map(|view| {
                words(view.series(interval(text)).expect("derived").bars())
            });
            prop_assert_eq!(&newest[..], &all[all.len() - newest.len()..], "{}", text);
        }
        prop_assert_eq!(small.metrics().regular.count, large.metrics().regular.count);
        let totals = [small, large].map(|view| words(view.metrics().regular.bar()));
        prop_assert_eq!(&totals[0], &totals[1]);
    }

    #[test]
    fn indicators_are_what_they_would_be_from_scratch(
        versions in prop::collection::btree_map(minutes(), 0..5_i64, 1..90),
        corrections in prop::collection::vec((any::<prop::sample::Index>(), 0..5_i64), 0..5),
    ) {
        let mut session = session(5_000, &["A"]);
        for (&minute, &version) in &versions {
            session.apply(&[row(bar(10, minute, version))]);
        }
        let minutes: Vec<i64> = versions.keys().copied().collect();
        for (index, version) in corrections {
            session.apply(&[row(bar(10, minutes[index.index(minutes.len())], version))]);
        }
        let view = session.symbol("A").expect("registered");
        for text in ["1m", "5m"] {
            let plan = Plan::new(definitions().collect());
            let mut block = plan.block();
            let open = bar(10, 0, 0).ts;
            for bar in view.series(interval(text)).expect("there").bars() {
                let since_open = bar.ts - open;
                plan.update(&mut block, &Tick { bar: *bar, session: 10, regular: true, since_open, other: f64::NAN });
            }
            let indicators = view.indicators().filter(|i| i.interval() == interval(text));
            let got: Vec<u64> = indicators.flat_map(|i| i.values().to_vec()).map(f64::to_bits).collect();
            let want: Vec<u64> = plan.outputs(&block).iter().map(|v| v.to_bits()).collect();
            prop_assert_eq!(got, want, "{}", text);
        }
    }

    #[test]
    fn looking_at_the_bar_in_progress_changes_nothing(
        versions in prop::collection::btree_map(0..60_i64, 0..5_i64, 1..60),
    ) {
        let mut session = session(5_000, &["A"]);
        for (&minute, &version) in &versions {
            session.apply(&[row(bar(10, minute, version))]);
            let view = session.symbol("A").expect("registered");
            let before = view.digest();
            for indicator in view.indicators() {
                let ahead = indicator.forming().expect("a series");
                prop_assert_eq!(ahead.len(), indicator.values().len());
            }
            prop_assert_eq!(view.digest(), before);
        }
    }

    #[test]
    fn a_feed_leaves_the_same_state_watched_or_not(
        rows in prop::collection::vec((0..3_u32, minutes(), 0..3_i64, 10..12_i32), 0..300),
        most in 1..200_usize,
        stops in prop::collection::vec(0..150_i64, 0..4),
    ) {
        let rows: Vec<(u32, Bar)> =
            rows.into_iter().map(|(symbol, minute, version, day)| (symbol, bar(day, minute, version))).collect();
        let column = |field: fn(&Bar) -> f64| rows.iter().map(|(_, b)| field(b)).collect::<Vec<f64>>();
        let (open, high, low) = (column(|b| b.open), column(|b| b.high), column(|b| b.low));
        let (close, volume) = (column(|b| b.close), column(|b| b.volume));
        let symbol: Vec<u32> = rows.iter().map(|(symbol, _)| *symbol).collect();
        let ts: Vec<i64> = rows.iter().map(|(_, b)| b.ts).collect();
        let columns = Columns {
            symbol: &symbol, ts: &ts, open: &open, high: &high, low: &low, close: &close, volume: &volume,
            vwap: None, trade_count: None,
        };
        let mut stops: Vec<i64> = stops.into_iter().map(|minute| 10 * DAY + OPEN + minute * MINUTE).collect();
        stops.sort_unstable();
        stops.push(12 * DAY);
        let play = |watched: bool| {
            let mut session = session(5_000, &["C", "A", "B"]);
            if watched {
                session.subscribe(EventMask::new(&EventKind::ALL, Vec::new()));
            }
            let mut feed = session.feed(&columns);
            let mut closed = 0;
            for &stop in &stops {
                while session.run(&mut feed, stop, most).expect("forwards") != Progress::Until {
                    for event in session.take_events() {
                        let end = event.bar.ts + event.interval.nanos();
                        let late = event.kind == EventKind::BarClosed && end < session.clock();
                        // Only what the end of a stretch of trading cut off may be shorter than its interval.
                        assert!(!late || event.interval != interval("5m"), "told after its time");
                        closed += u64::from(event.kind == EventKind::BarClosed);
                    }
                }
                assert_eq!(session.clock(), stop);
            }
            assert_eq!(feed.remaining(), 0);
            let digests: Vec<u64> =
                ["A", "B", "C"].iter().map(|name| session.symbol(name).expect(name).digest()).collect();
            (digests, session.counts(), closed)
        };
        let (watched, unwatched) = (play(true), play(false));
        prop_assert_eq!(&watched.0, &unwatched.0);
        prop_assert_eq!(watched.1, unwatched.1);
        prop_assert!(watched.2 >= watched.1.appended);
    }

    #[test]
    fn an_interval_that_comes_late_is_what_it_would_have_been(
        rows in prop::collection::vec((minutes(), 0..3_i64, 10..12_i32), 1..200),
        place in any::<prop::sample::Index>(),
        corrections in prop::collection::vec((any::<prop::sample::Index>(), 0..3_i64), 0..4),
    ) {
        let mut rows: Vec<Bar> = rows.into_iter().map(|(minute, version, day)| bar(day, minute % 45, version)).collect();
        rows.sort_by_key(|b| b.ts);
        let request = IntervalRequest { interval: interval("15m"), keep_sessions: 1 };
        let place = place.index(rows.len());
        let run = |at: Option<usize>| {
            let mut session = session(5_000, &["A", "B"]);
            for (i, bar) in rows.iter().enumerate() {
                if at == Some(i) {
                    assert!(session.add_interval("A", request).expect("derivable"));
                    assert!(!session.add_interval("A", request).expect("derivable"), "it is there");
                }
                session.apply(&[row(*bar)]);
            }
            for (index, version) in &corrections {
                let old = rows[index.index(rows.len())];
                let minute = (old.ts.rem_euclid(DAY) - OPEN) / MINUTE;
                session.apply(&[row(bar((old.ts / DAY) as i32, minute, *version))]);
            }
            session.advance(11 * DAY + OPEN + 40 * MINUTE).expect("forwards");
            session.symbol("A").expect("registered").digest()
        };
        prop_assert_eq!(run(Some(place)), run(Some(0)));
    }

    #[test]
    fn taking_some_away_leaves_the_others_as_they_are(
        rows in prop::collection::vec((minutes(), 0..3_i64), 1..150),
        place in any::<prop::sample::Index>(),
        pick in any::<u64>(),
    ) {
        let place = place.index(rows.len());
        let run = |reduced: bool| {
            let mut session = session(5_000, &["A"]);
            let keys: Vec<String> =
                session.symbol("A").expect("registered").indicators().map(|i| i.key().to_owned()).collect();
            let gone: Vec<String> =
                keys.iter().enumerate().filter(|(i, _)| pick >> (i % 64) & 1 == 1).map(|(_, k)| k.clone()).collect();
            for (i, (minute, version)) in rows.iter().enumerate() {
                if reduced && i == place {
                    session.reduce("A", &gone, &[interval("5m")]).expect("registered");
                }
                session.apply(&[row(bar(10, *minute, *version))]);
            }
            let view = session.symbol("A").expect("registered");
            assert_eq!(view.intervals().any(|i| i == interval("5m")), !reduced);
            let left = view.indicators().filter(|i| i.interval() != interval("5m")).filter(|i| !gone.iter().any(|key| key == i.key()));
            let values: Vec<(String, Vec<u64>)> =
                left.map(|i| (i.key().to_owned(), i.values().iter().map(|v| v.to_bits()).collect())).collect();
            assert!(!reduced || view.indicators().count() == values.len());
            values
        };
        prop_assert_eq!(run(true), run(false));
    }

    #[test]
    fn what_is_adopted_is_what_was_built(
        rows in prop::collection::vec((minutes(), 0..3_i64), 1..150),
        place in any::<prop::sample::Index>(),
    ) {
        let place = place.index(rows.len());
        let at = |minute: i64| 10 * DAY + OPEN + minute * MINUTE;
        let run = |adopts: bool| {
            let mut session = session(5_000, &["B", "A"]);
            let bars: Vec<Row> =
                rows.iter().map(|&(minute, version)| Row { symbol: 1, bar: bar(10, minute, version) }).collect();
            session.apply(&bars[..place]);
            session.advance(at(70)).expect("forwards");
            if adopts {
                let mut other = self::session(5_000, &["A"]);
                other.apply(&bars[..place].iter().map(|r| Row { symbol: 0, ..*r }).collect::<Vec<_>>());
                other.advance(at(70)).expect("forwards");
                session.adopt("A", &mut other).expect("both have it");
                assert!(other.find_symbol("A").is_none());
            }
            session.apply(&bars[place..]);
            session.advance(at(150)).expect("forwards");
            session.symbol("A").expect("registered").digest()
        };
        prop_assert_eq!(run(true), run(false));
    }

    #[test]
    fn a_cut_that_is_taken_again_is_a_cut_that_is_new(
        steps in prop::collection::vec((0..3_u32, minutes(), 0..3_i64, 0..8_u8), 1..120),
    ) {
        let columns = || {
            let indicator = |key: &str| Column::Indicator { key: key.to_owned(), output: 0 };
            let figures = [Figure::DayHigh, Figure::Last, Figure::BarCount, Figure::Age, Figure::Quality];
            let mut columns: Vec<Column> = figures.into_iter().map(Column::Figure).collect();
            for text in ["5m", "7m", "15m"] {
                columns.push(Column::Bar { field: Field::Close, interval: Some(interval(text)) });
                columns.push(Column::Forming { field: Field::High, interval: Some(interval(text)) });
            }
            columns.extend([indicator("sma_3_5m"), indicator("obv_1m"), indicator("rsi_3_1m")]);
            columns
        };
        let mut session = session(5_000, &["B", "A", "C"]);
        let (mut kept, mut seldom) = (Gather::new(columns()), Gather::new(columns()));
        let mut now = 10 * DAY + OPEN;
        for (symbol, minute, version, what) in steps {
            match what {
                // Most steps bring a bar, of whatever time.
                0..=3 => {
                    session.apply(&[Row { symbol, bar: bar(10, minute, version) }]);
                }
                4 | 5 => {
                    now += minute * MINUTE / 8;
                    session.advance(now).expect("forwards");
                }
                6 => {
                    let names = ["B", "A", "C"];
                    let name = names[symbol as usize];
                    if session.find_symbol(name).is_some() {
                        session.reduce(name, &["sma_3_5m".to_owned()], &[]).expect("there");
                        let request = IntervalRequest { interval: interval("15m"), keep_sessions: 0 };
                        session.add_interval(name, request).expect("derivable");
                    }
                }
                _ if symbol == 2 && session.find_symbol("C").is_some() => {
                    session.remove("C").expect("there");
                }
                _ => {}
            }
            let symbols: Vec<SymbolId> = session.in_order().collect();
            let bits = |values: Vec<Vec<f64>>| -> Vec<Vec<u64>> {
                values.into_iter().map(|column| column.into_iter().map(f64::to_bits).collect()).collect()
            };
            let fresh = bits(Gather::new(columns()).take(&session, &symbols));
            if minute % 3 == 0 {
                prop_assert_eq!(&bits(seldom.take(&session, &symbols)), &fresh);
            }
            prop_assert_eq!(bits(kept.take(&session, &symbols)), fresh);
        }
    }
}
