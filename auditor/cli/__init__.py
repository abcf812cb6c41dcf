"""The command line: parse, call, print, exit. The only room that prints, reads the environment or exits."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import TYPE_CHECKING

import click

from auditor.cli.terminal import Log, interruptible
from auditor.errors import AuditorError, Interrupted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})
"""Errors that come without a file's name."""


def main() -> NoReturn:
    """Run the command line and exit with the status that interface.md promises."""
    _leave(carry_out(sys.argv[1:]))


def carry_out(arguments: Sequence[str]) -> int:
    """The exit status of a command line that was carried out, or told on stderr why not."""
    log = Log.from_arguments(arguments)
    try:
        return _run(arguments, log)
    except KeyboardInterrupt:  # before or after the signals are ours
        return 130
    except BrokenPipeError:
        return 141
    except Exception as error:  # noqa: BLE001 - told as what it is: a bug; no verdict comes out
        log.bug(error)
        return 4


def _run(arguments: Sequence[str], log: Log) -> int:
    """Run the command that the arguments name; what a user can cause is told in a line each."""
    try:
        with interruptible():
            from auditor.cli.commands import auditor

            return int(auditor.main(list(arguments), standalone_mode=False, prog_name="auditor") or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        return error.exit_code
    except click.ClickException as error:
        log.error(_worded(error))
        return error.exit_code
    except click.Abort:
        return 130
    except (AuditorError, Interrupted) as error:
        for line in str(error).splitlines():
            log.error(line)
        return error.exit_status
    except OSError as error:
        if isinstance(error, BrokenPipeError) or (error.filename is None and error.errno not in _DISK):
            raise
        where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        what = f"{where}{error.strerror}: check the path, its permissions and the disk."
        log.error(what)
        return AuditorError.exit_status


def _worded(error: click.ClickException) -> str:
    """A mistake in the command line in one line, with where to look it up."""
    message = " ".join(error.format_message().split())
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"{message} See: {context.command_path} --help" if context else message


def _leave(status: int) -> NoReturn:
    """Exit at once: threads that still wait for AWS do not hold the process up."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BrokenPipeError):
            stream.flush()
    os._exit(status)
