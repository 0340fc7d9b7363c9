"""What every game's picture shares: a scene, the choice of one seat, the time bar."""
