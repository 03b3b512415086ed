"""Processes of steps: started by helpers outside the event loop, seen to their end, all of them."""
