"""What `kranhub status` reports: `status` asks, `findings` judges (pure), `texts` says it to a person."""
