"""Photos with their label maps, from the folders in which people keep them."""
