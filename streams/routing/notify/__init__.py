"""What members and operators learn of orders: statuses to the buyer and other parties, alerts, and their texts."""
