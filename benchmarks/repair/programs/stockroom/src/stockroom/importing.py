"""Articles and deliveries from text files."""

from dataclasses import dataclass, field

from stockroom.catalog import Article
from stockroom.errors import Invalid, StockroomError

TRUE = {"yes", "y", "true", "1"}
FALSE = {"no", "n", "false", "0", ""}


@dataclass
class Result:
    """What was read, and (line number, why) of what was not."""

    good: list = field(default_factory=list)
    bad: list = field(default_factory=list)


def cells(line, separator=";"):
    """Cut a line; quotes keep separators, doubled quotes stand for one."""
    found = []
    current = []
    quoted = False
    place = 0
    while place < len(line):
        sign = line[place]
        if quoted and sign == '"' and line[place + 1 : place + 2] == '"':
            current.append('"')
            place += 1
        elif sign == '"':
            quoted = not quoted
        elif sign == separator and not quoted:
            found.append("".join(current).strip())
            current = []
        else:
            current.append(sign)
        place += 1
    if quoted:
        raise Invalid("a quote is not closed")
    found.append("".join(current).strip())
    return found


def records(text):
    """(line number, dict) pairs; the first line names the columns.

    Empty lines and those that begin with # are left out. Raises: Invalid.
    """
    names = None
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        values = cells(line)
        if names is None:
            names = [name.lower() for name in values]
            if len(set(names)) < len(names):
                raise Invalid(f"line {number}: a column is named twice")
            continue
        if len(values) > len(names):
            raise Invalid(f"line {number}: more values than columns")
        values += [""] * (len(names) - len(values))
        yield number, dict(zip(names, values))


def cents(text):
    """From "12", "12.5", "12,50" or "1'200.00". Raises: Invalid."""
    plain = text.strip().replace("'", "").replace(",", ".")
    whole, dot, part = plain.partition(".")
    negative = whole.startswith("-")
    digits = whole.lstrip("-")
    if not digits.isdigit() or (dot and not part.isdigit()) or len(part) > 2:
        raise Invalid(f"{text!r} is no amount of money", subject=text)
    value = int(digits) * 100 + int(part.ljust(2, "0"))
    return -value if negative else value


def flag(text):
    lowered = text.strip().lower()
    if lowered in TRUE:
        return True
    if lowered in FALSE:
        return False
    raise Invalid(f"{text!r} is neither yes nor no", subject=text)


def read_articles(text, catalog):
    """Add the articles of a text to the catalog; lines that are wrong are left out and told."""
    result = Result()
    for number, record in records(text):
        try:
            if flag(record.get("skip", "")):
                continue
            tags = frozenset(tag for tag in record.get("tags", "").split(",") if tag)
            article = Article(
                code=record["code"],
                name=record["name"],
                unit=record.get("unit") or "pc",
                price=cents(record.get("price") or "0"),
                group=record.get("group", ""),
                tags=tags,
            )
            catalog.add(article)
        except KeyError as error:
            result.bad.append((number, f"no column {error.args[0]}"))
        except StockroomError as error:
            result.bad.append((number, str(error)))
        else:
            result.good.append(article)
    return result


def read_deliveries(text, stock, day):
    """Receive what a text lists: code, amount, cost, and perhaps place and expiry."""
    result = Result()
    for number, record in records(text):
        try:
            expires = record.get("expires")
            lot = stock.receive(
                record["code"],
                int(record["amount"]),
                cost=cents(record["cost"]),
                day=day,
                expires=int(expires) if expires else None,
                place=record.get("place") or "main",
            )
        except ValueError:
            result.bad.append((number, "amount or expiry is no number"))
        except StockroomError as error:
            result.bad.append((number, str(error)))
        else:
            result.good.append(lot)
    return result
