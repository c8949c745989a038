//! INDICATORS rules 4 to 6: flat prices, rounding, and drift over ten million bars.

use openbell_core::bar::Bar;
use openbell_core::indicator::plan::Plan;
use openbell_core::indicator::{Definition, Tick};

fn plan(names: &[&str]) -> Plan {
    Plan::new(names.iter().map(|name| Definition::new(name, []).expect(name)).collect())
}

fn tick(i: i64, price: f64, volume: f64) -> Tick {
    let bar = Bar::new(i * 60_000_000_000, [price; 4], volume, f64::NAN, f64::NAN);
    Tick { bar, session: 1, regular: true, since_open: 0, other: price }
}

/// Cheap noise: the same everywhere, about uniform in 0..1.
fn noise(i: i64) -> f64 {
    let x = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (x >> 11) as f64 / (1_u64 << 53) as f64
}

fn deviation(window: &[f64]) -> f64 {
    let first = window[0];
    let mean = window.iter().map(|x| x - first).sum::<f64>() / window.len() as f64;
    let squares: f64 = window.iter().map(|x| (x - first - mean).powi(2)).sum();
    (squares / window.len() as f64).sqrt()
}

#[test]
fn a_small_deviation_at_a_large_price_is_right_after_a_million_bars() {
    let plan = plan(&["stddev", "bbands"]);
    let mut block = plan.block();
    let price = |i: i64| 1e6 + 0.01 * (12.0_f64).sqrt() * (noise(i) - 0.5);
    for i in 0..1_000_000 {
        plan.update(&mut block, &tick(i, price(i), 1.0));
    }
    let window: Vec<f64> = (999_980..1_000_000).map(price).collect();
    let exact = deviation(&window);
    assert!((exact - 0.01).abs() < 0.005, "the noise has a deviation of about 0.01, not {exact}");
    let [sigma, middle, upper, _] = plan.outputs(&block) else { panic!("four outputs") };
    assert!((sigma / exact - 1.0).abs() < 1e-6, "{sigma} against {exact}");
    assert!(((upper - middle) / (2.0 * exact) - 1.0).abs() < 1e-6);
}

#[test]
fn a_deviation_is_right_after_a_jump_has_left_the_window() {
    let plan = plan(&["stddev"]);
    let mut block = plan.block();
    let price = |i: i64| if i == 500 { 1e6 } else { 100.0 + 0.01 * noise(i) };
    for i in 0..1_000 {
        plan.update(&mut block, &tick(i, price(i), 1.0));
        if i > 520 {
            let window: Vec<f64> = (i - 19..=i).map(price).collect();
            let (got, exact) = (plan.outputs(&block)[0], deviation(&window));
            assert!((got / exact - 1.0).abs() < 1e-6, "bar {i}: {got} against {exact}");
        }
    }
}

#[test]
fn ten_million_bars_do_not_decay_a_rolling_sum() {
    const BARS: i64 = 10_000_000;
    let plan = plan(&["sma", "wma", "volume_sma", "stddev"]);
    let mut block = plan.block();
    let price = |i: i64| ((1e4 + 2e3 * noise(i)) * 100.0).round() / 100.0;
    let volume = |i: i64| (noise(i + 7) * 1e7).floor();
    for i in 0..BARS {
        plan.update(&mut block, &tick(i, price(i), volume(i)));
    }
    let prices: Vec<f64> = (BARS - 20..BARS).map(price).collect();
    let weighted: f64 = prices.iter().enumerate().map(|(i, x)| (i + 1) as f64 * x).sum();
    let volumes: f64 = (BARS - 20..BARS).map(volume).sum();
    let exact = [prices.iter().sum::<f64>() / 20.0, weighted / 210.0, volumes / 20.0, deviation(&prices)];
    for ((got, want), definition) in plan.outputs(&block).iter().zip(exact).zip(plan.definitions()) {
        assert!((got / want - 1.0).abs() < 1e-9, "{}: {got} against {want}", definition.spec().name);
    }
}

