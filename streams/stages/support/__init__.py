"""What stages keep in their state beside their own subject: queues, timers, master data, events that wait."""
