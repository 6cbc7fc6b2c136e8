//! Every operation of each layer below Python, by criterion: `cargo bench --manifest-path bench/rust/Cargo.toml`.
#![allow(missing_docs, reason = "criterion's macro makes a public function")]

use criterion::{Criterion, criterion_group, criterion_main};
use pqc_bench::{FAMILIES, LAYERS, algorithm, call};
use pqc_core::CodePath;
use std::cell::Cell;

fn layers(criterion: &mut Criterion) {
    for (ids, operations) in FAMILIES {
        for (id, operation) in ids.iter().flat_map(|id| operations.iter().map(move |operation| (*id, *operation))) {
            let algorithm = algorithm(id).unwrap_or_else(|message| panic!("{message}"));
            let mut group = criterion.benchmark_group(format!("{} {operation}", algorithm.name()));
            for layer in LAYERS {
                group.bench_function(layer, |bencher| {
                    match call(layer, operation, algorithm, CodePath::best().into()) {
                        Ok(call) => {
                            let number = Cell::new(0);
                            bencher.iter(|| assert!(call(number.replace(number.get() + 1)), "the operation failed"));
                        }
                        Err(message) => panic!("{message}"),
                    }
                });
            }
            group.finish();
        }
    }
}

criterion_group!(benches, layers);
criterion_main!(benches);
