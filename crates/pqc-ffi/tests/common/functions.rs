//! Every exported function that returns a status, as a row of its arguments: the table for the tests and the fuzzer.

use super::api::*;
use super::call::{Call, Mode};
use super::data::Data::*;
use super::fixture::Fixture;
use super::keys::Algorithm;
use super::role::{Keys, Role};
use core::ptr;
use std::sync::LazyLock;

/// A row: an exported function, the algorithms that it is for, and a call of it.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) keys: Keys,
    run: fn(&mut Call<'_>) -> PqcStatus,
}

impl Function {
    /// The arguments of a call, without the call.
    pub(crate) fn prepare<'a>(&self, fixture: &'a Fixture, mode: Mode<'a>, is_in_slices: bool) -> Call<'a> {
        Call::new(fixture, self.keys, mode, is_in_slices)
    }

    /// Calls the function. Neither allocates nor checks.
    pub(crate) fn run(&self, call: &mut Call<'_>) {
        call.status = (self.run)(call);
    }

    /// Calls the function, and checks what must follow from its arguments.
    pub(crate) fn call<'a>(&self, fixture: &'a Fixture, mode: Mode<'a>, is_in_slices: bool) -> Call<'a> {
        let mut call = self.prepare(fixture, mode, is_in_slices);
        self.run(&mut call);
        call.check(self.name);
        call
    }

    /// Whether the function has the fixture's algorithm.
    pub(crate) fn is_for(&self, fixture: &Fixture) -> bool {
        match self.keys {
            Keys::Process => fixture.algorithm.id == Algorithm::all()[0].id,
            keys => keys.have(fixture.algorithm),
        }
    }
}

/// The functions with each of the fixtures that they are for.
pub(crate) fn functions_with(fixtures: &[Fixture]) -> impl Iterator<Item = (&'static Function, &Fixture)> {
    let with = |function: &'static Function| fixtures.iter().map(move |fixture| (function, fixture));
    FUNCTIONS.iter().flat_map(with).filter(|(function, fixture)| function.is_for(fixture))
}

/// The bytes of randomness that a function draws.
pub(crate) fn drawn(name: &str, algorithm: &Algorithm) -> usize {
    let is_made_of_inputs = ["derand", "internal"].iter().any(|word| name.contains(word));
    match name {
        _ if is_made_of_inputs => 0,
        // The seed of ML-KEM is 32 bytes longer than its randomness.
        "pqc_exchange_key_generate" => 32 + algorithm.randomness,
        _ if name.contains("generate") => algorithm.drawn(),
        _ if name.contains("encapsulate") || name.contains("_sign") => algorithm.randomness,
        _ => 0,
    }
}

/// Changes the settings, and restores code path and timing.
extern "C" fn ffi_enable_optimizations(flags: u32) -> PqcStatus {
    const PATHS: u32 = PQC_OPTIMIZE_PORTABLE
        | PQC_OPTIMIZE_AVX2
        | PQC_OPTIMIZE_NEON
        | PQC_OPTIMIZE_BEST
        | PQC_OPTIMIZE_AVX512
        | PQC_OPTIMIZE_NEON_SHA3;
    let before = ffi_get_optimizations() & !PATHS | PQC_OPTIMIZE_BEST;
    let status = super::api::ffi_enable_optimizations(flags);
    assert_eq!(super::api::ffi_enable_optimizations(before), PqcStatus::Ok);
    status
}

macro_rules! table {
    ($($name:ident $keys:ident: $($role:ident($($data:tt)*))*;)*) => {
        &[$(Function {
            name: stringify!($name),
            keys: Keys::$keys,
            run: |call| {
                #[allow(unused_unsafe, reason = "not every function is unsafe")]
                // SAFETY: every pointer is NULL, or comes from the fixture or the call, which both outlive the function.
                unsafe { $name($(call.take(|call| call.$role($($data)*))),*) }
            },
        }),*]
    };
}

const FORM: (Role, u64) = (Role::Number(1, 3, PqcStatus::UnknownForm), PQC_PRIVATE_KEY_BOTH as u64);
const ENCODING: (Role, u64) = (Role::Number(1, 2, PqcStatus::UnknownEncoding), PQC_ENCODING_PEM as u64);
const THREADS: (Role, u64) = (Role::Threads, 1);
const LENGTH: (Role, u64) = (Role::NewLength, 100);
const SNAPSHOT: (Role, u64) = (Role::StructSize, size_of::<FFIMetrics>() as u64);
const FIPS_STATUS: (Role, u64) = (Role::StructSize, size_of::<PqcFipsStatus>() as u64);

