"""Work around the product: `python -m scripts.screenshots`, `scripts/debian-packages`."""
