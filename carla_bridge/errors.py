"""What goes wrong in the world outside, each said in one sentence.

`BridgeError` is for the world's mistakes (a dead server, a full disk, a wrong file); our own are asserts.
The command line turns every `BridgeError` into its sentence and exit code 1.
"""


class BridgeError(Exception):
    """Something outside went wrong; the message names the thing, the value and the next step."""