/// The rows in the order of the header; a function may have several.
#[rustfmt::skip]
pub(crate) const FUNCTIONS: &[Function] = table! {
    pqc_private_key_generate Any: algorithm() key_flags() new_handle();
    pqc_private_key_from_seed Seeded: algorithm() key_flags() data(Seed) len() new_handle();
    pqc_private_key_from_bytes Any: algorithm() key_flags() data(PrivateKey) len() new_handle();
    pqc_private_key_from_pkcs8 WithFiles: key_flags() data(Pkcs8) len() plain(ptr::null()) plain(0) plain(0) new_handle();
    // Under a limit that an edited file does not pass, which could want millions of iterations.
    pqc_private_key_from_pkcs8 Process: key_flags() data(Encrypted) len() data(Password) len() plain(1 << 12)
        new_handle();
    pqc_private_key_to_pkcs8 WithFiles: key() plain(ptr::null()) plain(0) first_form() plain(PQC_ENCODING_DER)
        buffer(Pkcs8);
    pqc_private_key_to_pkcs8 Both: key() plain(ptr::null()) plain(0) number(FORM) number(ENCODING) buffer(Pkcs8Both);
    pqc_private_key_bytes Any: key() buffer(PrivateKey);
    pqc_private_key_seed Seeded: key() buffer(Seed);
    pqc_private_key_public_key Any: key() new_handle();
    pqc_private_key_algorithm Any: key() algorithm_out();
    pqc_private_key_options Any: key() number_out();
    pqc_private_key_resident_bytes Any: key() number_out();
    pqc_public_key_from_bytes Any: algorithm() key_flags() data(PublicKey) len() new_handle();
    pqc_public_key_from_spki WithFiles: key_flags() data(Spki) len() new_handle();
    pqc_public_key_to_spki WithFiles: key() number(ENCODING) buffer(SpkiPem);
    pqc_public_key_bytes Any: key() buffer(PublicKey);
    pqc_public_key_algorithm Any: key() algorithm_out();
    pqc_public_key_options Any: key() number_out();
    pqc_public_key_resident_bytes Any: key() number_out();
    pqc_public_key_equal Any: key() key() number_out();
    pqc_encapsulate Kem: key() buffer(Ciphertext) buffer(SharedSecret);
    pqc_encapsulate_into Kem: key() slot(Ciphertext) len() written(Ciphertext) slot(SharedSecret) len()
        written(SharedSecret);
    pqc_decapsulate Kem: key() data(Ciphertext) len() buffer(SharedSecret);
    pqc_decapsulate_into Kem: key() data(Ciphertext) len() slot(SharedSecret) len() written(SharedSecret);
    pqc_exchange_key_generate Exchange: exchange() key_flags() new_handle();
    pqc_exchange_key_share Exchange: exchange_key() buffer(Share);
    pqc_exchange_decapsulate_into Exchange: exchange_key() data(ExchangeCiphertext) len() slot(ExchangeSecret) len()
        written(ExchangeSecret);
    pqc_exchange_share_from_bytes Exchange: exchange() key_flags() data(Share) len() new_handle();
    pqc_exchange_encapsulate_into Exchange: exchange_share() slot(ExchangeCiphertext) len() written(ExchangeCiphertext)
        slot(ExchangeSecret) len() written(ExchangeSecret);
    pqc_sign Signature: key() data(Message) len() data(Context) len() sign_flags() buffer(Signature);
    pqc_sign_into Signature: key() data(Message) len() data(Context) len() sign_flags() slot(Signature) len()
        written(Signature);
    pqc_verify Signature: key() data(Message) len() data(Context) len() data(Signature) len();
    pqc_sign_prehashed Signature: key() hash() data(Digest) len() data(Context) len() sign_flags() buffer(Signature);
    pqc_verify_prehashed Signature: key() hash() data(Digest) len() data(Context) len() data(PrehashedSignature) len();
    pqc_mu_hasher_from_public_key MlDsa: key() data(Context) len() new_handle();
    pqc_mu_hasher_update MlDsa: updated_mu_hasher() data(Message) len();
    pqc_mu_hasher_finalize MlDsa: mu_hasher() buffer(Mu);
    pqc_mu_hasher_copy MlDsa: mu_hasher() new_handle();
    pqc_sign_mu MlDsa: mu_key() data(Mu) len() sign_flags() buffer(Signature);
    pqc_verify_mu MlDsa: mu_key() data(Mu) len() data(Signature) len();
    pqc_encapsulate_derand Kem: key() data(Randomness) len() buffer(Ciphertext) buffer(SharedSecret);
    pqc_sign_derand Signature: key() data(Message) len() data(Context) len() data(Randomness) len() buffer(Signature);
    pqc_sign_prehashed_derand Signature: key() hash() data(Digest) len() data(Context) len() data(Randomness) len()
        buffer(PrehashedSignature);
    pqc_sign_mu_derand MlDsa: mu_key() data(Mu) len() data(Randomness) len() buffer(Signature);
    pqc_sign_internal MPrime: key() data(MPrime) len() data(Randomness) len() buffer(Signature);
    pqc_verify_internal MPrime: key() data(MPrime) len() data(Signature) len();
    pqc_private_key_generate_batch Any: algorithm() key_flags() count() number(THREADS) new_private_keys() statuses();
    pqc_encapsulate_batch Kem: public_keys() count() number(THREADS) slots(Ciphertext) slots(SharedSecret) statuses();
    pqc_decapsulate_batch Kem: private_keys() key_count() column(Ciphertext) count() number(THREADS)
        slots(SharedSecret) statuses();
    pqc_sign_batch Signature: private_keys() key_count() column(Message) column(Context) count() sign_flags()
        number(THREADS) slots(Signature) statuses();
    pqc_verify_batch Signature: public_keys() column(Message) column(Context) column(Signature) count() number(THREADS)
        statuses();
    mlkem_keypair_generate MlKem: algorithm() key_flags() new_handle();
    mlkem_encapsulate MlKem: key() buffer(Ciphertext) buffer(SharedSecret);
    mlkem_decapsulate MlKem: key() data(Ciphertext) len() buffer(SharedSecret);
    mldsa_keypair_generate MlDsa: algorithm() key_flags() new_handle();
    mldsa_sign MlDsa: key() data(Message) len() data(Context) len() sign_flags() buffer(Signature);
    mldsa_verify MlDsa: key() data(Message) len() data(Context) len() data(Signature) len();
    ffi_key_algorithm WithFiles: data(Pkcs8) len() number_out() algorithm_out();
    ffi_key_kdf_cost Process: data(Encrypted) len() number_out();
    ffi_key_options Process: key_flags() number_out();
    ffi_buffer_zeroed Process: memory_flags() number(LENGTH) buffer(Zeros);
    ffi_get_performance_metrics Process: metrics() number(SNAPSHOT);
    ffi_metrics_report Process: metrics() number(SNAPSHOT) buffer(Operations);
    ffi_metrics_at Process: operation() number_out();
    ffi_share_metrics Process: shared_memory() plain(ffi_shared_metrics_bytes());
    ffi_enable_optimizations Process: setting_flags();
    ffi_fips_status Process: fips_status() number(FIPS_STATUS);
};

