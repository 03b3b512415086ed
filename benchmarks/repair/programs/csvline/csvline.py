"""One line of comma-separated values, with quotes."""


class Malformed(ValueError):
    """A line that cannot be read."""


def read_line(line, separator=",", quote='"'):
    """The fields of a line; inside quotes a doubled quote stands for one."""
    fields = []
    field = ""
    state = "start"
    place = 0
    while place < len(line):
        sign = line[place]
        if state == "quoted":
            if sign == quote:
                if line[place + 1 : place + 2] == quote:
                    field += quote
                    place += 1
                else:
                    state = "closed"
            else:
                field += sign
        elif sign == separator:
            fields.append(field)
            field = ""
            state = "start"
        elif state == "closed":
            raise Malformed(f"{sign!r} after a closing quote at {place}")
        elif sign == quote and state == "start":
            state = "quoted"
        else:
            field += sign
            state = "plain"
        place += 1
    if state == "quoted":
        raise Malformed("the quote is never closed")
    fields.append(field)
    return fields


def write_line(fields, separator=",", quote='"'):
    written = []
    for field in fields:
        if separator in field or quote in field or "\n" in field:
            field = quote + field.replace(quote, quote * 2) + quote
        written.append(field)
    return separator.join(written)
