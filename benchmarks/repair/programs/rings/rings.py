"""A search tree of numbers with names."""


class Tree:
    def __init__(self):
        self.root = None
        self.size = 0

    def put(self, key, value):
        node = [key, value, None, None]
        if self.root is None:
            self.root = node
            self.size = 1
            return
        here = self.root
        while True:
            if key == here[0]:
                here[1] = value
                return
            side = 2 if key < here[0] else 3
            if here[side] is None:
                here[side] = node
                self.size += 1
                return
            here = here[side]

    def get(self, key, default=None):
        here = self.root
        while here is not None:
            if key == here[0]:
                return here[1]
            here = here[2] if key < here[0] else here[3]
        return default

    def items(self):
        """Pairs by key."""
        stack = []
        here = self.root
        while stack or here is not None:
            while here is not None:
                stack.append(here)
                here = here[2]
            here = stack.pop()
            yield here[0], here[1]
            here = here[3]

    def height(self, node="root"):
        if node == "root":
            node = self.root
        if node is None:
            return 0
        return 1 + max(self.height(node[2]), self.height(node[3]))

    def floor(self, key):
        """The greatest key that is not greater; None without any."""
        best = None
        here = self.root
        while here is not None:
            if here[0] <= key:
                best = here[0]
                here = here[3]
            else:
                here = here[2]
        return best

    def between(self, low, high):
        """Keys of low..high, both counted."""
        found = []

        def walk(node):
            if node is None:
                return
            if node[0] > low:
                walk(node[2])
            if low <= node[0] <= high:
                found.append(node[0])
            if node[0] < high:
                walk(node[3])

        walk(self.root)
        return found
