"""Words found by how they begin."""


class Node:
    def __init__(self):
        self.children = {}
        self.count = 0


class Prefixes:
    def __init__(self, words=()):
        self.root = Node()
        for word in words:
            self.add(word)

    def add(self, word, count=1):
        node = self.root
        for letter in word:
            if letter not in node.children:
                node.children[letter] = Node()
            node = node.children[letter]
        node.count += count

    def _find(self, start):
        node = self.root
        for letter in start:
            node = node.children.get(letter)
            if node is None:
                return None
        return node

    def __contains__(self, word):
        node = self._find(word)
        return node is not None and node.count > 0

    def starting(self, start):
        """All words that begin so, by the alphabet."""
        node = self._find(start)
        if node is None:
            return []
        return list(self._walk(node, start))

    def _walk(self, node, start):
        if node.count:
            yield start
        for letter in sorted(node.children):
            yield from self._walk(node.children[letter], start + letter)

    def best(self, start, limit=3):
        """The most frequent words that begin so."""
        words = self.starting(start)
        words.sort(key=lambda word: -self._find(word).count)
        return words[:limit]

    def longest_of(self, text):
        """The longest word that the text begins with, or ""."""
        node = self.root
        longest = ""
        for place, letter in enumerate(text):
            node = node.children.get(letter)
            if node is None:
                break
            if node.count:
                longest = text[: place + 1]
        return longest

    def remove(self, word):
        """Forget a word, and the letters that only it used."""
        path = [self.root]
        for letter in word:
            following = path[-1].children.get(letter)
            if following is None:
                return False
            path.append(following)
        if not path[-1].count:
            return False
        path[-1].count = 0
        for place in range(len(word) - 1, -1, -1):
            node = path[place + 1]
            if node.children or node.count:
                break
            del path[place].children[word[place]]
        return True
