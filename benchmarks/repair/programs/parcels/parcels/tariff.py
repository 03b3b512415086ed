"""What sending costs, in cents."""

from bisect import bisect_left

STEPS = (1000, 5000, 10_000, 30_000)
PRICES = {1: (500, 800, 1200, 2000), 2: (900, 1500, 2400, 4200)}
LONGEST = 300


class TooLarge(ValueError):
    pass


def base(parcel):
    """By the weight that counts: the real one or the volume's. Raises: TooLarge."""
    counted = max(parcel.weight, parcel.volume_weight)
    if counted > STEPS[-1]:
        raise TooLarge(parcel.code)
    return PRICES[parcel.zone][bisect_left(STEPS, counted)]


def insurance(value):
    """Free up to 100.00; then 50 cents for each 100.00 begun."""
    if value <= 10_000:
        return 0
    return -(-(value - 10_000) // 10_000) * 50


def price(parcel, rebate=0):
    """All of it; the rebate in percent is on the base only."""
    cents = base(parcel)
    cents -= cents * rebate // 100
    if parcel.girth() > LONGEST:
        cents += 700
    return cents + insurance(parcel.insured)


def batch_price(parcels, rebates=((10, 5), (50, 12))):
    """For many at once; the rebate grows with their number."""
    rebate = 0
    for count, percent in rebates:
        if len(parcels) >= count:
            rebate = percent
    return sum(price(parcel, rebate) for parcel in parcels)
