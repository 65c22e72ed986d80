"""What people are told: the buyer's status, the views of other parties, alerts, and the texts of reasons."""
