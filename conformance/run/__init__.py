"""Running: sessions of warm workers, the events they give, campaigns that judge them, the results file."""
