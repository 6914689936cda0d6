"""How commands end: one sentence and an exit code, 0 well, 1 the world's fault, 2 wrong usage, 130 Ctrl-C."""

from typing import Any, ClassVar

import click

from pix2pix.errors import Pix2PixError


class Commands(click.Group):
    """A group of commands; the only place that turns errors into sentences and exit codes."""

    errors: ClassVar[tuple[type[Exception], ...]] = (Pix2PixError,)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; one sentence instead of a traceback."""
        try:
            return super().invoke(ctx)
        except self.errors as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt as error:
            click.echo("stopped", err=True)
            raise click.exceptions.Exit(130) from error
