"""The dialogue of a 2024-11-05 client with the Hacker News server, byte for byte on the client's side."""
