"""Other people's label maps as drives of ours: folders of PNG, stacks of arrays, lossless videos."""
