//! What must hold for every indicator, by one loop over the registry.

use super::lopsided::lopsided;
use super::*;
use crate::bar::Bar;
use crate::indicator::custom;
use crate::indicator::registry::SPECS;
use crate::indicator::source::Source;
use crate::indicator::spec::Spec;

/// All indicators with their defaults; those that want many sessions, with one.
pub(super) fn definitions() -> Vec<Definition> {
    let given = |s: &Spec| s.params.iter().find(|p| p.name == "sessions").map(|p| (p.name, 1.0));
    SPECS.iter().map(|s| Definition::new(s.name, given(s)).expect(s.name)).collect()
}

/// A walk in cents over three sessions, with ties, flat stretches and bars without volume.
pub(super) fn ticks(count: i64) -> Vec<Tick> {
    let mut state = 42_u64;
    let mut next = |bound: i64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as i64 % bound
    };
    let mut cents = 10_000;
    (0..count)
        .map(|i| {
            let open = cents;
            cents += if i % 50 < 8 { 0 } else { next(21) - 10 };
            let (high, low) = (open.max(cents) + next(5), open.min(cents) - next(5));
            let ohlc = [open, high, low, cents].map(|c| c as f64 / 100.0);
            let volume = if i % 17 == 0 { 0.0 } else { next(10_000) as f64 };
            let bar = Bar::new(i * 60, ohlc, volume, f64::NAN, f64::NAN);
            let since_open = (i % 390 - 5) * 60_000_000_000;
            Tick { bar, session: (i / 390) as i32, regular: since_open >= 0, since_open, other: bar.open }
        })
        .collect()
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|v| v.to_bits()).collect()
}

#[test]
fn the_first_value_comes_where_the_indicator_says() {
    for definition in definitions().into_iter().chain(lopsided(60.0)) {
        let plan = Plan::new(vec![definition.clone()]);
        let mut block = plan.block();
        let first = definition.kernel().first();
        if definition.kernel().waits() {
            continue;
        }
        for (i, tick) in ticks(400)
            .iter()
            .map(|t| Tick { regular: true, since_open: t.since_open.max(0), ..*t })
            .enumerate()
        {
            let tick = Tick { bar: Bar { volume: 100.0, ..tick.bar }, ..tick };
            plan.update(&mut block, &tick);
            let (name, valid) = (definition.text(), !plan.outputs(&block)[0].is_nan());
            assert_eq!(valid, i + 1 >= first, "{name} at bar {} (first {first})", i + 1);
        }
        assert!(definition.kernel().warm() >= first);
    }
}

#[test]
fn what_waits_for_a_session_has_a_value_in_the_second() {
    let waiting: Vec<Definition> = definitions().into_iter().filter(|d| d.kernel().waits()).collect();
    assert!(waiting.len() > 5);
    for definition in waiting {
        assert!(definition.kernel().sessions() <= 1);
        let plan = Plan::new(vec![definition]);
        let mut block = plan.block();
        let mut told = 0;
        for tick in ticks(800) {
            plan.update(&mut block, &tick);
            told += plan.valid_within(&block, 1).count();
        }
        let name = plan.definitions()[0].spec().name;
        assert!(!plan.outputs(&block)[0].is_nan(), "{name}");
        assert_eq!(told, 1, "{name} is told once");
    }
}

#[test]
fn together_is_the_same_as_alone() {
    let together = Plan::new(definitions());
    let mut block = together.block();
    let alone: Vec<Plan> = definitions().into_iter().map(|d| Plan::new(vec![d])).collect();
    let mut blocks: Vec<Block> = alone.iter().map(Plan::block).collect();
    for tick in ticks(1_000) {
        together.update(&mut block, &tick);
        for (i, (plan, own)) in alone.iter().zip(&mut blocks).enumerate() {
            plan.update(own, &tick);
            let shared = &together.outputs(&block)[together.output_range(i)];
            assert_eq!(bits(shared), bits(plan.outputs(own)), "{}", plan.definitions()[0].spec().name);
        }
    }
}

#[test]
fn a_rewound_or_restored_block_goes_on_with_the_same_bits() {
    let plan = Plan::new(definitions());
    let ticks = ticks(1_000);
    let mut block = plan.block();
    for stop in [0, 1, 13, 14, 40, 399, 777] {
        let mut here = plan.block();
        ticks[..stop].iter().for_each(|t| plan.update(&mut here, t));
        let mut restored = plan.restore(&plan.save(&here)).expect("own bytes");
        let mut copied = here.clone();
        for tick in &ticks[stop..] {
            plan.update(&mut here, tick);
            plan.update(&mut restored, tick);
            plan.update(&mut copied, tick);
        }
        assert_eq!(plan.save(&restored), plan.save(&here));
        assert_eq!(plan.save(&copied), plan.save(&here));
        block = here;
    }
    let mut fresh = plan.block();
    ticks.iter().for_each(|t| plan.update(&mut fresh, t));
    assert_eq!(plan.save(&fresh), plan.save(&block));
}

