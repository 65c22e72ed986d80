"""What a plant has and can make of an item, and what of it is promised: stock, reservations, capacity, disruptions.

One writer per plant, so neither stock nor a week's capacity is ever promised twice.
"""
