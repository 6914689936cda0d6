"""Datasets on disk, one file per format, all over one sample type."""
