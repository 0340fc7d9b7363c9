"""What would have happened: forks, prices, the Gyges gap, the bank of questions."""
