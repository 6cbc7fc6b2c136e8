//! Metrics, in a separate process with one test, so that nothing else counts.

use pqc::{Action, Algorithm, Error, KeyOptions, PrivateKey, metrics};

/// Returns how many handles and buffers are alive.
fn live() -> (u64, u64) {
    let metrics = metrics().expect("the library has metrics").process;
    (metrics.live_handles, metrics.live_buffers)
}

#[test]
fn metrics_count_calls_errors_and_what_lives() {
    let key = PrivateKey::generate(Algorithm::MlKem512, KeyOptions::NONE).unwrap();
    let public_key = key.public_key().unwrap();
    assert_eq!(key.decapsulate(b"short").err(), Some(Error::CIPHERTEXT_LENGTH));
    let pair = public_key.encapsulate().unwrap();
    assert_eq!(live(), (2, 2));
    drop((public_key, pair));
    assert_eq!(live(), (1, 0));
    drop(key);
    assert_eq!(live(), (0, 0));

    let metrics = metrics().unwrap();
    let of = |action| metrics.of(action, Algorithm::MlKem512).unwrap();
    let (made, refused) = (of(Action::Generate), of(Action::Decapsulate));
    assert_eq!((made.calls, made.errors, made.timed), (1, 0, 1));
    assert_eq!((refused.calls, refused.errors, refused.by_status[23]), (1, 1, 1));
    assert_eq!(metrics.process.size, size_of_val(&metrics.process));
    assert!(metrics.of(Action::Sign, Algorithm::MlKem512).is_none());
}
