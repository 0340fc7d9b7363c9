"""Text models: transcripts, corpora, a small transformer and its training."""