/// Running sums since the start, or paths that keep what was long ago: nothing that a fresh start could find again.
const UNBOUNDED: &[&str] = &[
    "obv",
    "ad",
    "adosc",
    "pvt",
    "nvi",
    "pvi",
    "vwap",
    "vwap_bands",
    "vwap_week",
    "vwap_time",
    "vwap_anchored",
    "rvol",
    "volume_profile",
    "opening_range",
    "session_high",
    "session_low",
    "bars_since_high",
    "prev_high",
    "prev_low",
    "prev_close",
    "gap_pct",
    "day_change_pct",
    "premarket_high",
    "premarket_low",
    "pivots",
    "pivots_woodie",
    "pivots_fibonacci",
    "pivots_camarilla",
];

/// Ten million bars later every other indicator says what it says after the last few thousand alone.
#[test]
fn nothing_decays_in_ten_million_bars() {
    const BARS: i64 = 10_000_000;
    const LAST: i64 = 40_000;
    let cents = |x: f64| (x * 100.0).round() / 100.0;
    let bar = |i: i64| {
        let middle = 1e4 + 2e3 * (i as f64 * 1e-3).sin() + 50.0 * noise(i);
        let (open, close) = (cents(middle + noise(i + 1)), cents(middle - noise(i + 2)));
        let (high, low) = (cents(open.max(close) + noise(i + 3)), cents(open.min(close) - noise(i + 4)));
        let bar = Bar::new(
            i * 60_000_000_000,
            [open, high, low, close],
            (noise(i + 7) * 1e5).floor(),
            f64::NAN,
            f64::NAN,
        );
        Tick { bar, session: 1, regular: true, since_open: 0, other: open }
    };
    let names: Vec<&str> = openbell_core::indicator::registry::SPECS.iter().map(|s| s.name).collect();
    let names: Vec<&str> = names.into_iter().filter(|name| !UNBOUNDED.contains(name)).collect();
    let plan = plan(&names);
    let (mut old, mut fresh) = (plan.block(), plan.block());
    for i in 0..BARS {
        let tick = bar(i);
        plan.update(&mut old, &tick);
        if i >= BARS - LAST {
            plan.update(&mut fresh, &tick);
        }
    }
    for (index, name) in names.iter().enumerate() {
        let outputs = plan.output_range(index);
        for (a, b) in plan.outputs(&old)[outputs.clone()].iter().zip(&plan.outputs(&fresh)[outputs]) {
            assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{name}: {a} against {b}");
        }
    }
}

