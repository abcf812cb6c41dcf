"""The command line: parse, call, print, exit. The only room that prints, reads the environment or exits."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

import click

from auditor.cli.terminal import Log
from auditor.errors import AuditorError, ConfigError, Interrupted

if TYPE_CHECKING:
    from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and exit with the status that interface.md promises."""
    from auditor.cli.commands import auditor

    log = Log.from_arguments(sys.argv)
    try:
        status = auditor.main(standalone_mode=False, prog_name="auditor") or 0
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except click.Abort:
        status = 130
    except Interrupted as error:
        log.error(str(error))
        _leave(error.exit_status)
    except ConfigError as error:
        for problem in error.problems:
            log.error(problem)
        status = error.exit_status
    except AuditorError as error:
        for line in str(error).splitlines():
            log.error(line)
        status = error.exit_status
    except BrokenPipeError:
        _leave(141)
    except Exception as error:  # noqa: BLE001 - told as what it is: a bug; no verdict comes out
        log.bug(error)
        status = 4
    _leave(int(status))


def _leave(status: int) -> NoReturn:
    """Exit at once: threads that still wait for AWS do not hold the process up."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BrokenPipeError):
            stream.flush()
    os._exit(status)
