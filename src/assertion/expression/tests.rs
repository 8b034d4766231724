use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::assertion::Statistic;
use crate::assertion::metric::{METRICS, ValueKind};

fn read(text: &str) -> Assertion {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refusal(text: &str) -> String {
    match text.parse::<Assertion>() {
        Ok(assertion) => panic!("{text} is {assertion:?}"),
        Err(error) => error,
    }
}

#[test]
fn assertion_has_a_metric_an_operator_and_a_value() {
    use Operator::{AtLeast, AtMost, Equal, Less, More, NotEqual};
    for (text, metric, operator, limit) in [
        ("loss == 0%", Metric::Loss, Equal, Value::Ratio(0.0)),
        ("loss <= 0.1%", Metric::Loss, AtMost, Value::Ratio(0.001)),
        ("loss<0.7 %", Metric::Loss, Less, Value::Ratio(0.007)),
        ("loss == 0", Metric::Loss, Equal, Value::Ratio(0.0)),
        ("loss == 100%", Metric::Loss, Equal, Value::Ratio(1.0)),
        ("delay.p99 < 5ms", Metric::Delay(Statistic::P99), Less, Value::Nanos(5_000_000)),
        ("delay.min>-1.5us", Metric::Delay(Statistic::Min), More, Value::Nanos(-1500)),
        ("delay.mean >= 0", Metric::Delay(Statistic::Mean), AtLeast, Value::Nanos(0)),
        ("pdv.p999 < 10 us", Metric::Pdv(Statistic::P999), Less, Value::Nanos(10_000)),
        ("gap <= 1m30s", Metric::Gap, AtMost, Value::Nanos(90_000_000_000)),
        ("jitter == 0ms", Metric::Jitter, Equal, Value::Nanos(0)),
        ("rate >= 900pps", Metric::Rate, AtLeast, Value::Pps(900.0)),
        ("rate > 0", Metric::Rate, More, Value::Pps(0.0)),
        ("rate > 0kpps", Metric::Rate, More, Value::Pps(0.0)),
        ("bitrate >= 20 Mbit/s", Metric::Bitrate, AtLeast, Value::Bps(2e7)),
        ("bitrate == 0", Metric::Bitrate, Equal, Value::Bps(0.0)),
        ("bitrate == 0Mbit", Metric::Bitrate, Equal, Value::Bps(0.0)),
        ("datagrams == 1000", Metric::Datagrams, Equal, Value::Count(1000)),
        ("bytes != 18446744073709551615", Metric::Bytes, NotEqual, Value::Count(u64::MAX)),
        ("  hops.max<=4\n", Metric::HopsMax, AtMost, Value::Count(4)),
        ("loss_runs.longest\t<\n3", Metric::LossRunsLongest, Less, Value::Count(3)),
    ] {
        let assertion = read(text);
        assert_eq!(
            (assertion.metric, assertion.operator, assertion.limit),
            (metric, operator, limit),
            "{text}"
        );
    }
}

#[test]
fn display_is_the_parsed_text_on_one_line() {
    for (text, shown) in
        [(" loss==0% ", "loss==0%"), ("gap  <  2 s", "gap  <  2 s"), ("gap <\n2s", "gap < 2s")]
    {
        assert_eq!(read(text).to_string(), shown);
    }
}

#[test]
fn an_error_has_the_reason_and_a_correct_assertion() {
    for (text, why) in [
        ("loss = 0%", "unknown operator '=' (use == != < <= > >=); try 'loss == 0%'"),
        ("loss =< 1%", "unknown operator '=<' (use == != < <= > >=); try 'loss <= 1%'"),
        ("loss=>1%", "unknown operator '=>' (use == != < <= > >=); try 'loss >= 1%'"),
        ("lost <> 0", "try 'lost != 0'"),
        ("lost < = 2", "try 'lost <= 2'"),
        ("lost << 2", "try 'lost == 2'"),
        (
            "los = 0%",
            "unknown metric 'los'; try 'loss == 0%'; the metrics are datagrams, bytes, rate",
        ),
        ("dup == 0", "try 'duplicates == 0'"),
        ("kernel-drops == 0", "try 'kernel_drops == 0'"),
        ("Loss < 5%", "unknown metric 'Loss'; try 'loss < 5%'"),
        ("loss_ratio < 5%", "try 'loss < 5%'"),
        ("delay_ns.p99 < 5ms", "try 'delay.p99 < 5ms'"),
        ("jiter < 5ms", "try 'jitter < 5ms'"),
        ("datagarms == 3", "try 'datagrams == 3'"),
        ("happiness > 3", "unknown metric 'happiness'; the metrics are datagrams, bytes"),
        ("happiness > 3", "hops.min|max"),
        ("== 3", "the metric is missing; the metrics are datagrams"),
        (
            "delay < 5ms",
            "unknown metric 'delay' (use delay.min|mean|p50|p90|p99|p999|max); try 'delay.max < 5ms'",
        ),
        (
            "delay.p95 < 5ms",
            "unknown metric 'delay.p95' (use delay.min|mean|p50|p90|p99|p999|max); try \
             'delay.p99 < 5ms'",
        ),
        ("pdv.p42 < 5", "'pdv.p42' (use pdv.min|mean|p50|p90|p99|p999|max)"),
        ("hops <= 4", "'hops' (use hops.min|max); try 'hops.max <= 4'"),
        ("loss_runs == 0", "'loss_runs' (use loss_runs.count|longest); try"),
        ("loss < 5ms", "loss takes a percentage from 0% to 100%, not '5ms'; try 'loss < 5%'"),
        ("loss < 5", "not '5'; try 'loss < 5%' or 'lost < 5'"),
        ("loss < 0.001", "try 'loss < 0.001%' or 'loss < 0.1%'"),
        ("loss < 101%", "from 0% to 100%, not '101%'; try 'loss < 0.1%'"),
        ("loss > -1%", "not '-1%'; try 'loss > 0.1%'"),
        ("loss < nan%", "not 'nan%'; try"),
        ("loss < %", "not '%'; try"),
        ("delay.p99 < 5%", "delay.p99 takes a time with a unit, not '5%'; try 'delay.p99 < 5ms'"),
        ("delay.p99 < 5", "not '5'; try 'delay.p99 < 5ms'"),
        ("delay.p99 < 5ms or so", "not '5ms or so'; try 'delay.p99 < 5ms'"),
        ("delay.p99 < 10000000h", "not '10000000h'; try 'delay.p99 < "),
        (
            "jitter > -5ms",
            "jitter takes a non-negative time with a unit, not '-5ms'; try 'jitter > 5ms'",
        ),
        ("gap < inf", "not 'inf'; try 'gap < 5ms'"),
        (
            "lost == 0%",
            "lost takes a whole number without a unit, not '0%'; try 'lost == 0' or 'loss == 0%'",
        ),
        ("lost == 1.5", "not '1.5'; try 'lost == 0'"),
        ("lost == -1", "not '-1'; try 'lost == 0'"),
        ("datagrams == 10k", "not '10k'; try 'datagrams == 0'"),
        ("datagrams == 1_000", "not '1_000'; try 'datagrams == 0'"),
        ("datagrams == 18446744073709551616", "not '18446744073709551616'"),
        (
            "rate > 5Mbit",
            "rate takes datagrams per second (pps), not '5Mbit'; try 'rate > 5pps' or 'bitrate \
             > 5Mbit'",
        ),
        ("rate > 900", "not '900'; try 'rate > 900pps'"),
        ("rate > infpps", "not 'infpps'; try 'rate > 1000pps'"),
        ("bitrate > 20MB", "bit/s), not '20MB'; try 'bitrate > 20Mbit'"),
        ("bitrate > 900pps", "or 'rate > 900pps'"),
        (
            "lost ==",
            "the value is missing (lost takes a whole number without a unit); try 'lost == 0'",
        ),
        ("lost", "the comparison is missing (use == != < <= > >=); try 'lost <= 0'"),
        ("loss 2%", "the comparison is missing (use == != < <= > >=); try 'loss <= 2%'"),
        ("", "the comparison is missing (use == != < <= > >=); try 'loss == 0%'"),
        ("lost == 0 && loss == 0%", "must be one comparison"),
        ("1ms < delay.p99 < 5ms", "for example --assert 'delay.min >= 1ms' --assert"),
    ] {
        let error = refusal(text);
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn only_a_delay_can_be_negative() {
    for (name, metric, _) in METRICS {
        let is_delay = matches!(metric, Metric::Delay(_));
        assert_eq!(format!("{name} > -1ns").parse::<Assertion>().is_ok(), is_delay, "{name}");
    }
}

#[test]
fn a_rate_too_large_to_be_a_number_is_refused() {
    let digits = "9".repeat(305);
    assert!(refusal(&format!("bitrate < {digits}Gbit")).contains("try 'bitrate < "));
}

#[test]
fn every_metric_has_one_name() {
    for (at, (name, metric, _)) in METRICS.iter().enumerate() {
        assert!(
            METRICS[..at].iter().all(|(other, known, _)| other != name && known != metric),
            "{name}"
        );
    }
    let list = Vocabulary::Reception.list();
    assert!(list.starts_with("datagrams, bytes, rate, bitrate, "), "{list}");
    assert!(list.contains(", delay.min|mean|p50|p90|p99|p999|max, "), "{list}");
}

#[test]
fn a_percentage_equals_the_division() {
    for lost in 0..=1000_u32 {
        let typed = format!("loss == {}.{}%", lost / 10, lost % 10);
        assert!(
            read(&typed).judge(|_| Some(Value::Ratio(f64::from(lost) / 1000.0))).held,
            "{typed}"
        );
    }
}

#[test]
fn counts_compare_exactly() {
    let many = read("bytes == 18446744073709551615");
    assert!(many.judge(|_| Some(Value::Count(u64::MAX))).held);
    assert!(!many.judge(|_| Some(Value::Count(u64::MAX - 1))).held);
}

#[test]
fn a_value_that_was_not_measured_fails_every_comparison() {
    for (operator, _) in OPERATORS {
        for value in [None, Some(Value::Ratio(f64::NAN))] {
            let judgement = read(&format!("loss {operator} 0%")).judge(|_| value);
            assert_eq!((judgement.held, judgement.value), (false, None));
            assert_eq!(judgement.reason(), format!("loss {operator} 0% (value unknown)"));
        }
    }
}

#[test]
fn only_the_asserted_metric_is_measured() {
    let assertion = read("pdv.p99 < 5ms");
    let judgement = assertion
        .judge(|metric| (metric == Metric::Pdv(Statistic::P99)).then_some(Value::Nanos(1)));
    assert!(judgement.held && assertion.metric() == Metric::Pdv(Statistic::P99));
}

#[test]
fn a_reason_has_enough_digits_to_explain_the_failure() {
    for (text, value, reason) in [
        ("loss == 0%", Value::Ratio(0.0125), "loss == 0% (1.25 %)"),
        ("loss == 0%", Value::Ratio(1e-7), "loss == 0% (0.0000100 %)"),
        ("loss <= 1%", Value::Ratio(0.010_004), "loss <= 1% (1.0004 %)"),
        ("lost == 0", Value::Count(12), "lost == 0 (12)"),
        ("delay.p99 < 38us", Value::Nanos(38_000), "delay.p99 < 38us (38.0 us)"),
        ("delay.p99 <= 38us", Value::Nanos(38_001), "delay.p99 <= 38us (38.001 us)"),
        ("delay.min >= 0", Value::Nanos(-1234), "delay.min >= 0 (-1.23 us)"),
        ("rate >= 1kpps", Value::Pps(999.9), "rate >= 1kpps (999.9 pps)"),
        ("bitrate != 20Mbit", Value::Bps(2e7), "bitrate != 20Mbit (20.0 Mbit/s)"),
    ] {
        let judgement = read(text).judge(|_| Some(value));
        assert_eq!((judgement.held, judgement.reason().as_str()), (false, reason));
    }
}

#[test]
fn a_judgement_in_json() {
    let json = |value| serde_json::to_string(&read(" loss == 0%").judge(|_| value)).unwrap();
    assert_eq!(json(Some(Value::Ratio(0.5))), r#"{"expr":"loss == 0%","value":0.5,"held":false}"#);
    assert_eq!(json(Some(Value::Ratio(0.0))), r#"{"expr":"loss == 0%","value":0.0,"held":true}"#);
    assert_eq!(json(None), r#"{"expr":"loss == 0%","value":null,"held":false}"#);
}

/// A whole number as a value of a kind: its text, and the parsed value. Times and ratios have
/// decimals.
fn typed(kind: ValueKind, number: i64) -> (String, Value) {
    let size = number.unsigned_abs();
    let decimal = format!("{}.{:03}", size / 1000, size % 1000);
    match kind {
        ValueKind::Count => (size.to_string(), Value::Count(size)),
        ValueKind::Ratio => (format!("{decimal}%"), Value::Ratio(size as f64 / 100_000.0)),
        ValueKind::Delay if number < 0 => (format!("-{decimal}us"), Value::Nanos(number)),
        ValueKind::Delay | ValueKind::Time => (format!("{decimal}us"), Value::Nanos(size as i64)),
        ValueKind::Packets => (format!("{size}pps"), Value::Pps(size as f64)),
        ValueKind::Bits => (format!("{size}bit"), Value::Bps(size as f64)),
    }
}

/// Compares whole numbers in the obvious way.
fn is_so(operator: &str, value: i64, limit: i64) -> bool {
    match operator {
        "==" => value == limit,
        "!=" => value != limit,
        "<" => value < limit,
        "<=" => [value < limit, value == limit].contains(&true),
        ">" => value > limit,
        ">=" => [value > limit, value == limit].contains(&true),
        other => unreachable!("{other}"),
    }
}

/// The examples in a refusal.
fn examples(refusal: &str) -> Vec<String> {
    let tries = refusal.rsplit_once("; try ").map_or("", |(_, tries)| tries);
    tries.split('\'').skip(1).step_by(2).map(str::to_owned).collect()
}

proptest! {
    #[test]
    fn judging_agrees_with_a_slow_comparison(
        limit in -100_000..=100_000_i64,
        off in prop_oneof![Just(0), -2..=2_i64, -100_000..=100_000_i64],
        space in " {0,2}",
    ) {
        for &(name, metric, kind) in METRICS {
            for (operator, _) in OPERATORS {
                // Only a delay can be negative.
                let of_kind =
                    |number: i64| if kind == ValueKind::Delay { number } else { number.abs() };
                let (limit, value) = (of_kind(limit), of_kind(limit.saturating_add(off)));
                let (text, read_limit) = typed(kind, limit);
                let text = format!("{name}{space}{operator}{space}{text}");
                let assertion = text.parse::<Assertion>().map_err(TestCaseError::fail)?;
                prop_assert_eq!((assertion.metric(), assertion.limit), (metric, read_limit));
                prop_assert_eq!(assertion.to_string().parse::<Assertion>(), Ok(assertion.clone()));
                prop_assert_eq!(assertion.to_string(), text.as_str());

                let measured = typed(kind, value).1;
                let judgement = assertion.judge(|_| Some(measured));
                prop_assert_eq!(
                    judgement.held,
                    is_so(operator, value, limit),
                    "{} of {:?}",
                    text,
                    measured
                );
                let reason = judgement.reason();
                prop_assert!(
                    reason.starts_with(&text) && reason.ends_with(')'),
                    "{}",
                    reason
                );
                prop_assert!(!assertion.judge(|_| None).held);
            }
        }
    }

    #[test]
    fn nothing_panics(text in "\\PC{0,30}") {
        let _ = text.parse::<Assertion>();
    }

    #[test]
    fn every_shown_example_parses(
        name in prop_oneof![
            select(METRICS.iter().map(|(name, ..)| *name).collect::<Vec<_>>()).prop_map(str::to_owned),
            "[a-z._]{0,8}",
            "delay[.a-z0-9]{0,5}"
        ],
        operator in "[=!<>]{0,3}| < = ",
        value in prop_oneof![
            "-?[0-9]{0,3}(\\.[0-9]{0,2})?(%|ms|pps|kpps|Mbit|k|_0|GB| x)?",
            "\\PC{0,12}"
        ],
    ) {
        let text = format!("{name} {operator} {value}");
        match text.parse::<Assertion>() {
            Ok(assertion) => prop_assert_eq!(assertion.to_string(), text.trim()),
            Err(error) => {
                let examples = examples(&error);
                let lists = ["; the metrics are ", "must be one comparison"];
                prop_assert!(
                    !examples.is_empty() || lists.iter().any(|list| error.contains(list)),
                    "{}: {}",
                    text,
                    error
                );
                for example in examples {
                    prop_assert!(example.parse::<Assertion>().is_ok(), "{}: {}", text, error);
                }
            }
        }
    }
}

#[test]
fn a_lower_bound_decides_some_comparisons() {
    // The results for "at least 3" (`None`: unknown) and for exactly 3.
    for (expr, at_least, exactly) in [
        ("kernel_drops == 0", Some(false), false),
        ("kernel_drops == 3", None, true),
        ("kernel_drops == 4", None, false),
        ("kernel_drops != 2", Some(true), true),
        ("kernel_drops != 3", None, false),
        ("kernel_drops < 3", Some(false), false),
        ("kernel_drops < 4", None, true),
        ("kernel_drops <= 2", Some(false), false),
        ("kernel_drops <= 3", None, true),
        ("kernel_drops > 2", Some(true), true),
        ("kernel_drops > 3", None, false),
        ("kernel_drops >= 3", Some(true), true),
        ("kernel_drops >= 4", None, false),
    ] {
        let assertion: Assertion = expr.parse().unwrap();
        let judged = assertion.judge(|_| Some(Value::AtLeast(3)));
        assert_eq!(
            (judged.value.map(|_| judged.held), judged.held),
            (at_least, at_least == Some(true)),
            "{expr}"
        );
        let reason = if at_least.is_none() { "value unknown" } else { "at least 3" };
        assert_eq!(judged.reason(), format!("{expr} ({reason})"));
        assert_eq!(assertion.judge(|_| Some(Value::Count(3))).held, exactly, "{expr}");
    }
}

#[test]
fn each_command_has_its_metrics() {
    let of_reports = |text| Assertion::read(text, Vocabulary::Reports);
    assert_eq!(of_reports("receivers >= 3").unwrap().metric(), Metric::Receivers);
    assert!("receivers >= 3".parse::<Assertion>().is_err());
    let error = of_reports("pdv.max < 5ms").unwrap_err();
    assert!(error.contains("receivers, silent") && error.contains("delay.p50|p99|max"), "{error}");
    let failed = of_reports("receivers >= 3").unwrap().judge(|_| Some(Value::Count(2)));
    assert_eq!(failed.reason(), "receivers >= 3 (2)");
}

#[test]
fn metrics_of_one_name_have_one_kind() {
    let all = || Vocabulary::ALL.iter().flat_map(|of| of.metrics());
    for (name, metric, kind) in all() {
        for (other, known, of) in all() {
            assert_eq!(name == other, metric == known, "{name} and {other}");
            assert!(name != other || kind == of, "{name}");
        }
    }
}
