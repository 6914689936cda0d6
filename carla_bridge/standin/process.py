"""The stand-in as a child process: the official client may hold the GIL while it waits for an answer."""

import json
import subprocess
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from carla_bridge.standin.errors import StandInError

END_S = 10.0
Option = str | int | float | bool | list[str]


class StandInProcess:
    """A stand-in of one's own: `with StandInProcess(seed=3) as server: carla.Client(server.host, server.port)`.

    Keywords are the options of `python -m carla_bridge.standin`; `True` stands for a bare flag, a list for
    an option given several times.
    """

    def __init__(self, **options: Option) -> None:
        self._launch(options)
        self._wait_until_ready()

    @classmethod
    def begin(cls, **options: Option) -> Self:
        """Start one without waiting for it; it can be used, and is waited for, from where it is entered."""
        begun = cls.__new__(cls)
        begun._launch(options)
        return begun

    def _launch(self, options: Mapping[str, Option]) -> None:
        self._is_ready = False
        command = [sys.executable, "-m", "carla_bridge.standin", "--follow-parent"]
        for name, value in {"port": 0, **options}.items():
            for each in value if isinstance(value, list) else [value]:
                if each is not False:
                    command += [f"--{name.replace('_', '-')}", *([] if each is True else [str(each)])]
        # A session of its own: Ctrl-C in the terminal is for the client, which needs its server to tidy up.
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        self.pid = self._process.pid

    def _wait_until_ready(self) -> None:
        try:
            self.host, self.port, self.stream_port = self._read_ready()
        except BaseException:
            self.close()
            raise
        self._is_ready = True

    def __enter__(self) -> Self:
        if not self._is_ready:
            self._wait_until_ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child and wait for it."""
        self._process.terminate()
        try:
            self._process.communicate(timeout=END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def wait(self, timeout_s: float = END_S) -> int:
        """Wait for the child to end by itself and return its exit status."""
        return self._process.wait(timeout_s)

    def _read_ready(self) -> tuple[str, int, int]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise StandInError("the stand-in ended before it was ready; it said why on stderr")
        ready = json.loads(line)
        return str(ready["host"]), int(ready["port"]), int(ready["stream_port"])