#[test]
fn foreign_and_torn_states_are_refused() {
    let plan = Plan::new(definitions());
    let saved = plan.save(&plan.block());
    let other = Plan::new(vec![Definition::new("sma", [("period", 21.0)]).expect("sma")]);
    let sma = Plan::new(vec![Definition::new("sma", []).expect("sma")]);
    assert!(sma.restore(&other.save(&other.block())).is_err());
    for cut in [0, 1, 5, 9, saved.len() - 1] {
        assert!(plan.restore(&saved[..cut]).is_err(), "cut at {cut}");
    }
    for damaged in 0..saved.len() {
        let mut bytes = saved.clone();
        bytes[damaged] ^= 1;
        assert!(plan.restore(&bytes).is_err(), "at {damaged}");
    }
    assert!(plan.restore(&[&saved[..], &[0]].concat()).is_err());
    let mut newer = saved.clone();
    newer[0] += 1;
    assert!(plan.restore(&newer).is_err());
    assert!(plan.restore(&saved).is_ok());
}

#[test]
fn peeking_changes_nothing_and_foretells_the_commit() {
    let plan = Plan::new(definitions());
    let mut block = plan.block();
    for tick in ticks(600) {
        let before = plan.save(&block);
        let foretold = plan.peek(&block, &tick);
        assert_eq!(plan.save(&block), before);
        plan.update(&mut block, &tick);
        assert_eq!(bits(&foretold), bits(plan.outputs(&block)));
    }
}

#[test]
fn extreme_and_flat_prices_give_numbers_or_nothing() {
    for (price, volume) in [(0.0, 0.0), (1e-9, 1.0), (1e12, 1e12), (37.0, 0.0), (37.0, 5.0), (-3.0, 2.0)] {
        for definition in definitions() {
            let plan = Plan::new(vec![definition]);
            let mut block = plan.block();
            for i in 0..300 {
                let bar = Bar::new(i, [price; 4], volume, f64::NAN, f64::NAN);
                plan.update(
                    &mut block,
                    &Tick { bar, session: 1, regular: true, since_open: i * 60, other: price },
                );
                let infinite = plan.outputs(&block).iter().any(|v| v.is_infinite());
                assert!(!infinite, "{} at a price of {price}", plan.definitions()[0].spec().name);
            }
        }
    }
}

