//! Metrics, in a process of their own, in which nothing else counts.

use pqc::{KemKeyPair, KemSet, Operation};

#[test]
fn metrics_count_calls_errors_and_what_lives() {
    assert!(pqc::abi_matches());
    let pair = KemKeyPair::generate(KemSet::MlKem512).unwrap();
    assert_eq!(pair.decapsulate(b"short").unwrap_err().status(), 23);
    let metrics = pqc::metrics().unwrap();
    let (made, refused) =
        (metrics.of(Operation::KemKeygen, 512).unwrap(), metrics.of(Operation::KemDecapsulate, 512).unwrap());
    assert_eq!((made.calls, made.errors, made.timed), (1, 0, 1));
    assert_eq!((refused.calls, refused.errors, refused.by_status[23]), (1, 1, 1));
    assert_eq!((metrics.size, metrics.live_handles), (size_of_val(&*metrics), 1));
    drop(pair);
    assert_eq!(pqc::metrics().unwrap().live_handles, 0);
    assert!(metrics.of(Operation::KemKeygen, 44).is_none());
}
