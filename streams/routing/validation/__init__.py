"""What a document must satisfy before the hub takes it, and its translation into canonical items and units.

It refuses documents, and bounds the times that they name. Of routing it imports the values and the master data.
"""
