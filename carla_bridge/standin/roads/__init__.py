"""OpenDRIVE maps, read into the network of their streets."""
