//! Tries, circuit and limit on a wire that a script answers, in paused time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, advance, sleep};

use super::wire::{Parcel, Wire};
use super::*;
use crate::secret::{Secret, SecretSource};

/// What the wire does with a try.
#[derive(Clone)]
enum Does {
    Answer(u16, &'static [(&'static str, &'static str)]),
    NotSent,
    Breaks,
    Hangs,
}

use Does::{Answer as Says, Breaks, Hangs, NotSent};

/// Answers by script, its last line for ever, and notes when it was asked.
#[derive(Clone)]
struct Script(Arc<Mutex<(VecDeque<Does>, Vec<Duration>)>>, Instant);

impl Script {
    fn new(script: &[Does]) -> Self {
        Self(Arc::new(Mutex::new((script.iter().cloned().collect(), vec![]))), Instant::now())
    }

    fn asked(&self) -> usize {
        self.0.lock().unwrap().1.len()
    }

    fn waits(&self) -> Vec<f64> {
        self.0.lock().unwrap().1.windows(2).map(|two| (two[1] - two[0]).as_secs_f64()).collect()
    }
}

impl Wire for Script {
    fn once<'a>(&'a self, _: Parcel<'a>) -> Pending<'a, Outcome> {
        let does = {
            let mut inner = self.0.lock().unwrap();
            inner.1.push(self.1.elapsed());
            if inner.0.len() > 1 { inner.0.pop_front() } else { inner.0.front().cloned() }.unwrap()
        };
        Box::pin(async move {
            match does {
                Says(status, headers) => Outcome::Answered(Answer {
                    status,
                    headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
                    body: vec![],
                    tries: 1,
                    after_doubt: false,
                }),
                NotSent => Outcome::NotSent(Text::line("refused")),
                Breaks => Outcome::Unknown(Text::line("broke off")),
                Hangs => {
                    sleep(Duration::from_secs(3600)).await;
                    Outcome::NotSent(Text::line("never"))
                }
            }
        })
    }
}

fn backend(script: &Script) -> Backend {
    let settings = Settings::new("llm", Base::parse("http://127.0.0.1:1").unwrap());
    Backend::over(settings, Box::new(script.clone()))
}

fn status(outcome: &Outcome) -> Option<u16> {
    if let Outcome::Answered(answer) = outcome { Some(answer.status) } else { None }
}

#[tokio::test(start_paused = true)]
async fn e1_what_may_be_repeated_is_with_growing_waits_and_an_end() {
    let script = Script::new(&[Says(503, &[])]);
    let outcome = backend(&script).send(&Request::get("/")).await;
    assert_eq!(status(&outcome), Some(503), "the last answer is the outcome");
    let waits = script.waits();
    assert_eq!(waits.len(), 3, "four tries");
    for (wait, step) in waits.iter().zip([1.0, 2.0, 4.0]) {
        assert!((step * 0.5..=step * 1.5).contains(wait), "{waits:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_repeated_is_sent_once() {
    for does in [Breaks, Hangs, Says(503, &[]), Says(429, &[("retry-after", "1")])] {
        let script = Script::new(&[does]);
        backend(&script).send(&Request::post("/")).await;
        assert_eq!(script.asked(), 1);
    }
    let reads_once = Script::new(&[Says(503, &[])]);
    backend(&reads_once).send(&Request::get("/").once()).await;
    assert_eq!(reads_once.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_here_is_told_at_once_and_never_tried_again() {
    let script = Script::new(&[Says(200, &[])]);
    let credential =
        Credential::from_source(&SecretSource::File("/nowhere/token".into()), &|_| None).unwrap();
    let settings = Settings::new("llm", Base::parse("http://127.0.0.1:1").unwrap());
    let backend =
        Backend::over(Settings { auth: Auth::Bearer(credential), ..settings }, Box::new(script.clone()));
    let missing = backend.ready().await.unwrap_err();
    assert!(missing.as_str().contains("/nowhere/token"), "{missing}");
    let began = Instant::now();
    for request in [Request::post("/"), Request::get("/").insisting()] {
        let Outcome::NotSent(why) = backend.send(&request).await else { panic!("it was sent") };
        assert!(!why.as_str().contains("tries"), "{why}");
    }
    assert_eq!((script.asked(), began.elapsed()), (0, Duration::ZERO));
    assert!(backend.circuit().is_closed(), "the backend has done nothing wrong");
}

#[tokio::test(start_paused = true)]
async fn the_time_that_was_over_is_told_as_it_was_configured() {
    let script = Script::new(&[Hangs]);
    let request = Request::post("/").limit(Duration::from_secs(3));
    let backend = backend(&script);
    let Outcome::Unknown(why) = backend.send(&request).await else { panic!("it was answered") };
    assert!(why.as_str().ends_with("no whole answer within 3 s"), "{why}");
    for (left, words) in [(2_999, "3 s"), (3_000, "3 s"), (999, "1 s"), (800, "800 ms"), (1_400, "1 s")] {
        assert_eq!(backend::shown(Duration::from_millis(left)), words);
    }
}

#[tokio::test(start_paused = true)]
async fn what_never_left_us_may_always_be_sent_again() {
    let script = Script::new(&[NotSent, NotSent, Says(200, &[])]);
    let outcome = backend(&script).send(&Request::post("/")).await;
    let Outcome::Answered(answer) = outcome else { panic!("{outcome:?}") };
    assert_eq!((answer.status, answer.tries, answer.after_doubt), (200, 3, false));
}

#[tokio::test(start_paused = true)]
async fn e1_retry_after_is_honoured_within_the_limit_and_not_beyond_it() {
    let script = Script::new(&[Says(429, &[("retry-after", "17")]), Says(200, &[])]);
    assert_eq!(status(&backend(&script).send(&Request::get("/")).await), Some(200));
    assert!(script.waits()[0] >= 17.0);

    let script = Script::new(&[Says(429, &[("retry-after", "60")]), Says(200, &[])]);
    let asked = Instant::now();
    assert_eq!(status(&backend(&script).send(&Request::get("/")).await), Some(429));
    assert!(asked.elapsed() < Duration::from_secs(1), "it is not waited for in vain");
}

#[tokio::test(start_paused = true)]
async fn a_time_out_is_unknown_and_the_limit_holds_for_all_tries() {
    let script = Script::new(&[Hangs]);
    let asked = Instant::now();
    let outcome = backend(&script).send(&Request::post("/").limit(Duration::from_secs(7))).await;
    assert_eq!(outcome, Outcome::Unknown(Text::line("llm: no whole answer within 7 s")));
    assert_eq!(asked.elapsed(), Duration::from_secs(7));

    let script = Script::new(&[Hangs]);
    let asked = Instant::now();
    let outcome = backend(&script).send(&Request::get("/").limit(Duration::from_secs(25))).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    assert!(asked.elapsed() <= Duration::from_secs(25) && script.asked() > 1);
}

#[tokio::test(start_paused = true)]
async fn a_doubt_outlives_a_try_that_never_left_us() {
    let script = Script::new(&[Breaks, NotSent]);
    let outcome = backend(&script).send(&Request::post("/").repeatable()).await;
    assert!(matches!(&outcome, Outcome::Unknown(why) if why.as_str().contains("broke off")), "{outcome:?}");

    let script = Script::new(&[Breaks, Says(409, &[])]);
    let outcome = backend(&script).send(&Request::post("/").repeatable()).await;
    assert!(matches!(outcome, Outcome::Answered(Answer { status: 409, after_doubt: true, .. })));
}

#[tokio::test(start_paused = true)]
async fn the_circuit_opens_lets_one_trial_through_and_closes() {
    let script = Script::new(&[NotSent, NotSent, NotSent, NotSent, NotSent, NotSent, Says(200, &[])]);
    let backend = backend(&script);
    let once = || Request::get("/").limit(Duration::from_millis(100));
    for failed in 0..5 {
        assert_eq!(backend.circuit(), CircuitState::Closed(failed));
        backend.send(&once()).await;
    }
    assert!(matches!(backend.circuit(), CircuitState::Open { .. }), "{}", backend.circuit());
    assert!(matches!(backend.send(&once()).await, Outcome::NotSent(_)));
    assert_eq!(script.asked(), 5, "an open circuit sends nothing");

    advance(Duration::from_secs(31)).await;
    assert!(matches!(backend.circuit(), CircuitState::HalfOpen { .. }));
    backend.send(&once()).await;
    assert_eq!(script.asked(), 6, "one trial");
    assert!(matches!(backend.circuit(), CircuitState::Open { .. }), "which failed");

    advance(Duration::from_secs(31)).await;
    assert_eq!(status(&backend.send(&once()).await), Some(200));
    assert_eq!(backend.circuit(), CircuitState::Closed(0));
}

#[tokio::test(start_paused = true)]
async fn a_trial_that_is_given_up_does_not_block_the_next() {
    let script = Script::new(&[NotSent, NotSent, NotSent, NotSent, NotSent, Hangs, Says(200, &[])]);
    let backend = backend(&script);
    for _ in 0..5 {
        backend.send(&Request::get("/").limit(Duration::from_millis(100))).await;
    }
    advance(Duration::from_secs(31)).await;
    let request = Request::get("/");
    let given_up = backend.send(&request);
    assert!(tokio::time::timeout(Duration::from_secs(1), given_up).await.is_err());
    assert_eq!(status(&backend.send(&Request::get("/")).await), Some(200));
}

#[tokio::test(start_paused = true)]
async fn whoever_insists_goes_through_an_open_circuit() {
    let script = Script::new(&[NotSent, NotSent, NotSent, NotSent, NotSent, Says(200, &[])]);
    let backend = backend(&script);
    for _ in 0..5 {
        backend.send(&Request::get("/").limit(Duration::from_millis(100))).await;
    }
    assert!(!backend.circuit().is_closed());
    assert_eq!(status(&backend.send(&Request::post("/").insisting()).await), Some(200));
    assert!(backend.circuit().is_closed());
}

#[tokio::test]
async fn a_secret_that_is_missing_is_no_fault_of_the_backend() {
    let script = Script::new(&[Says(200, &[])]);
    let base = Base::parse("http://127.0.0.1:1").unwrap();
    let source = SecretSource::File("/nowhere/token".into());
    let auth = Auth::Bearer(Credential::from_source(&source, &|_| None).unwrap());
    let backend = Backend::over(Settings { auth, ..Settings::new("llm", base) }, Box::new(script.clone()));
    let outcome = backend.send(&Request::get("/").limit(Duration::from_millis(50))).await;
    assert!(matches!(&outcome, Outcome::NotSent(why) if why.as_str().contains("/nowhere/token")));
    assert_eq!((script.asked(), backend.circuit()), (0, CircuitState::Closed(0)));
}

#[test]
fn nothing_prints_a_secret() {
    let secret = Secret::new("hunter2");
    let auth = Auth::Header {
        name: "x-key".into(),
        before: String::new(),
        value: Credential::fixed(secret.clone()),
    };
    let settings = Settings { auth, ..Settings::new("llm", Base::parse("http://h").unwrap()) };
    let request = Request::post("/hunter2").body("hunter2").header("x", "hunter2").hiding(&secret);
    let backend = Backend::new(settings.clone()).unwrap();
    assert!(!format!("{settings:?} {request:?} {backend:?}").contains("hunter2"));
}
