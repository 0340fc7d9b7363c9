"""What text models do under attack, and over the stages of their training."""
