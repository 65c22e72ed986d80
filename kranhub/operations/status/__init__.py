"""What `kranhub status` reports: `status` collects it, `findings` judges it (pure), `texts` writes the lines."""
