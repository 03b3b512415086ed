"""A cache of so many entries; the one not used for longest goes first."""


class Recent:
    def __init__(self, capacity=3, on_drop=None):
        if capacity < 1:
            raise ValueError(capacity)
        self.capacity = capacity
        self.on_drop = on_drop
        self.hits = 0
        self.misses = 0
        self._entries = {}

    def __len__(self):
        return len(self._entries)

    def __contains__(self, key):
        return key in self._entries

    def get(self, key, default=None):
        if key not in self._entries:
            self.misses += 1
            return default
        self.hits += 1
        value = self._entries.pop(key)
        self._entries[key] = value
        return value

    def put(self, key, value):
        if key in self._entries:
            del self._entries[key]
        elif len(self._entries) >= self.capacity:
            oldest = next(iter(self._entries))
            dropped = self._entries.pop(oldest)
            if self.on_drop is not None:
                self.on_drop(oldest, dropped)
        self._entries[key] = value

    def get_or_make(self, key, make):
        """The entry; one that is made when it was missing."""
        missing = object()
        value = self.get(key, missing)
        if value is missing:
            value = make(key)
            self.put(key, value)
        return value

    def keys(self):
        """From the least to the most recently used."""
        return list(self._entries)

    def ratio(self):
        asked = self.hits + self.misses
        return self.hits / asked if asked else 0.0
