use serde_json::json;

use super::*;

fn spec(query: &str) -> QuerySpec {
    QuerySpec {
        query: query.to_owned(),
        replica: None,
        over: None,
        fresh: None,
        stale: Duration::from_secs(60),
    }
}

fn values(target: &str) -> Values {
    ["agent", "target"].map(|name| (name.to_owned(), Text::line(target))).into()
}

fn read(query: &Query, data: &Value) -> Result<Vec<String>, Text> {
    let readings = query.readings("errors", data)?;
    Ok(readings.iter().map(|(name, value)| format!("{name}={}", value.map_or("-", Text::as_str))).collect())
}

fn vector(series: &[(&str, &str)]) -> Value {
    let one = |(pod, value): &(&str, &str)| json!({"metric": {"pod": pod}, "value": [1.5, value]});
    json!({"resultType": "vector", "result": series.iter().map(one).collect::<Vec<_>>()})
}

#[test]
fn no_data_is_not_zero_and_several_series_are_not_one() {
    let plain = Query::new(&spec("errors")).unwrap();
    let by_pod = Query::new(&QuerySpec { replica: Some("pod".into()), ..spec("errors") }).unwrap();
    for (query, data, says) in [
        (&plain, vector(&[("a", "0")]), Ok(vec!["errors=0"])),
        (&plain, json!({"resultType": "scalar", "result": [1.5, "7"]}), Ok(vec!["errors=7"])),
        (&plain, vector(&[]), Err("no data, which is not zero")),
        (&plain, vector(&[("a", "0"), ("b", "1")]), Err("2 series where one is expected")),
        (&by_pod, vector(&[("a", "0"), ("b", "NaN")]), Ok(vec!["errors@a=0", "errors@b=NaN"])),
        (&by_pod, vector(&[]), Err("no data")),
        (&by_pod, vector(&[("", "0")]), Err("without the label `pod`")),
        (&plain, json!({"resultType": "string", "result": [1, "x"]}), Err("no number")),
        (&plain, json!({"resultType": "vector", "result": [{"metric": {}}]}), Err("nobody documented")),
        (&plain, json!(null), Err("no number")),
    ] {
        match (read(query, &data), says) {
            (Ok(read), Ok(expected)) => assert_eq!(read, expected, "{data}"),
            (Err(why), Err(says)) => assert!(why.as_str().contains(says), "{data}: {why}"),
            (read, says) => panic!("{data}: {read:?}, not {says:?}"),
        }
    }
}

#[test]
fn an_old_sample_proves_nothing() {
    let query = Query::new(&spec("errors")).unwrap();
    for (age, fresh) in [("3", true), ("60", true), ("61", false), ("NaN", false), ("x", false)] {
        assert_eq!(query.fresh_enough(&[vector(&[("", age)])], None).is_ok(), fresh, "{age}");
    }
    assert!(query.fresh_enough(&[vector(&[])], None).is_err());
}

#[test]
fn a_sample_from_before_the_call_proves_nothing_of_it() {
    // Regression: a 0 scraped before the call lit verified while the exporter said 30 already.
    let query = Query::new(&spec("errors")).unwrap();
    let since = |seconds: f64| Some(Duration::from_secs_f64(seconds));
    for (ages, since, fresh) in [
        (&["9.9"][..], since(10.0), true),
        (&["10"], since(10.0), false),
        (&["0.5"], since(0.2), false),
        (&["3", "12"], since(10.0), false),
        (&["3", ""], since(10.0), true),
        (&["", ""], since(10.0), false),
        (&["61"], since(1000.0), false),
        (&[], since(1.0), true),
    ] {
        let data: Vec<Value> =
            ages.iter().map(|age| if age.is_empty() { vector(&[]) } else { vector(&[("", age)]) }).collect();
        assert_eq!(query.fresh_enough(&data, since).is_ok(), fresh, "{ages:?} {since:?}");
    }
    let expression = Query::new(&spec(r#"sum(a{x="{agent}"}) / sum(rate(b[1m]))"#)).unwrap();
    assert_eq!(expression.ages(&values("s"), since(5.0)).unwrap().len(), 2, "of both selectors");
    let shifted = Query::new(&spec("sum(errors offset 1h)")).unwrap();
    assert!(shifted.ages(&values("s"), since(5.0)).unwrap_err().as_str().contains("offset"));
}

#[test]
fn a_range_that_began_before_the_call_proves_nothing_until_it_is_over() {
    let over = Some((Duration::from_secs(300), Worst::Highest));
    let query = Query::new(&QuerySpec { over, ..spec("errors") }).unwrap();
    let ages = |since: Option<u64>| query.ages(&values("s"), since.map(Duration::from_secs));
    assert!(ages(Some(299)).unwrap_err().as_str().contains("reaches back before the call"));
    assert!(ages(Some(300)).is_ok() && ages(None).is_ok());
}

#[test]
fn a_selector_says_how_old_it_is_and_an_expression_needs_one() {
    let asked =
        |spec: &QuerySpec| !Query::new(spec).unwrap().ages(&values("support-1"), None).unwrap().is_empty();
    assert!(asked(&spec("errors")));
    assert!(asked(&spec(r#"errors{agent="{agent}"}"#)));
    assert!(!asked(&spec(r#"sum(errors{agent="{agent}"})"#)));
    assert!(asked(&QuerySpec { fresh: Some("errors".into()), ..spec("sum(errors)") }));
}

#[test]
fn a_value_stays_inside_its_string() {
    let query = Query::new(&spec(r#"errors{agent="{agent}"}"#)).unwrap();
    let hostile = query.body(&values(r#"x"} or vector(0) #\"#)).unwrap();
    assert_eq!(hostile, r#"errors{agent="x\x22} or vector(0) #\x5c"}"#);
    assert!(Query::new(&spec("errors{agnt}")).is_err(), "a misspelt placeholder is told");
}

#[test]
fn an_answer_in_part_is_none() {
    let answer = |status: u16, body: Value| Answer {
        status,
        headers: vec![],
        body: body.to_string().into_bytes(),
        tries: 1,
        after_doubt: false,
    };
    for (status, body, says) in [
        (200, json!({"status": "success", "data": 1}), None),
        (
            200,
            json!({"status": "success", "warnings": ["store x gone"], "data": 1}),
            Some("in part only: store x"),
        ),
        (400, json!({"status": "error", "error": "parse error"}), Some("400: parse error")),
        (200, json!({"status": "error", "error": "odd"}), Some("odd")),
        (503, json!("down"), Some("503")),
    ] {
        let why = data(&answer(status, body.clone())).err();
        match says {
            None => assert_eq!(why, None),
            Some(says) => assert!(why.unwrap().as_str().contains(says), "{body}"),
        }
    }
}
