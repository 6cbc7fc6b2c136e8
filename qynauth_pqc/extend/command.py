r"""Names for commands that read keys and files, sign, and report as `qynauth-pqc` does.

PROVISIONAL, as all of `qynauth_pqc.extend`. Needs the extra `cli`. The commands of `qynauth_pqc.ssh`, `.dsse`, `.cms`
and `.auth` are written with it and with click.

| Need | Names |
|---|---|
| a group of commands that reports every error in one form | `App`, `EXIT_INVALID` |
| files as arguments | `FILE`, `INPUT`, `named_file` |
| options | `force_option`, `json_option`, `password_option`, `encryption_options`, `AlgorithmName` |
| contents of files, or of standard input | `STDIO`, `read_input`, `message_file` |
| keys to sign and to verify with | `open_signer`, `load_signer`, `verification_key` |
| keys in an encoding of the add-on or of the core | `encoding_of`, `private_key_in`, `public_key_in`, `LONGEST_FILE` |
| passwords | `open_password`, `new_password`, `warn_of_readers` |
| results in files | `Output`, `write_outputs`, `finish` |
| texts for people | `announce`, `complain`, `print_facts` |
| names of files in them | `printable`, `naming` |
| formats of signatures, for `--format` | `Sign`, `Verify`, `Progress` |

>>> import click
>>> from qynauth_pqc.extend.command import INPUT, App, read_input
>>> @click.group(cls=App)
... def notes() -> None: ...
>>> @notes.command()
... @click.argument("file", type=INPUT)
... def count(*, file: str) -> None:
...     click.echo(read_input(file, 1 << 20, "the limit for a note").count(b"\n"))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qynauth_pqc.extend import extra

with extra("cli"):
    import click

    from qynauth_pqc.cli.app import (
        EXIT_INVALID,
        AlgorithmName,
        App,
        Progress,
        Sign,
        Verify,
        announce,
        encryption_options,
        finish,
        force_option,
        json_option,
        named_file,
        password_option,
    )
    from qynauth_pqc.cli.encodings import encoding_of
    from qynauth_pqc.cli.files import FILE, INPUT, STDIO, complain, message_file, printable, read_input, warn_of_readers
    from qynauth_pqc.cli.files import NewFile as Output
    from qynauth_pqc.cli.files import write_files as write_outputs
    from qynauth_pqc.cli.keys import (
        LONGEST_FILE,
        load_signer,
        naming,
        open_signer,
        private_key_in,
        public_key_in,
        verification_key,
    )
    from qynauth_pqc.cli.passwords import new_password, open_password

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EXIT_INVALID", "FILE", "INPUT", "LONGEST_FILE", "STDIO", "AlgorithmName", "App", "Output", "Progress"]
__all__ += ["Sign", "Verify", "announce", "complain", "encoding_of", "encryption_options", "finish", "force_option"]
__all__ += ["json_option", "load_signer", "message_file", "named_file", "naming", "new_password"]
__all__ += ["open_password", "open_signer", "password_option", "print_facts", "printable", "private_key_in"]
__all__ += ["public_key_in", "read_input", "verification_key", "warn_of_readers", "write_outputs"]


def print_facts(facts: Mapping[str, object]) -> None:
    """Print facts as lines of a name and a value, with colour on a terminal."""
    from qynauth_pqc.cli.show import facts_text  # rich takes longer to import than most commands run

    click.echo(facts_text(facts))