/// The exported functions that return no status.
pub(crate) const OTHERS: [&str; 22] = [
    "ffi_action_name",
    "ffi_abi_version",
    "ffi_buffer_free",
    "ffi_code_path",
    "ffi_engine",
    "ffi_get_optimizations",
    "ffi_metrics_bucket_ns",
    "ffi_metrics_count",
    "ffi_shared_metrics_bytes",
    "ffi_status_message",
    "ffi_version",
    "mldsa_keypair_free",
    "mlkem_keypair_free",
    "pqc_algorithm_at",
    "pqc_algorithm_info",
    "pqc_algorithm_is_offered",
    "pqc_exchange_at",
    "pqc_exchange_key_free",
    "pqc_exchange_share_free",
    "pqc_mu_hasher_free",
    "pqc_private_key_free",
    "pqc_public_key_free",
];

/// The functions of the header with the names of their parameters.
pub(crate) fn declarations() -> Vec<(&'static str, Vec<&'static str>)> {
    const HEADER: &str = include_str!("../../../../include/pqc_ffi.h");
    static CODE: LazyLock<String> = LazyLock::new(|| {
        HEADER.lines().filter(|line| !line.trim_start().starts_with(['/', '#'])).collect::<Vec<_>>().join(" ")
    });
    let last_word = |text: &'static str| text.trim_end().rsplit([' ', '*']).next().unwrap_or_default();
    let declaration = |statement: &'static str| {
        let (head, parameters) = statement.split_once('(')?;
        let parameters = parameters.trim_end().trim_end_matches(')').split(',').map(last_word);
        Some((last_word(head), parameters.collect()))
    };
    CODE.split(';').filter_map(declaration).collect()
}
