"""A drive on disk: an MCAP file with Foxglove's messages, readable up to its last chunk whatever happened."""
