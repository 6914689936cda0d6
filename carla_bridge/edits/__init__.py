"""Manipulated scenes: declared edits of label frames, composed into recipes. Each is a pure function of the frame."""
