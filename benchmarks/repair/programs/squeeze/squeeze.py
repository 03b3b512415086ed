"""Text made shorter, and back."""


def packed(text):
    """Runs of a letter as count and letter; single letters stay as they are."""
    out = ""
    place = 0
    while place < len(text):
        end = place
        while end < len(text) and text[end] == text[place]:
            end += 1
        length = end - place
        out += (str(length) if length > 1 else "") + text[place]
        place = end
    return out


def unpacked(text):
    out = ""
    digits = ""
    for sign in text:
        if sign.isdigit():
            digits += sign
        else:
            out += sign * (int(digits) if digits else 1)
            digits = ""
    return out


def shifted(text, by, alphabet="abcdefghijklmnopqrstuvwxyz"):
    """Letters moved along the alphabet, capitals too; everything else stays."""
    out = []
    for sign in text:
        lower = sign.lower()
        if lower not in alphabet:
            out.append(sign)
            continue
        moved = alphabet[(alphabet.index(lower) + by) % len(alphabet)]
        out.append(moved.upper() if sign.isupper() else moved)
    return "".join(out)


def fence(text, rails):
    """Letters written down and up along rails, read rail by rail."""
    if rails < 2:
        return text
    lines = [""] * rails
    rail, step = 0, 1
    for sign in text:
        lines[rail] += sign
        if rail + step < 0 or rail + step >= rails:
            step = -step
        rail += step
    return "".join(lines)


def checksum(digits):
    """Whether a number's last digit fits: every second from the right counts twice."""
    total = 0
    for place, sign in enumerate(reversed(digits)):
        value = int(sign)
        if place % 2 == 1:
            value *= 2
            if value > 9:
                value -= 9
        total += value
    return total % 10 == 0


def bits(number, width):
    """The lowest bits, the highest first."""
    return [(number >> place) & 1 for place in range(width - 1, -1, -1)]


def from_bits(values):
    number = 0
    for value in values:
        number = number << 1 | value
    return number
