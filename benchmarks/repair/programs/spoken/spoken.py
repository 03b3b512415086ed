"""Numbers as people say and write them."""

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
SCALES = ((1_000_000, "million"), (1_000, "thousand"), (100, "hundred"))
NUMERALS = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
    (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)


def spoken(number):
    """English words for a whole number below a thousand million."""
    if number < 0:
        return "minus " + spoken(-number)
    if number < 20:
        return ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        word = TENS[tens - 2]
        return f"{word}-{ONES[ones]}" if ones else word
    for size, name in SCALES:
        if number >= size:
            count, rest = divmod(number, size)
            words = f"{spoken(count)} {name}"
            if rest == 0:
                return words
            joint = " and " if rest < 100 else " "
            return words + joint + spoken(rest)


def numeral(number):
    """Roman, for 1 to 3999."""
    signs = ""
    for value, sign in NUMERALS:
        while number >= value:
            signs += sign
            number -= value
    return signs


def from_numeral(signs):
    values = {sign: value for value, sign in NUMERALS if len(sign) == 1}
    total = 0
    highest = 0
    for sign in reversed(signs):
        value = values[sign]
        if value < highest:
            total -= value
        else:
            total += value
            highest = value
    return total


def ordinal(number):
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return str(number) + {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def in_base(number, base):
    """Digits 0-9a-z. Raises: ValueError for a base out of 2..36."""
    if not 2 <= base <= 36:
        raise ValueError(base)
    if number == 0:
        return "0"
    digits = []
    left = abs(number)
    while left:
        left, digit = divmod(left, base)
        digits.append("0123456789abcdefghijklmnopqrstuvwxyz"[digit])
    if number < 0:
        digits.append("-")
    return "".join(reversed(digits))
