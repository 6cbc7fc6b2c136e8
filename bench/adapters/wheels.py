"""The packages that pip installs without a compiler, this package first."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from adapters.kinds import DSA_SETS, KEM_SETS, XWING, Dsa, Form, Kem, Keys, Package, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable

OURS = "qynauth_pqc"


def _same(pair: Any) -> tuple[Any, Any]:
    return pair  # type: ignore[no-any-return]


def _number(name: str) -> int:
    return int(name.rpartition("-")[2])


def ours(name: str) -> Package:
    """Return this package."""
    package = import_module("qynauth_pqc")

    def keys(private: Any, public: Any, parameter_set: str) -> Keys:
        generate = partial(private.generate, parameter_set)

        def announce() -> tuple[bytes, Any]:
            key = generate()
            return key.public_key.public_bytes(), key

        return Keys(
            generate,
            split=lambda key: (key.public_key, key),
            encode_public=public.public_bytes,
            load_public=public.from_public_bytes,
            announce=announce,
            seed=Form(lambda key: bytes(key.seed()), partial(private.from_seed, parameter_set=parameter_set)),
            expanded=Form(lambda key: bytes(key.private_bytes()), private.from_private_bytes),
        )

    private, public = package.MLKEMPrivateKey, package.MLKEMPublicKey
    xwing = replace(keys(package.XWingPrivateKey, package.XWingPublicKey, XWING), expanded=None)
    signer, verifier = package.MLDSAPrivateKey, package.MLDSAPublicKey
    return Package(
        name,
        f"{package.optimizations()['engine']} (Rust), wheel",
        "import qynauth_pqc",
        ("qynauth_pqc",),
        wheel=True,
        kem={each: Kem(keys(private, public, each), public.encapsulate, private.decapsulate) for each in KEM_SETS}
        | {XWING: Kem(xwing, package.XWingPublicKey.encapsulate, package.XWingPrivateKey.decapsulate)},
        dsa={each: Dsa(keys(signer, verifier, each), signer.sign, verifier.verify) for each in DSA_SETS},
    )


def cryptography(name: str) -> Package:
    """Return cryptography. Its keys load from seeds; ML-KEM-512 is missing in it."""
    asymmetric = "cryptography.hazmat.primitives.asymmetric"
    kem, dsa = import_module(f"{asymmetric}.mlkem"), import_module(f"{asymmetric}.mldsa")

    def keys(private: Any, public: Any) -> Keys:
        def announce() -> tuple[bytes, Any]:
            key = private.generate()
            return key.public_key().public_bytes_raw(), key

        return Keys(
            generate=private.generate,
            split=lambda key: (key.public_key(), key),
            encode_public=lambda key: key.public_bytes_raw(),
            load_public=public.from_public_bytes,
            announce=announce,
            seed=Form(lambda key: key.private_bytes_raw(), private.from_seed_bytes),
            expanded=None,
        )

    def classes(module: Any, names: Iterable[str]) -> dict[str, Keys]:
        """Return the keys of the sets that this version has; ML-KEM-512 is not among them."""
        stems = {each: each.replace("-", "", 1).replace("-", "") for each in names}
        found = {each: stem for each, stem in stems.items() if hasattr(module, f"{stem}PrivateKey")}
        return {
            each: keys(getattr(module, f"{stem}PrivateKey"), getattr(module, f"{stem}PublicKey"))
            for each, stem in found.items()
        }

    return Package(
        name,
        "OpenSSL (C), wheel",
        f"from {asymmetric} import mldsa, mlkem",
        ("cryptography",),
        wheel=True,
        kem={
            each: Kem(made, lambda key: key.encapsulate(), lambda key, ciphertext: key.decapsulate(ciphertext))
            for each, made in classes(kem, KEM_SETS).items()
        },
        dsa={
            each: Dsa(
                made,
                lambda key, message: key.sign(message),
                lambda key, message, signature: key.verify(signature, message),
            )
            for each, made in classes(dsa, DSA_SETS).items()
        },
    )


def pqcrypto(name: str) -> Package:
    """Return pqcrypto, which takes and returns bytes."""
    kem = {each: import_module(f"pqcrypto.kem.{each.lower().replace('-', '_')}") for each in KEM_SETS if _pq("kem")}
    dsa = {each: import_module(f"pqcrypto.sign.{each.lower().replace('-', '_')}") for each in DSA_SETS if _pq("sign")}
    return Package(
        name,
        "RustCrypto (Rust), wheel",
        "from pqcrypto import kem, sign",
        ("pqcrypto",),
        wheel=True,
        kem={each: Kem(Keys(module.keygen, _same), module.encaps, module.decaps) for each, module in kem.items()},
        dsa={each: Dsa(Keys(module.keygen, _same), module.sign, module.verify) for each, module in dsa.items()},
    )


def _pq(module: str) -> bool:
    """Import a module of pqcrypto, which generates its modules."""
    return bool(import_module(f"pqcrypto.{module}"))


def dryoc(name: str) -> Package:
    """Return dryoc. Its pairs of ML-KEM keep the expanded key only; the private key of X-Wing is its seed."""
    kem = import_module("dryoc.kem")

    def made(module: Any) -> Kem:
        form = Form(lambda pair: bytes(pair.secret_key), module.KeyPair.from_secret_key)

        def announce() -> tuple[bytes, Any]:
            pair = module.KeyPair.generate()
            return bytes(pair.public_key), pair

        keys = Keys(
            generate=module.KeyPair.generate,
            split=lambda pair: (pair.public_key, pair),
            load_public=module.PublicKey.from_bytes,
            announce=announce,
            seed=form if module is kem.xwing else None,
            expanded=None if module is kem.xwing else form,
        )
        return Kem(keys, module.PublicKey.encapsulate, module.KeyPair.decapsulate)

    kems = {"ML-KEM-768": made(kem.mlkem768), XWING: made(kem.xwing)}
    return Package(name, "Rust, wheel", "from dryoc import kem", ("dryoc",), wheel=True, kem=kems, dsa={})


def ml_kem_rs(name: str) -> Package:
    """Return ml-kem-rs, which takes and returns bytes; its private keys are seeds."""
    package = import_module("ml_kem_rs")
    keys = Keys(
        generate=package.mlkem768_generate,
        split=lambda pair: pair[::-1],
        announce=lambda: package.mlkem768_generate()[::-1],
        seed=Form(),
        expanded=None,
    )
    kem = {"ML-KEM-768": Kem(keys, package.mlkem768_encapsulate, package.mlkem768_decapsulate)}
    return Package(name, "Rust, wheel", "import ml_kem_rs", ("ml-kem-rs",), wheel=True, kem=kem, dsa={})


def mlkem(name: str) -> Package:
    """Return mlkem."""
    package = import_module("mlkem")

    def kem(parameter_set: str) -> Kem:
        scheme = package.ML_KEM(getattr(package.ParameterSet, parameter_set.replace("-", "_")))

        def announce() -> tuple[bytes, Any]:
            public, private = scheme.key_gen()
            return bytes(public), private

        keys = Keys(
            generate=scheme.key_gen,
            split=_same,
            load_public=package.EncapsKey.from_bytes,
            announce=announce,
            expanded=Form(load=package.DecapsKey.from_bytes),
        )
        return Kem(keys, scheme.encaps, scheme.decaps)

    sets = {each: kem(each) for each in KEM_SETS}
    return Package(name, "Rust, wheel", "import mlkem", ("mlkem",), wheel=True, kem=sets, dsa={})


def fast_mldsa(name: str) -> Package:
    """Return fast-mldsa."""
    package = import_module("fast_mldsa")

    def dsa(parameter_set: str) -> Dsa:
        scheme = getattr(package, f"MlDsa{_number(parameter_set)}")
        keys = Keys(
            generate=scheme.key_gen,
            split=_same,
            load_public=package.VerificationKey.from_bytes,
            expanded=Form(load=package.SigningKey.from_bytes),
        )
        return Dsa(keys, package.SigningKey.sign, lambda key, message, signature: key.verify(signature, message))

    sets = {each: dsa(each) for each in DSA_SETS}
    return Package(name, "Rust, wheel", "import fast_mldsa", ("fast-mldsa",), wheel=True, kem={}, dsa=sets)


def pure_python(name: str) -> Package:
    """Return kyber-py and dilithium-py, which take and return bytes."""
    kem, dsa = import_module("kyber_py.ml_kem"), import_module("dilithium_py.ml_dsa")
    kems = {each: getattr(kem, each.replace("-", "_")) for each in KEM_SETS}
    dsas = {each: getattr(dsa, each.replace("-", "_")) for each in DSA_SETS}
    return Package(
        name,
        "Python, for teaching, wheel",
        "import dilithium_py.ml_dsa, kyber_py.ml_kem",
        ("kyber-py", "dilithium-py"),
        wheel=True,
        kem={each: Kem(Keys(scheme.keygen, _same), scheme.encaps, scheme.decaps) for each, scheme in kems.items()},
        dsa={each: Dsa(Keys(scheme.keygen, _same), scheme.sign, scheme.verify) for each, scheme in dsas.items()},
    )


def quantcrypt(name: str) -> Package:
    """Return quantcrypt, if its binaries came with it."""
    kem, dsa = import_module("quantcrypt.kem"), import_module("quantcrypt.dss")
    try:
        kems = {each: getattr(kem, f"MLKEM_{_number(each)}")() for each in KEM_SETS}
        dsas = {each: getattr(dsa, f"MLDSA_{_number(each)}")() for each in DSA_SETS}
    except kem.PQAImportError as error:
        msg = f"{error} pip built it without its algorithms: docs/results/benchmarks.md shows how to install its wheel"
        raise UnavailableError(msg) from error
    return Package(
        name,
        "PQClean (C), wheel for some Pythons",
        "from quantcrypt import dss, kem",
        ("quantcrypt",),
        wheel=True,
        kem={each: Kem(Keys(scheme.keygen, _same), scheme.encaps, scheme.decaps) for each, scheme in kems.items()},
        dsa={
            each: Dsa(Keys(scheme.keygen, _same), scheme.sign, partial(scheme.verify, raises=False))
            for each, scheme in dsas.items()
        },
    )
