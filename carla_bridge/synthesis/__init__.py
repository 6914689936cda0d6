"""Synthetic training data: what is drawn beforehand, what is kept of each drive, and what is said of the whole set."""
