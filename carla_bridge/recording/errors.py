"""What is wrong with a recording, each said in one sentence."""

from pathlib import Path

from carla_bridge.errors import BridgeError


class NoRecording(BridgeError):
    """The file is none of ours, or damaged beyond reading."""

    def __init__(self, path: Path, problem: str):
        super().__init__(
            f"{path} {problem}; it should be an .mcap written by `carla-bridge record`, `live --record` or `import`"
        )


class DamagedRecording(BridgeError):
    """A part of a recording that should be whole is not."""

    def __init__(self, path: Path, problem: str):
        super().__init__(
            f"{path} is damaged: {problem}; `carla-bridge repair {path}` saves what is whole into a copy beside it"
        )


class NoSuchCamera(BridgeError):
    """The recording has other cameras."""

    def __init__(self, path: Path, asked: str, cameras: list[str]):
        super().__init__(f"{path} has no camera {asked!r}; it has {', '.join(cameras)}")


class NoSuchFrame(BridgeError):
    """No frame was recorded at that tick or time."""

    def __init__(self, path: Path, asked: str, found: str):
        super().__init__(f"{path} has no frame at {asked}; it has {found}")


class OtherPhotos(BridgeError):
    """A camera's video is not that of its label frames."""

    def __init__(self, path: Path, camera: str, count: str):
        super().__init__(
            f"the video of camera {camera!r} has {count} pictures than {path} has label frames; "
            "convert it again with --overwrite"
        )
