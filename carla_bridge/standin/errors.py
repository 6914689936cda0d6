"""What can keep the stand-in from starting, said in one sentence; light enough for any command to import."""


class StandInError(Exception):
    """The stand-in cannot start; the message says why."""