/// What each output says when nothing moves, with and without volume. NaN means "no value".
#[test]
#[expect(clippy::too_many_lines, reason = "a row an indicator")]
fn flat_prices_have_an_answer_each() {
    const NONE: f64 = f64::NAN;
    let price = 37.0;
    let table: &[(&str, &[f64], &[f64])] = &[
        ("sma", &[price], &[price]),
        ("ema", &[price], &[price]),
        ("wma", &[price], &[price]),
        ("adx", &[0.0; 3], &[0.0; 3]),
        ("dema", &[price], &[price]),
        ("tema", &[price], &[price]),
        ("trima", &[price], &[price]),
        ("t3", &[price], &[price]),
        ("hma", &[price], &[price]),
        ("kama", &[price], &[price]),
        ("smma", &[price], &[price]),
        ("vwma", &[price], &[NONE]),
        ("zlema", &[price], &[price]),
        ("lwma", &[price], &[price]),
        ("linreg", &[price, 0.0, price, 0.0, price], &[price, 0.0, price, 0.0, price]),
        ("ppo", &[0.0], &[0.0]),
        ("apo", &[0.0], &[0.0]),
        ("aroon", &[100.0; 2], &[100.0; 2]),
        ("aroonosc", &[0.0], &[0.0]),
        ("psar", &[price], &[price]),
        ("supertrend", &[price, 1.0], &[price, 1.0]),
        ("vortex", &[0.0; 2], &[0.0; 2]),
        ("trix", &[0.0], &[0.0]),
        ("dpo", &[0.0], &[0.0]),
        ("heikin_ashi", &[price; 4], &[price; 4]),
        ("ichimoku", &[price; 4], &[price; 4]),
        ("alligator", &[price; 3], &[price; 3]),
        ("chandelier_exit", &[price; 2], &[price; 2]),
        ("atr_trailing_stop", &[price, 1.0], &[price, 1.0]),
        ("vidya", &[price], &[price]),
        ("alma", &[price], &[price]),
        ("dmi", &[0.0; 2], &[0.0; 2]),
        ("dx", &[0.0], &[0.0]),
        ("adxr", &[0.0], &[0.0]),
        ("macd", &[0.0; 3], &[0.0; 3]),
        ("rsi", &[50.0], &[50.0]),
        ("stoch", &[0.0; 2], &[0.0; 2]),
        ("roc", &[0.0], &[0.0]),
        ("mom", &[0.0], &[0.0]),
        ("rocp", &[0.0], &[0.0]),
        ("rocr", &[1.0], &[1.0]),
        ("cmo", &[0.0], &[0.0]),
        ("willr", &[0.0], &[0.0]),
        ("stochf", &[0.0; 2], &[0.0; 2]),
        ("stochrsi", &[0.0; 2], &[0.0; 2]),
        ("cci", &[0.0], &[0.0]),
        ("ultosc", &[0.0], &[0.0]),
        ("tsi", &[0.0; 2], &[0.0; 2]),
        ("awesome", &[0.0], &[0.0]),
        ("bop", &[0.0], &[0.0]),
        ("coppock", &[0.0], &[0.0]),
        ("kst", &[0.0; 2], &[0.0; 2]),
        ("smi", &[0.0; 2], &[0.0; 2]),
        ("fisher", &[0.0; 2], &[0.0; 2]),
        ("rvi", &[0.0; 2], &[0.0; 2]),
        ("connors_rsi", &[100.0 / 3.0], &[100.0 / 3.0]),
        ("stc", &[0.0], &[0.0]),
        ("bbands", &[price; 3], &[price; 3]),
        ("atr", &[0.0], &[0.0]),
        ("stddev", &[0.0], &[0.0]),
        ("true_range", &[0.0], &[0.0]),
        ("natr", &[0.0], &[0.0]),
        ("variance", &[0.0], &[0.0]),
        ("donchian", &[price; 3], &[price; 3]),
        ("keltner", &[price; 3], &[price; 3]),
        ("ulcer", &[0.0], &[0.0]),
        ("chop", &[0.0], &[0.0]),
        ("starc", &[price; 3], &[price; 3]),
        ("mass_index", &[25.0], &[25.0]),
        ("squeeze", &[0.0; 2], &[0.0; 2]),
        ("hv_parkinson", &[0.0], &[0.0]),
        ("hv_garman_klass", &[0.0], &[0.0]),
        ("hv_rogers_satchell", &[0.0], &[0.0]),
        ("hv_close", &[0.0], &[0.0]),
        ("hv_yang_zhang", &[0.0], &[0.0]),
        ("percent_b", &[0.5], &[0.5]),
        ("bandwidth", &[0.0], &[0.0]),
        ("obv", &[5.0], &[0.0]),
        ("vwap", &[price], &[NONE]),
        ("volume_sma", &[5.0], &[0.0]),
        ("ad", &[0.0], &[0.0]),
        ("adosc", &[0.0], &[0.0]),
        ("cmf", &[0.0], &[0.0]),
        ("mfi", &[0.0], &[0.0]),
        ("pvt", &[0.0], &[0.0]),
        ("nvi", &[1000.0], &[1000.0]),
        ("pvi", &[1000.0], &[1000.0]),
        ("force_index", &[0.0], &[0.0]),
        ("eom", &[0.0], &[0.0]),
        ("pvo", &[0.0; 3], &[0.0; 3]),
        ("vwap_bands", &[price; 3], &[NONE; 3]),
        ("rvol_bars", &[1.0], &[0.0]),
        ("kvo", &[0.0; 2], &[0.0; 2]),
        ("vwap_week", &[price], &[NONE]),
        ("vwap_time", &[price], &[NONE]),
        ("vwap_anchored", &[price], &[NONE]),
        ("rvol", &[1.0], &[NONE]),
        ("volume_profile", &[price, price + 0.0037, price - 0.0037], &[NONE; 3]),
        ("max", &[price], &[price]),
        ("min", &[price], &[price]),
        ("midpoint", &[price], &[price]),
        ("midprice", &[price], &[price]),
        ("median", &[price], &[price]),
        ("zscore", &[0.0], &[0.0]),
        ("percent_rank", &[0.0], &[0.0]),
        ("skew", &[0.0], &[0.0]),
        ("kurtosis", &[0.0], &[0.0]),
        ("autocorrelation", &[0.0], &[0.0]),
        ("correlation", &[0.0], &[0.0]),
        ("beta", &[0.0], &[0.0]),
        ("session_high", &[price], &[price]),
        ("session_low", &[price], &[price]),
        ("prev_high", &[price], &[price]),
        ("prev_low", &[price], &[price]),
        ("prev_close", &[price], &[price]),
        ("gap_pct", &[0.0], &[0.0]),
        ("day_change_pct", &[0.0], &[0.0]),
        ("premarket_high", &[NONE], &[NONE]),
        ("premarket_low", &[NONE], &[NONE]),
        ("bars_since_high", &[0.0], &[0.0]),
        ("pivots", &[price; 7], &[price; 7]),
        ("pivots_woodie", &[price; 7], &[price; 7]),
        ("pivots_fibonacci", &[price; 7], &[price; 7]),
        ("pivots_camarilla", &[price; 7], &[price; 7]),
        ("opening_range", &[price; 2], &[price; 2]),
        ("belt_hold", &[0.0], &[0.0]),
        ("dark_cloud_cover", &[0.0], &[0.0]),
        ("doji", &[100.0], &[100.0]),
        ("dragonfly_doji", &[0.0], &[0.0]),
        ("engulfing", &[0.0], &[0.0]),
        ("evening_star", &[0.0], &[0.0]),
        ("gravestone_doji", &[0.0], &[0.0]),
        ("hammer", &[0.0], &[0.0]),
        ("hanging_man", &[0.0], &[0.0]),
        ("harami", &[0.0], &[0.0]),
        ("harami_cross", &[0.0], &[0.0]),
        ("inverted_hammer", &[0.0], &[0.0]),
        ("long_legged_doji", &[0.0], &[0.0]),
        ("marubozu", &[0.0], &[0.0]),
        ("morning_star", &[0.0], &[0.0]),
        ("piercing", &[0.0], &[0.0]),
        ("shooting_star", &[0.0], &[0.0]),
        ("spinning_top", &[0.0], &[0.0]),
        ("three_black_crows", &[0.0], &[0.0]),
        ("three_inside", &[0.0], &[0.0]),
        ("three_outside", &[0.0], &[0.0]),
        ("three_white_soldiers", &[0.0], &[0.0]),
    ];
    let listed = openbell_core::indicator::registry::SPECS.iter().map(|s| s.name);
    assert!(listed.eq(table.iter().map(|row| row.0)), "every indicator has its row, in catalogue order");
    for &(name, traded, untraded) in table {
        for (volume, expected) in [(5.0, traded), (0.0, untraded)] {
            let plan = plan(&[name]);
            let mut block = plan.block();
            for i in 0..300 {
                plan.update(&mut block, &Tick { session: (i / 15) as i32, ..tick(i, price, volume) });
            }
            for (got, want) in plan.outputs(&block).iter().zip(expected) {
                let same = (got.is_nan() && want.is_nan()) || got == want;
                assert!(same, "{name} with volume {volume}: {got}, not {want}");
            }
        }
    }
}

#[test]
fn a_base_of_zero_has_a_rate_of_change_of_zero() {
    let plan = plan(&["roc"]);
    let mut block = plan.block();
    (0..30).for_each(|i| plan.update(&mut block, &tick(i, if i < 20 { 0.0 } else { 5.0 }, 1.0)));
    assert_eq!(plan.outputs(&block), [0.0]);
}
