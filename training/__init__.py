"""Training of the models that find attacks in windows of activity. Features are the product's own: see `data.py`."""
