"""Runs every real client against the gateway, cell by cell, and prints what stood."""
