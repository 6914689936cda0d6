"""The blueprint library as data."""
