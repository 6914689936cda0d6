"""What goes wrong in the stand-in, said in one sentence; light enough for any command to import."""


class StandInError(Exception):
    """The stand-in cannot start; the message says why."""


class WorldError(Exception):
    """A client asked for something this world cannot do; the message is what CARLA would say."""


class MapError(StandInError):
    """A text is no map that the stand-in could build; the message says what is wrong with it."""


class Refused(Exception):
    """A call that a running stand-in cannot serve now; its client reads the sentence."""