#[test]
fn every_spec_reads_well() {
    for (i, spec) in SPECS.iter().enumerate() {
        assert!(SPECS[..i].iter().all(|s| s.name != spec.name), "{} stands twice", spec.name);
        assert!(
            !spec.title.is_empty()
                && !spec.formula.is_empty()
                && !spec.source.is_empty()
                && !spec.outputs.is_empty()
        );
        assert!(spec.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'));
        for param in spec.params {
            assert!((param.min..=param.max).contains(&param.default), "{} {}", spec.name, param.name);
        }
    }
}

fn of(name: &str, source: &str) -> Definition {
    let definition = Definition::new(name, []).expect(name);
    definition.of(Source::parse(source).expect(source)).expect(name)
}

/// A bar at whose every price stands one.
fn flat(tick: &Tick, price: f64) -> Tick {
    Tick { bar: Bar { open: price, high: price, low: price, close: price, ..tick.bar }, ..*tick }
}

#[test]
fn what_takes_a_source_reads_nothing_else_of_prices() {
    let mut taken = 0;
    for definition in definitions().into_iter().filter(|d| d.kernel().takes_source()) {
        taken += 1;
        let plain = Plan::new(vec![definition.clone()]);
        let name = definition.spec().name;
        // Those that read volume read the field in the place of volume then.
        for (text, field) in [("hl2", Field::Hl2), ("open", Field::Open), ("hlcc4", Field::Hlcc4)] {
            let sourced = Plan::new(vec![definition.clone().of(Source::Field(field)).expect(name)]);
            let (mut a, mut b) = (plain.block(), sourced.block());
            for tick in ticks(900) {
                sourced.update(&mut b, &tick);
                let mut alike = flat(&tick, field.of(&tick.bar));
                if definition.spec().reads == Field::Volume {
                    alike.bar.volume = field.of(&tick.bar);
                }
                plain.update(&mut a, &alike);
                assert_eq!(bits(plain.outputs(&a)), bits(sourced.outputs(&b)), "{name} of {text}");
            }
        }
    }
    assert!(taken > 60);
}

#[test]
fn an_indicator_of_an_indicator_is_the_one_over_the_values_of_the_other() {
    for (name, source, inner) in [
        ("ema", "rsi_14", "rsi"),
        ("sma", "macd_12_26_9_signal", "macd"),
        ("bbands", "rsi_14", "rsi"),
        ("stddev", "vwap", "vwap"),
        ("max", "premarket_high", "premarket_high"),
        ("obv", "atr_14", "atr"),
    ] {
        let chain = of(name, source);
        let Source::Output(_, output) = *chain.source() else { panic!("{source} is an indicator") };
        let together = Plan::new(vec![chain.clone()]);
        let first = Plan::new(vec![Definition::new(inner, []).expect(inner)]);
        let then = Plan::new(vec![Definition::new(name, []).expect(name)]);
        let (mut a, mut b, mut c) = (together.block(), first.block(), then.block());
        let mut valid = 0;
        for (i, tick) in ticks(900).iter().enumerate() {
            together.update(&mut a, tick);
            first.update(&mut b, tick);
            let x = first.outputs(&b)[output];
            let got = &together.outputs(&a)[together.output_range(1)];
            if x.is_nan() {
                assert!(got.iter().all(|v| v.is_nan()));
                continue;
            }
            then.update(&mut c, &flat(tick, x));
            assert_eq!(bits(got), bits(then.outputs(&c)), "{name} of {source}");
            if valid == 0 && !got[0].is_nan() {
                valid = i + 1;
            }
        }
        let waits = together.definitions()[0].kernel().waits();
        assert!(waits || valid >= chain.first(), "{name} of {source}: {valid}");
    }
}

#[test]
fn chains_are_shared_saved_and_cut() {
    let texts =
        ["sma_3_of_ema_9_of_rsi_14", "ema_9_of_rsi_14", "ema_5_of_bbands_20_2_upper_of_rsi_14", "atr_14"];
    let parsed = texts.map(|text| match Source::parse(text).expect(text) {
        Source::Output(definition, 0) => *definition,
        other => panic!("{other:?}"),
    });
    for (text, definition) in texts.iter().zip(&parsed) {
        assert_eq!(definition.text(), *text);
    }
    let plan = Plan::new(parsed.to_vec());
    let there: Vec<String> = plan.definitions().iter().map(Definition::text).collect();
    assert_eq!(
        there,
        ["rsi_14", "atr_14", "ema_9_of_rsi_14", texts[0], "bbands_20_2_of_rsi_14", texts[2]],
        "each once, sources first"
    );
    let ticks = ticks(700);
    let mut block = plan.block();
    ticks[..300].iter().for_each(|t| plan.update(&mut block, t));
    // Without what the longest chain alone has read; the others go on with the same bits.
    let kept = plan.with_sources(&[2, 5]);
    assert_eq!(kept, [0, 2, 4, 5]);
    let (fewer, mut carried) = (plan.keep(&kept), plan.carry(&block, &kept));
    let mut restored = plan.restore(&plan.save(&block)).expect("own bytes");
    for tick in &ticks[300..] {
        plan.update(&mut block, tick);
        plan.update(&mut restored, tick);
        assert_eq!(plan.save(&restored), plan.save(&block));
        let foretold = fewer.peek(&carried, tick);
        fewer.update(&mut carried, tick);
        assert_eq!(bits(&foretold), bits(fewer.outputs(&carried)));
        for (now, &before) in kept.iter().enumerate() {
            let same = &plan.outputs(&block)[plan.output_range(before)];
            assert_eq!(bits(same), bits(&fewer.outputs(&carried)[fewer.output_range(now)]));
        }
    }
    // Nothing but what reads bars is left, one after the other goes; many bars at once are those one by one.
    let (both, mut block) = (plan.keep(&[0, 1]), plan.carry(&block, &[0, 1]));
    let (last, mut carried) = (both.keep(&[1]), both.carry(&block, &[1]));
    both.update_along(&mut block, &ticks);
    last.update_along(&mut carried, &ticks[..690]);
    ticks[690..].iter().for_each(|tick| last.update(&mut carried, tick));
    assert_eq!(bits(&both.outputs(&block)[both.output_range(1)]), bits(last.outputs(&carried)));
}

#[test]
fn sources_that_cannot_be_are_refused() {
    let message = |text: &str| Source::parse(text).expect_err(text).to_string();
    assert_eq!(message("rsii_14"), "unknown source \"rsii_14\"; did you mean \"rsi\"?");
    assert_eq!(message("hl3"), "unknown source \"hl3\"; did you mean \"hl2\"?");
    assert_eq!(message("macd_12_26"), "unknown source \"macd_12_26\"; did you mean \"macd\"?");
    assert!(message("rsi_14_upper").contains("rsi_14 has no output \"upper\""));
    assert!(message("sma_0_of_rsi_14").contains("period = 0 is out of range"));
    let refused = |name: &str, source: &str| {
        let source = Source::parse(source).expect(source);
        Definition::new(name, []).expect(name).of(source).expect_err(name).to_string()
    };
    assert_eq!(
        refused("atr", "hl2"),
        "atr takes no source, such as \"hl2\": it reads several values of a bar"
    );
    assert!(refused("vwma", "rsi_14").contains("looks back on the volume"));
}

#[test]
fn expressions_read_what_stands_before_them() {
    let spec = Spec { name: "stretch_in_tests", params: &[], outputs: &["value"], ..SPECS[0] };
    custom::register(spec, Some("(close - sma_20) / stddev_20 + 0 * atr_14")).expect("an expression");
    let own = Definition::new("stretch_in_tests", []).expect("registered");
    assert_eq!((own.first(), own.warm() > 280), (20, true), "those of its parts");
    let chained = Definition::new("sma", [("period", 3.0)]).expect("sma");
    let chained = chained.of(Source::parse("stretch_in_tests").expect("an indicator")).expect("taken");
    let plan = Plan::new(vec![chained, own]);
    let there: Vec<String> = plan.definitions().iter().map(Definition::text).collect();
    assert_eq!(there, ["sma_20", "stddev_20", "atr_14", "stretch_in_tests", "sma_3_of_stretch_in_tests"]);
    let kept = plan.with_sources(&[4]);
    assert_eq!(kept, [0, 1, 2, 3, 4]);
    let mut block = plan.block();
    let mut last = Vec::new();
    for (i, tick) in ticks(300).iter().enumerate() {
        let foretold = plan.peek(&block, tick);
        plan.update(&mut block, tick);
        let out = plan.outputs(&block);
        assert_eq!(bits(&foretold), bits(out));
        let expected = (tick.bar.close - out[0]) / out[1];
        assert_eq!(out[3].is_nan(), !expected.is_finite(), "at {i}");
        if expected.is_finite() {
            assert_eq!(out[3].to_bits(), (expected + 0.0 * out[2]).to_bits());
            last.push(out[3]);
        }
        if last.len() > 3 && !out[4].is_nan() {
            let mean = last[last.len() - 3..].iter().sum::<f64>() / 3.0;
            assert!((out[4] - mean).abs() < 1e-12);
        }
    }
    assert!(last.len() > 200);
    let fewer = plan.keep(&[0, 1, 2, 3]);
    let mut carried = plan.carry(&block, &[0, 1, 2, 3]);
    for tick in ticks(400).iter().skip(300) {
        plan.update(&mut block, tick);
        fewer.update(&mut carried, tick);
        assert_eq!(plan.outputs(&block)[3].to_bits(), fewer.outputs(&carried)[3].to_bits());
    }
}

#[test]
fn many_bars_at_once_are_the_same_as_one_by_one() {
    for plan in [Plan::new(definitions()), Plan::new(vec![Definition::new("ema", []).expect("ema")])] {
        let alone = definitions().into_iter().chain(lopsided(60.0));
        let direct: Vec<Plan> = alone.map(|d| Plan::new(vec![d])).collect();
        for plan in direct.iter().chain([&plan]) {
            let (mut one, mut many) = (plan.block(), plan.block());
            let ticks = ticks(1_200);
            let mut rest = ticks.as_slice();
            for size in [1, 3, 64, 4, 17, 200, 5, 64, 64].into_iter().cycle() {
                let (now, later) = rest.split_at(rest.len().min(size));
                now.iter().for_each(|tick| plan.update(&mut one, tick));
                plan.update_along(&mut many, now);
                assert_eq!(bits(plan.outputs(&one)), bits(plan.outputs(&many)));
                let firsts: Vec<_> = plan.valid_within(&one, usize::MAX).collect();
                assert_eq!(firsts, plan.valid_within(&many, usize::MAX).collect::<Vec<_>>());
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            assert_eq!(plan.save(&one), plan.save(&many), "{}", plan.definitions()[0].text());
        }
    }
}

#[test]
fn many_blocks_at_once_are_the_same_as_one_by_one() {
    let ticks = ticks(3_000);
    let (count, steps) = (BATCH + 5, 400);
    let alone = definitions().into_iter().chain(lopsided(60.0)).map(|definition| vec![definition]);
    for plan in alone.chain([definitions()]).map(Plan::new) {
        let mut apart: Vec<Block> = (0..count).map(|_| plan.block()).collect();
        let mut together = apart.clone();
        for at in 0..steps {
            // Each stands elsewhere in the same walk; and many have no bar at times, so that they have not seen as many.
            let there: Vec<usize> = (0..count).filter(|k| (at + k) % (2 + k % 5) != 1).collect();
            let now: Vec<Tick> = there.iter().map(|k| ticks[at + 50 * k]).collect();
            there.iter().zip(&now).for_each(|(&k, tick)| plan.update(&mut apart[k], tick));
            let blocks = together.iter_mut().enumerate().filter(|(k, _)| there.contains(k));
            let mut blocks: Vec<&mut [f64]> = blocks.map(|(_, block)| block.words_mut()).collect();
            plan.update_across(&mut blocks, &now);
        }
        for (one, other) in apart.iter().zip(&together) {
            let name = plan.definitions()[0].text();
            assert_eq!(bits(plan.outputs(one)), bits(plan.outputs(other)), "{name}");
            assert_eq!(plan.save(one), plan.save(other), "{name}");
        }
    }
}

#[test]
fn many_bars_of_many_blocks_are_the_same_as_one_by_one() {
    let ticks = ticks(3_000);
    let warm = |plan: &Plan, bars: usize| {
        let mut block = plan.block();
        ticks[..bars].iter().for_each(|tick| plan.update(&mut block, tick));
        block
    };
    let goes_abreast = |d: &Definition| {
        let plan = Plan::new(vec![d.clone()]);
        plan.is_abreast(&warm(&plan, 100))
    };
    let abreast: Vec<Definition> = definitions().into_iter().filter(goes_abreast).collect();
    assert!(abreast.len() > 20, "{}", abreast.len());
    let plan = Plan::new(abreast);
    assert!(!plan.is_abreast(&warm(&plan, 5)), "the averages have not begun");
    let mut one_by_one: Vec<Block> = (0..BATCH).map(|k| warm(&plan, 100 + k)).collect();
    let mut together = one_by_one.clone();
    for round in 0..6 {
        // Of many lengths, over the ends of sessions.
        let parts: Vec<&[Tick]> =
            (0..BATCH).map(|k| &ticks[200 + 90 * round + 70 * k..][..=(round * 7 + k * 5) % 90]).collect();
        let is_kept = |which: usize, bars: usize| (which + bars).is_multiple_of(16);
        let mut expected = Vec::new();
        for (which, (block, part)) in one_by_one.iter_mut().zip(&parts).enumerate() {
            for (at, tick) in part.iter().enumerate() {
                plan.update(block, tick);
                if is_kept(which, at + 1) {
                    expected.push((which, at + 1, plan.save(block)));
                }
            }
        }
        let mut steps: Vec<_> = parts.iter().map(|part| (part.len(), part.iter().copied())).collect();
        let mut blocks: Vec<&mut [f64]> = together.iter_mut().map(Block::words_mut).collect();
        let (mut kept, _) = plan.update_grid(&mut blocks, &mut steps, is_kept);
        kept.sort_by_key(|(which, bars, _)| (*which, *bars));
        let kept: Vec<_> =
            kept.iter().map(|(which, bars, block)| (*which, *bars, plan.save(block))).collect();
        assert_eq!(kept, expected);
        for (one, other) in one_by_one.iter().zip(&together) {
            assert_eq!(bits(plan.outputs(one)), bits(plan.outputs(other)));
            assert_eq!(plan.save(one), plan.save(other));
        }
    }
}

#[test]
fn ranks_are_counted_or_kept_in_order_alike() {
    let ticks = ticks(700);
    for period in [2, 100, 128, 129, 200] {
        let definition =
            Definition::new("percent_rank", [("period", f64::from(period))]).expect("percent_rank");
        let plan = Plan::new(vec![definition]);
        let mut block = plan.block();
        for (i, tick) in ticks.iter().enumerate() {
            plan.update(&mut block, tick);
            let n = period as usize;
            let below = |from: usize| ticks[from..i].iter().filter(|t| t.bar.close < tick.bar.close).count();
            let expected =
                i.checked_sub(n).map_or(f64::NAN, |from| 100.0 * below(from) as f64 / f64::from(period));
            assert_eq!(plan.outputs(&block)[0].to_bits(), expected.to_bits(), "{period} at {i}");
        }
    }
}
