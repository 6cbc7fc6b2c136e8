"""Builds the package: the Rust libraries first, then the cffi extension that links the shared one."""

import os
import re
import shutil
import sys
import sysconfig
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools_rust import Binding, RustExtension, build_rust

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools" / "release")]  # where a build front end does not look

import owner  # noqa: E402 - after the path

from build_ffi import CARGO_TARGET_DIR, LIBRARY, RPATH, VARIANT, version  # noqa: E402 - after the path

ENVIRONMENT = {**os.environ, "CARGO_TARGET_DIR": str(CARGO_TARGET_DIR)}
MANIFEST = "fips/Cargo.toml" if VARIANT else "crates/pqc-ffi/Cargo.toml"


class NamedDistribution(Distribution):
    """A variant has its own name on the package index, and the same import name."""

    def parse_config_files(self, *arguments, **options):
        """Read the configuration, which has the name of the default build."""
        super().parse_config_files(*arguments, **options)
        if VARIANT:
            default, self.metadata.name = self.metadata.name, f"{self.metadata.name}-{VARIANT}"
            own = {
                extra: [need.replace(f"{default}[", f"{self.metadata.name}[") for need in needs]
                for extra, needs in self.extras_require.items()
            }
            self.extras_require = own
            self._finalize_requires()


class BuildRust(build_rust):
    """Builds for CARGO_BUILD_TARGET or this machine; the shared library keeps its plain name, as no Python module."""

    def initialize_options(self):
        """Set the target: build_ffi.py links its library."""
        super().initialize_options()
        self.target = os.environ.get("CARGO_BUILD_TARGET")

    def get_dylib_ext_path(self, ext, module_name):
        """Return where the library goes."""
        return str(Path(super().get_dylib_ext_path(ext, module_name)).with_name(LIBRARY))


class BuildExt(build_ext):
    """Builds the library before the extension that links it; header, CMake package and provider go into the package."""

    def run(self):
        """Build both."""
        self.get_finalized_command("build_rust").inplace = self.inplace
        self.run_command("build_rust")
        super().run()
        package = Path(self.get_ext_fullpath("qynauth_pqc._native")).parent
        self.mkpath(str(package / "include"))
        for header in ("pqc_ffi.h", "pqc_ffi.hpp"):
            self.copy_file(str(ROOT / "include" / header), str(package / "include"))
        write_config("*.cmake.in", package / "lib" / "cmake" / "pqc_ffi")
        write_config("*.pc.in", package / "lib" / "pkgconfig")
        if sys.platform == "linux" and not VARIANT:
            lib = package / "lib"
            self.spawn(
                ["sh", "tools/install/provider.sh", str(lib / "ossl-modules" / "qynauth.so"), str(lib / LIBRARY)]
            )

    def build_extensions(self):
        """Build the extension, which looks for the library in RPATH before the folders that Python's own flags name."""
        if RPATH:
            linker = self.compiler.linker_so
            flags = next((place for place, word in enumerate(linker) if word.startswith("-")), len(linker))
            linker[flags:flags] = RPATH
        super().build_extensions()


class BdistWheel(bdist_wheel):
    """Puts the list of crates from the sdist of a release where PEP 770 requires it."""

    def egg2dist(self, egginfo_path, distinfo_path):
        """Make the .dist-info folder."""
        super().egg2dist(egginfo_path, distinfo_path)
        if (ROOT / "sboms").is_dir():
            shutil.copytree(ROOT / "sboms", Path(distinfo_path) / "sboms")


def write_config(pattern, folder):
    """Fill in templates of tools/install; the library has its plain name here, no SONAME, and is found by a run path.

    docs/architecture.md says why: the loader must compare files, not names.
    """
    values = {"VERSION": version(), "MAJOR": version().partition(".")[0], "UP": "..", "LIBDIR": "lib"}
    values |= {"LIBRARY": LIBRARY, "SONAME_PROPERTY": "IMPORTED_NO_SONAME TRUE", "RPATH": " -Wl,-rpath,${libdir}"}
    folder.mkdir(parents=True, exist_ok=True)
    for template in (ROOT / "tools" / "install").glob(pattern):
        text = re.sub(r"@(\w+)@", lambda match: values[match[1]], template.read_text(encoding="utf-8"))
        (folder / template.stem).write_text(text, encoding="utf-8")


setup(
    **owner.metadata(owner.values(), version(), (ROOT / "README.md").read_text(encoding="utf-8")),
    version=version(),
    options={
        "bdist_wheel": {"py_limited_api": not sysconfig.get_config_var("Py_GIL_DISABLED") and "cp311"},
        # Each variant has a separate folder, so that no wheel packs the files of another variant.
        **({"build": {"build_base": f"build/{VARIANT}"}} if VARIANT else {}),
    },
    distclass=NamedDistribution,
    cffi_modules=["build_ffi.py:ffibuilder"],
    cmdclass={"bdist_wheel": BdistWheel, "build_ext": BuildExt, "build_rust": BuildRust},
    rust_extensions=[
        RustExtension(
            "qynauth_pqc.lib.pqc_ffi",
            path=MANIFEST,
            binding=Binding.NoBinding,
            args=["--locked", "--crate-type", "cdylib,staticlib"],
            env=ENVIRONMENT,
            debug=False,
        )
    ],
)
