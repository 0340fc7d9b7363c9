"""Language models: as players, as readers of labelled transcripts, trained on them by SGD."""
