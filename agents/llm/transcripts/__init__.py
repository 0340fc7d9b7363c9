"""Episodes as labelled text: transcripts, commentary from forks, corpora for training."""
