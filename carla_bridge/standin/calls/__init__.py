"""What the stand-in answers, call by call."""
