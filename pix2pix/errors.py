"""What goes wrong with data and checkpoints, each said in one sentence."""


class Pix2PixError(Exception):
    """Something outside went wrong; the message names the thing, the value and the next step."""
