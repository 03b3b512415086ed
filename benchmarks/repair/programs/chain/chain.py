"""A singly linked chain of values."""


class Link:
    def __init__(self, value, following=None):
        self.value = value
        self.following = following


class Chain:
    def __init__(self, values=()):
        self.head = None
        self.tail = None
        self.length = 0
        for value in values:
            self.append(value)

    def __iter__(self):
        link = self.head
        while link is not None:
            yield link.value
            link = link.following

    def __len__(self):
        return self.length

    def append(self, value):
        link = Link(value)
        if self.head is None:
            self.head = link
        else:
            self.tail.following = link
        self.tail = link
        self.length += 1

    def prepend(self, value):
        self.head = Link(value, self.head)
        if self.tail is None:
            self.tail = self.head
        self.length += 1

    def remove(self, value):
        """Take out the first link with the value; whether there was one."""
        before = None
        link = self.head
        while link is not None and link.value != value:
            before = link
            link = link.following
        if link is None:
            return False
        if before is None:
            self.head = link.following
        else:
            before.following = link.following
        if link is self.tail:
            self.tail = before
        self.length -= 1
        return True

    def reverse(self):
        """Turn the chain round in place."""
        before = None
        link = self.head
        self.tail = self.head
        while link is not None:
            following = link.following
            link.following = before
            before = link
            link = following
        self.head = before

    def from_end(self, place):
        """The value so many places from the end (0 is the last). Raises: IndexError."""
        ahead = self.head
        for _ in range(place):
            if ahead is None:
                raise IndexError(place)
            ahead = ahead.following
        if ahead is None:
            raise IndexError(place)
        behind = self.head
        while ahead.following is not None:
            ahead = ahead.following
            behind = behind.following
        return behind.value
