"""Sorting and loading."""

from parcels.model import State


class Depot:
    def __init__(self, name, belts):
        self.name = name
        self.belts = {zone: [] for zone in belts}
        self.refused = []

    def take_in(self, parcel):
        """To the belt of its zone; whether there is one."""
        belt = self.belts.get(parcel.zone)
        if belt is None:
            self.refused.append(parcel.code)
            return False
        parcel.go(State.SORTED, self.name)
        belt.append(parcel)
        return True

    def load(self, zone, limit):
        """Take parcels off a belt, in order, while the van's limit holds; the heavy ones wait."""
        belt = self.belts[zone]
        loaded = []
        left = limit
        for parcel in list(belt):
            if parcel.weight <= left:
                belt.remove(parcel)
                parcel.go(State.MOVING, self.name)
                loaded.append(parcel)
                left -= parcel.weight
        return loaded

    def deliver(self, loaded, at_home):
        """Hand over where somebody is at home; the others come back to the belt's front."""
        back = []
        done = 0
        for parcel in loaded:
            if parcel.code in at_home:
                parcel.go(State.DELIVERED)
                done += 1
            else:
                parcel.go(State.SORTED, self.name)
                back.append(parcel)
        for parcel in reversed(back):
            self.belts[parcel.zone].insert(0, parcel)
        return done

    def waiting(self):
        return {zone: len(belt) for zone, belt in self.belts.items() if belt}
